// Trainer: a model in training, held in the library's memory behind a handle.
import { disposeSymbol } from "./dispose.js";
import { checkSeed, checkWhole, PathflowError } from "./errors.js";
import { camelKeys, toJson } from "./names.js";
import { checkArray, type Native, type Scope, type Taken } from "./native.js";
import { gridPoints } from "./plane.js";
import { startRun } from "./run.js";
import { Pacer } from "./slices.js";
import type {
  DatasetRows,
  DrawOptions,
  ErrorsOptions,
  ErrorsResult,
  FieldOptions,
  FieldResult,
  FloatArray,
  FokkerPlanckOptions,
  FokkerPlanckResult,
  LangevinOptions,
  LangevinResult,
  LogDensityOptions,
  LogDensityResult,
  LossFloor,
  LossFloorOptions,
  PointsSpec,
  ReflowOptions,
  ResolvedTrainerOptions,
  RunOptions,
  SampleOptions,
  SampleResult,
  StepOptions,
  StepReport,
  Trainer,
  TrainerOptions,
  TrainingRun,
} from "./types.js";

const mostRows = 2 ** 24;
const reportBytes = 5 * 8;
const defaultKept = 33;
/** Rows whose density is solved for at once: products at full speed, a slice short enough to wait for. */
const densityRows = 256;
/** Parts of the way of a density on a grid, each short enough to wait for. */
const planeSlices = 32;

/** Frees what was forgotten without dispose(). The net, not the way: collection may come late. */
const forgotten = new FinalizationRegistry<{ native: Native; handle: number }>((held) => {
  try {
    held.native.call("pf_free_handle", held.handle);
  } catch {
    // The library stopped at a fault before; its memory goes with it.
  }
});

interface Description {
  options: Record<string, unknown>;
  steps: number;
  parameters: number;
}

/** Options as the library writes them, without the version of that form. */
export function readOptions({ format: _, ...options }: Record<string, unknown>) {
  return camelKeys<ResolvedTrainerOptions>(options);
}

/** The rows of a spec that has some. */
function rowsOf(spec: PointsSpec | undefined): FloatArray | undefined {
  return typeof spec === "object" ? spec : undefined;
}

/** The library asks for a name even where rows are given. */
function nameOf(spec: PointsSpec | undefined): string | undefined {
  return typeof spec === "object" ? "given" : spec;
}

export function createHandle(native: Native, options: TrainerOptions): number {
  const { data, source, labels, snapshots, teacher, ...rest } = options;
  const run = teacher instanceof NativeTrainer ? teacher.save() : teacher;
  const json = toJson({ ...rest, data: nameOf(data), source: nameOf(source) });
  return native.scoped((scope) => {
    const [text, length] = scope.text(json);
    const place = scope.room(4);
    const dataRows = scope.points("Trainer", "data", rowsOf(data));
    const sourceRows = scope.points("Trainer", "source", rowsOf(source));
    const [values, count] = scope.integers(labels);
    const list = scope.snapshots(snapshots);
    const known = run === undefined ? [0, 0] : scope.bytes(new Uint8Array(run as ArrayBuffer));
    const given = [dataRows, sourceRows, values, count, ...list, ...known];
    native.call("pf_create_trainer", text, length, ...given, place);
    return native.word(place);
  });
}

export function restoreHandle(native: Native, bytes: ArrayBuffer | Uint8Array): number {
  return native.scoped((scope) => {
    const [pointer, size] = scope.bytes(new Uint8Array(bytes as ArrayBuffer));
    const place = scope.room(4);
    native.call("pf_restore_trainer", pointer, size, place);
    return native.word(place);
  });
}

export class NativeTrainer implements Trainer {
  readonly options: ResolvedTrainerOptions;
  readonly parameters: number;
  private taken: number;
  private handle: number;
  private busy = false;

  /** @internal Takes the handle over. */
  constructor(
    private readonly native: Native,
    handle: number,
    private readonly onDispose: (trainer: NativeTrainer) => void,
    private readonly adopt: (handle: number) => NativeTrainer,
  ) {
    this.handle = handle;
    forgotten.register(this, { native, handle }, this);
    const described = native.take(
      (_, place) => native.call("pf_describe_trainer", handle, place),
      (taken) => taken.json<Description>(),
    );
    this.options = Object.freeze(readOptions(described.options));
    this.parameters = described.parameters;
    this.taken = described.steps;
  }

  get steps(): number {
    return this.taken;
  }

  /** @internal */
  get disposed(): boolean {
    return this.handle === 0;
  }

