// Api: the library in this thread.
import { disposeSymbol } from "./dispose.js";
import { checkSeed, checkWhole, PathflowError } from "./errors.js";
import { camelKeys, toJson } from "./names.js";
import { checkArray, type Native } from "./native.js";
import { gridPoints } from "./plane.js";
import { createHandle, NativeTrainer, readOptions, readRows, restoreHandle } from "./trainer.js";
import type {
  Api,
  ApiFacts,
  DatasetInfo,
  DatasetRows,
  DensityOptions,
  DensityResult,
  DrawOptions,
  FloatArray,
  FloorOptions,
  Metric,
  Names,
  ResolvedTrainerOptions,
  ScheduleSpec,
  ScheduleOptions,
  ScheduleResult,
  Trainer,
  TrainerOptions,
  Variant,
} from "./types.js";

const mostRows = 2 ** 24;

interface Description {
  version: string;
  names: Record<string, unknown>;
  datasets: Record<string, unknown>[];
  defaults: Record<string, unknown>;
}

function factsOf(native: Native): ApiFacts {
  const described = native.take(
    (_, place) => native.call("pf_describe_library", place),
    (taken) => taken.json<Description>(),
  );
  return {
    version: described.version,
    variant: native.variant,
    names: camelKeys<Names>(described.names),
    datasets: described.datasets.map((info) => camelKeys<DatasetInfo>(info)),
    defaults: readOptions(described.defaults),
  };
}

class NativeApi implements Api {
  readonly version: string;
  readonly variant: Variant;
  readonly names: Names;
  readonly datasets: DatasetInfo[];
  readonly defaults: ResolvedTrainerOptions;
  readonly Trainer: new (options?: TrainerOptions) => Trainer;
  private readonly trainers = new Set<WeakRef<NativeTrainer>>();
  private disposed = false;

  constructor(private readonly native: Native) {
    const facts = factsOf(native);
    this.version = facts.version;
    this.variant = facts.variant;
    this.names = facts.names;
    this.datasets = facts.datasets;
    this.defaults = facts.defaults;
    const make = (options: TrainerOptions) =>
      this.adopt(createHandle(this.alive("Trainer"), options));
    // `new api.Trainer(options)`: a constructor that returns the trainer it made.
    this.Trainer = class {
      constructor(options: TrainerOptions = {}) {
        return make(options);
      }
    } as unknown as new (options?: TrainerOptions) => Trainer;
  }

  restore(bytes: ArrayBuffer | Uint8Array): Trainer {
    return this.adopt(restoreHandle(this.alive("restore"), bytes));
  }

  dataset(name: string, { n = 1000, seed = 0 }: DrawOptions = {}): DatasetRows {
    const native = this.alive("dataset");
    checkWhole("dataset", "n", n, 1, mostRows);
    const wide = checkSeed("dataset", seed);
    return native.take((scope, place) => {
      native.call("pf_draw_dataset", ...scope.text(name), n, wide, place);
    }, readRows);
  }

  schedule(name: ScheduleSpec, options: ScheduleOptions): ScheduleResult {
    const native = this.alive("schedule");
    const { times, predict } = options;
    const request = toJson({ schedule: name, predict, times: Array.from(times) });
    return native.take(
      (scope, place) => native.call("pf_evaluate_schedule", ...scope.text(request), place),
      (taken) => ({
        alpha: taken.doubles("alpha"),
        sigma: taken.doubles("sigma"),
        alphaDot: taken.doubles("alpha_dot"),
        sigmaDot: taken.doubles("sigma_dot"),
        a: taken.doubles("a"),
        b: taken.doubles("b"),
        ...camelKeys<{ tMin: number; tMax: number }>(taken.json()),
      }),
    );
  }

  density(name: string, options: DensityOptions = {}): DensityResult {
    const native = this.alive("density");
    const { grid = 128, bounds = [-4, 4, -4, 4], log = false } = options;
    const centres = gridPoints("density", grid, bounds);
    const logDensity = native.take(
      (scope, place) => {
        const points = scope.points("density", "grid", centres);
        native.call("pf_evaluate_density", ...scope.text(name), points, place);
      },
      (taken) => taken.doubles("log_density"),
    );
    const data = Float32Array.from(logDensity, (value) => (log ? value : Math.exp(value)));
    return { data, shape: [grid, grid], bounds: [...bounds] };
  }

  distance(metric: Metric, a: FloatArray, b: FloatArray): number {
    const native = this.alive("distance");
    return native.scoped((scope) => {
      const place = scope.room(8);
      const first = scope.points("distance", "a", a);
      const second = scope.points("distance", "b", b);
      native.call("pf_measure_distance", ...scope.text(metric), first, second, place);
      return native.double(place);
    });
  }

  floor(metric: Metric, dataset: string, n: number, options: FloorOptions = {}): number {
    const { seed = 0, repeats = 4 } = options;
    const native = this.alive("floor");
    checkWhole("floor", "n", n, 1, mostRows);
    checkWhole("floor", "repeats", repeats, 1, 1000);
    const wide = checkSeed("floor", seed);
    return native.scoped((scope) => {
      const place = scope.room(24);
      const names = [...scope.text(metric), ...scope.text(dataset)];
      native.call("pf_measure_floor", ...names, n, repeats, wide, place);
      return native.double(place);
    });
  }

  readNpy(bytes: ArrayBuffer | Uint8Array): FloatArray {
    const native = this.alive("readNpy");
    return native.take(
      (scope, place) => {
        native.call("pf_read_npy", ...scope.bytes(new Uint8Array(bytes as ArrayBuffer)), place);
      },
      (taken) => taken.floats("points"),
    );
  }

  writeNpy(array: FloatArray): Uint8Array<ArrayBuffer> {
    const native = this.alive("writeNpy");
    const shape = checkArray("writeNpy", "array", array, 3);
    return native.take(
      (scope, place) => {
        const values = scope.floats(array.data);
        native.call("pf_write_npy", values, scope.sizes(shape), shape.length, place);
      },
      (taken) => taken.bytes("bytes"),
    );
  }

  bytesInUse(): number {
    const native = this.alive("bytesInUse");
    return native.scoped((scope) => {
      const place = scope.room(8);
      native.call("pf_count_memory", 0, 0, place);
      return native.long(place);
    });
  }

  dispose(): void {
    for (const held of [...this.trainers]) held.deref()?.dispose();
    this.disposed = true;
  }

  [disposeSymbol](): void {
    this.dispose();
  }

  private adopt(handle: number): NativeTrainer {
    const trainer: NativeTrainer = new NativeTrainer(
      this.native,
      handle,
      () => this.trainers.delete(held),
      (other) => this.adopt(other),
    );
    const held = new WeakRef(trainer);
    for (const one of this.trainers) if (one.deref() === undefined) this.trainers.delete(one);
    this.trainers.add(held);
    return trainer;
  }

  private alive(where: string): Native {
    if (this.disposed) throw new PathflowError("Disposed", where, "this api was disposed of");
    return this.native;
  }
}

/** The api of a started library. */
export function createApi(native: Native): Api {
  return new NativeApi(native);
}