  step(k = 1, options: StepOptions = {}): StepReport {
    checkWhole("step", "k", k, 1, 2 ** 31);
    options.signal?.throwIfAborted();
    if (options.signal === undefined && options.onProgress === undefined) return this.advance(k);
    const pacer = new Pacer();
    let report: StepReport | undefined;
    for (let done = 0; done < k;) {
      const slice = Math.min(pacer.next(), k - done);
      const before = performance.now();
      const last = this.advance(slice);
      pacer.took(slice, performance.now() - before);
      const share = slice / (done + slice);
      const meanLoss = (report?.meanLoss ?? 0) * (1 - share) + last.meanLoss * share;
      report = { ...last, meanLoss };
      done += slice;
      options.onProgress?.(report);
      options.signal?.throwIfAborted();
    }
    return report!;
  }

  run(options: RunOptions = {}): TrainingRun {
    this.alive("run");
    return startRun(this, options);
  }

  sample(options: SampleOptions = {}): SampleResult {
    const handle = this.alive("sample");
    options.signal?.throwIfAborted();
    const { start, label, trajectories, guide, signal, onProgress, ...rest } = options;
    const json = toJson({ ...rest, keep: keptTimes(trajectories) });
    let weak = 0;
    if (guide !== undefined) {
      if (!(guide instanceof NativeTrainer && guide.native === this.native)) {
        throw new PathflowError("InvalidArgument", "sample", "guide must be of the same api");
      }
      weak = guide.alive("sample");
    }
    const call = (scope: Scope, place: number) => {
      const text = scope.text(json);
      const rows = scope.points("sample", "start", start);
      const labels = scope.integers(labelsOf(label));
      this.native.callWithProgress("pf_sample_guided", watcher(options), (callback) => {
        return [handle, weak, ...text, rows, ...labels, callback, 0, place];
      });
    };
    return this.exclusively("sample", () =>
      this.native.take(call, (taken) => readSample(taken, options)),
    );
  }

  langevin(options: LangevinOptions = {}): LangevinResult {
    const handle = this.alive("langevin");
    options.signal?.throwIfAborted();
    const { start, label, signal, onProgress, ...rest } = options;
    const call = (scope: Scope, place: number) => {
      const text = scope.text(toJson(rest));
      const rows = scope.points("langevin", "start", start);
      const labels = scope.integers(labelsOf(label));
      this.native.callWithProgress("pf_run_langevin", watcher(options), (callback) => {
        return [handle, ...text, rows, ...labels, callback, 0, place];
      });
    };
    return this.exclusively("langevin", () =>
      this.native.take(call, (taken) => ({
        points: taken.floats("points"),
        ...(options.keep?.length ? { trajectories: taken.floats("trajectories") } : {}),
        ...taken.json<{ evaluations: number; acceptance: number }>(),
      })),
    );
  }

  lossFloor({ rows, seed }: LossFloorOptions = {}): LossFloor {
    return this.measure({ rows, seed }, undefined, (taken) => camelKeys(taken.json()));
  }

  errors({ times, rows, seed, label }: ErrorsOptions): ErrorsResult {
    if (!(times?.length > 0)) {
      throw new PathflowError("InvalidArgument", "errors", "times must name a time, got none");
    }
    return this.measure({ times, rows, seed }, label, (taken) => ({
      velocity: taken.doubles("velocity"),
      velocityRelative: taken.doubles("velocity_relative"),
      score: taken.doubles("score"),
      scoreRelative: taken.doubles("score_relative"),
    }));
  }

  private measure<T>(options: object, label: number | undefined, read: (taken: Taken) => T): T {
    const handle = this.alive("measure");
    return this.native.take((scope, place) => {
      const text = scope.text(toJson(options));
      this.native.call(
        "pf_measure_trainer",
        handle,
        ...text,
        ...scope.integers(labelsOf(label)),
        place,
      );
    }, read);
  }

  logDensity(options: LogDensityOptions): LogDensityResult {
    return finish(this.logDensitySlices(options));
  }

  fokkerPlanck(options: FokkerPlanckOptions = {}): FokkerPlanckResult {
    return finish(this.fokkerPlanckSlices(options));
  }

  /** @internal `logDensity` block by block: between them a Worker answers its messages. */
  *logDensitySlices(options: LogDensityOptions): Generator<void, LogDensityResult> {
    this.alive("logDensity");
    options.signal?.throwIfAborted();
    const { points, grid, bounds = [-4, 4, -4, 4], label, signal, onProgress, ...rest } = options;
    const rows = densityPoints(points, grid, bounds);
    const [n, columns = 1] = rows.shape as [number, number?];
    const labels = labelsOf(label);
    if (labels !== undefined && labels.length !== 1 && labels.length !== n) {
      const rule = `label must be one, or one a row of ${n}`;
      throw new PathflowError("ShapeError", "logDensity", `${rule}, got ${labels.length}`);
    }
    const logDensity = new Float64Array(n);
    let evaluations = 0;
    this.holds++;
    try {
      for (let first = 0; first < n; first += densityRows) {
        if (first > 0) yield;
        const count = Math.min(densityRows, n - first);
        const data = rows.data.subarray(first * columns, (first + count) * columns);
        const onShare = (share: number) => onProgress?.((first + share * count) / n);
        const part = this.blockDensity(
          { data, shape: [count, columns] },
          labels && labels.length > 1 ? Array.from(labels).slice(first, first + count) : labels,
          { ...rest, firstRow: first },
          watcher({ signal, onProgress: onProgress && onShare }),
        );
        logDensity.set(part.logDensity, first);
        evaluations = Math.max(evaluations, part.evaluations);
      }
    } finally {
      this.holds--;
    }
    if (grid === undefined) return { logDensity, shape: [n], evaluations };
    const area = ((bounds[1] - bounds[0]) * (bounds[3] - bounds[2])) / n;
    const mass = logDensity.reduce((sum, value) => sum + Math.exp(value) * area, 0);
    return { logDensity, shape: [grid, grid], evaluations, bounds: [...bounds], mass };
  }

  /** @internal `fokkerPlanck` from time to time. */
  *fokkerPlanckSlices(options: FokkerPlanckOptions = {}): Generator<void, FokkerPlanckResult> {
    const handle = this.alive("fokkerPlanck");
    options.signal?.throwIfAborted();
    this.holds++;
    const plane = createPlane(this.native, handle, options);
    try {
      const way = this.planeAt(plane, undefined, undefined);
      const times = planeTimes(options.times, way);
      const kept = new Float32Array(times.length * way.data.length);
      const seen = new Float64Array(times.length);
      let last = way;
      let least = way.least;
      for (const [index, time] of times.entries()) {
        // In parts of the way, so that no slice is long.
        const parts = Math.max(
          1,
          Math.ceil(planeSlices * Math.abs(last.shareOf(time) - last.share)),
        );
        for (let part = 1, from = last.t; part <= parts; ++part) {
          if (index > 0 || part > 1) yield;
          const t = part === parts ? time : from + ((time - from) * part) / parts;
          last = this.planeAt(plane, t, watcher({ signal: options.signal }));
          options.onProgress?.(last.share);
          least = Math.min(least, last.least);
        }
        kept.set(last.data, index * last.data.length);
        seen[index] = last.t;
      }
      return {
        densities: { data: kept, shape: [times.length, ...way.shape] },
        times: seen,
        bounds: [...(options.bounds ?? ([-4, 4, -4, 4] as const))],
        mass: last.mass,
        massChange: last.mass - way.mass,
        least,
        steps: last.steps,
        evaluations: last.evaluations,
      };
    } finally {
      this.holds--;
      this.native.call("pf_free_handle", plane);
    }
  }

  reflow(options: ReflowOptions = {}): NativeTrainer {
    return finish(this.reflowSlices(options));
  }

  /** @internal `reflow` block by block. */
  *reflowSlices(options: ReflowOptions = {}): Generator<void, NativeTrainer> {
    const handle = this.alive("reflow");
    const { pairs = 16384, distill = 0, keepWeights = true, train, ...solver } = options;
    const { seed, onProgress } = solver;
    checkWhole("reflow", "pairs", pairs, 1, mostRows);
    checkWhole("reflow", "distill", distill, 0, 1000);
    const start = this.start({ n: pairs, seed });
    const labels = this.options.classes > 0 ? this.data({ n: pairs, seed }).labels : undefined;
    const columns = start.shape[1]!;
    const reached = new Float32Array(start.data.length);
    this.holds++;
    try {
      for (let first = 0; first < pairs; first += densityRows) {
        if (first > 0) yield;
        const end = Math.min(first + densityRows, pairs);
        const data = start.data.subarray(first * columns, end * columns);
        const onShare = (share: number) => onProgress?.((first + share * (end - first)) / pairs);
        const asked: SampleOptions & { deterministic: true } = {
          sampler: "dopri5",
          ...solver,
          deterministic: true,
          start: { data, shape: [end - first, columns] },
          label: labels?.subarray(first, end),
          onProgress: onProgress && onShare,
        };
        reached.set(this.sample(asked).points.data, first * columns);
      }
    } finally {
      this.holds--;
    }
    const timeLaw = distill > 0 ? `source-end:${distill}` : train?.timeLaw;
    return this.native.scoped((scope) => {
      const text = scope.text(toJson({ ...train, timeLaw }));
      const from = scope.points("reflow", "start", start);
      const to = scope.points("reflow", "reached", { data: reached, shape: start.shape });
      const place = scope.room(4);
      const values = scope.integers(labels);
      const keep = Number(keepWeights);
      this.native.call("pf_reflow_trainer", handle, ...text, from, to, ...values, keep, place);
      return this.adopt(this.native.word(place));
    });
  }

  /** A plane moved to t, or as it is. */
  private planeAt(
    plane: number,
    t: number | undefined,
    progress: ((share: number) => void) | undefined,
  ): PlaneState {
    this.alive("fokkerPlanck");
    const call = (scope: Scope, place: number) => {
      const text = scope.text(toJson({ t }));
      this.native.callWithProgress("pf_advance_plane", progress, (callback) => {
        return [plane, ...text, callback, 0, place];
      });
    };
    return this.exclusively("fokkerPlanck", () =>
      this.native.take(call, (taken) => new PlaneState(taken)),
    );
  }

  /** @internal Whether a call that takes several slices is under way: the weights must stay. */
  get held(): boolean {
    return this.holds > 0;
  }
  private holds = 0;

  private blockDensity(
    points: FloatArray,
    labels: ArrayLike<number> | undefined,
    options: object,
    progress: ((share: number) => void) | undefined,
  ): { logDensity: Float64Array; evaluations: number } {
    const handle = this.alive("logDensity");
    const call = (scope: Scope, place: number) => {
      const text = scope.text(toJson(options));
      const rows = scope.points("logDensity", "points", points);
      const values = scope.integers(labels);
      this.native.callWithProgress("pf_evaluate_likelihood", progress, (callback) => {
        return [handle, ...text, rows, ...values, callback, 0, place];
      });
    };
    return this.exclusively("logDensity", () =>
      this.native.take(call, (taken) => ({
        logDensity: taken.doubles("log_density"),
        evaluations: taken.json<{ evaluations: number }>().evaluations,
      })),
    );
  }

  field(options: FieldOptions): FieldResult {
    const handle = this.alive("field");
    const { label, ...rest } = options;
    return this.native.take(
      (scope, place) => {
        const [text, length] = scope.text(toJson(rest));
        const [labels, count] = scope.integers(label === undefined ? undefined : [label]);
        this.native.call("pf_evaluate_field", handle, text, length, labels, count, place);
      },
      (taken) => ({
        ...taken.floats("field"),
        bounds: [...(options.bounds ?? ([-4, 4, -4, 4] as const))],
        t: taken.json<{ t: number }>().t,
      }),
    );
  }

  start(options: DrawOptions = {}): FloatArray {
    return this.draw("start", "pf_draw_start", options).points;
  }

  data(options: DrawOptions = {}): DatasetRows {
    return this.draw("data", "pf_draw_data", options);
  }

  save(): Uint8Array<ArrayBuffer> {
    const handle = this.alive("save");
    return this.native.take(
      (_, place) => this.native.call("pf_save_trainer", handle, place),
      (taken) => taken.bytes("bytes"),
    );
  }

  dispose(): void {
    if (this.handle === 0) return;
    const handle = this.alive("dispose");
    this.handle = 0;
    forgotten.unregister(this);
    this.onDispose(this);
    this.native.call("pf_free_handle", handle);
  }

  [disposeSymbol](): void {
    this.dispose();
  }

  private advance(k: number): StepReport {
    const handle = this.alive("step");
    return this.native.scoped((scope) => {
      const place = scope.room(reportBytes);
      this.native.call("pf_step_trainer", handle, BigInt(k), place);
      const at = (index: number) => this.native.double(place + 8 * index);
      this.taken = at(0);
      return {
        step: at(0),
        loss: at(1),
        meanLoss: at(2),
        gradientNorm: at(3),
        learningRate: at(4),
      };
    });
  }

  private draw(where: string, entry: string, { n = 1000, seed = 0 }: DrawOptions): DatasetRows {
    const handle = this.alive(where);
    checkWhole(where, "n", n, 1, mostRows);
    const wide = checkSeed(where, seed);
    return this.native.take(
      (_, place) => this.native.call(entry, handle, n, wide, place),
      readRows,
    );
  }

  /** The handle, if the trainer can be used now. */
  private alive(where: string): number {
    if (this.handle === 0) {
      throw new PathflowError("Disposed", where, "this trainer was disposed of");
    }
    if (this.busy) {
      const rule = "a trainer must not be used from its own progress callback";
      throw new PathflowError("InvalidArgument", where, `${rule}, got a call during sample`);
    }
    return this.handle;
  }

  private exclusively<T>(where: string, work: () => T): T {
    this.alive(where);
    this.busy = true;
    try {
      return work();
    } finally {
      this.busy = false;
    }
  }
}

/** true: a default number of equally spaced times; false: none. */
function keptTimes(trajectories: SampleOptions["trajectories"]): number | number[] | undefined {
  if (trajectories === true) return defaultKept;
  return trajectories === false ? undefined : trajectories;
}

/** Runs a call in slices to its end. */
function finish<T>(slices: Generator<void, T>): T {
  for (;;) {
    const next = slices.next();
    if (next.done) return next.value;
  }
}

function createPlane(native: Native, trainer: number, options: FokkerPlanckOptions): number {
  const { density, label, times: _, signal: __, onProgress: ___, ...rest } = options;
  return native.scoped((scope) => {
    const place = scope.room(4);
    const text = scope.text(toJson(rest));
    const values = scope.points("fokkerPlanck", "density", density);
    const labels = scope.integers(labelsOf(label));
    native.call("pf_create_plane", trainer, ...text, values, ...labels, place);
    return native.word(place);
  });
}

/** Where a plane is on its way. */
class PlaneState {
  readonly data: Float32Array;
  readonly shape: number[];
  declare readonly t: number;
  declare readonly from: number;
  declare readonly to: number;
  declare readonly mass: number;
  declare readonly least: number;
  declare readonly steps: number;
  declare readonly evaluations: number;

  constructor(taken: Taken) {
    Object.assign(this, taken.json());
    ({ data: this.data, shape: this.shape } = taken.floats("density"));
  }
  get share(): number {
    return this.shareOf(this.t);
  }
  shareOf(t: number): number {
    return Math.abs((t - this.from) / (this.to - this.from));
  }
}

/** The times given, or so many equally spaced ones. */
function planeTimes(times: number | number[] = defaultKept, { from, to }: PlaneState): number[] {
  if (Array.isArray(times) && times.length > 0) return times;
  const count = checkWhole("fokkerPlanck", "times", times, 2, 1025);
  return Array.from({ length: count }, (_, i) =>
    i + 1 === count ? to : from + ((to - from) * i) / (count - 1),
  );
}

function labelsOf(label: number | ArrayLike<number> | undefined): ArrayLike<number> | undefined {
  return typeof label === "number" ? [label] : label;
}

/** What the library calls as it goes on: nothing where nobody listens. */
function watcher({
  signal,
  onProgress,
}: {
  signal?: AbortSignal | undefined;
  onProgress?: ((share: number) => void) | undefined;
}): ((share: number) => void) | undefined {
  if (signal === undefined && onProgress === undefined) return undefined;
  return (share) => {
    onProgress?.(share);
    signal?.throwIfAborted();
  };
}

/** The points asked about: given, or the centres of a grid. */
function densityPoints(
  points: FloatArray | undefined,
  grid: number | undefined,
  bounds: [number, number, number, number],
): FloatArray {
  if ((points === undefined) === (grid === undefined)) {
    const got = points === undefined ? "neither" : "both";
    const rule = `either points or a grid must be given, got ${got}`;
    throw new PathflowError("InvalidArgument", "logDensity", rule);
  }
  if (grid !== undefined) return gridPoints("logDensity", grid, bounds);
  const [, columns = 1] = checkArray("logDensity", "points", points!, 2);
  const bad = points!.data.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return points!;
  const row = Math.floor(bad / columns);
  const rule = `points must be finite, got ${points!.data[bad]} in row ${row}`;
  throw new PathflowError("InvalidArgument", "logDensity", rule);
}

function readSample(taken: Taken, options: SampleOptions): SampleResult {
  const { trajectories, logDensity } = options;
  const facts = taken.json<{ evaluations: number; straightness?: number; energy?: number }>();
  const result: SampleResult = {
    points: taken.floats("points"),
    evaluations: facts.evaluations,
  };
  if (logDensity) result.logDensity = taken.doubles("log_density");
  const kept = keptTimes(trajectories);
  if (kept === undefined || (Array.isArray(kept) && kept.length === 0)) return result;
  return {
    ...result,
    trajectories: taken.floats("trajectories"),
    times: taken.doubles("times"),
    straightness: facts.straightness,
    energy: facts.energy,
  };
}

export function readRows(taken: Taken): DatasetRows {
  const labels = taken.integers("labels");
  const points = taken.floats("points");
  return labels === undefined ? { points } : { points, labels };
}
