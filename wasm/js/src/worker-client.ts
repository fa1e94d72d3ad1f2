// The client's side of a Worker: the same interface as Api, as promises.
import { disposeSymbol } from "./dispose.js";
import { PathflowError } from "./errors.js";
import { builtin, isNode } from "./node.js";
import { listen, type PortLike } from "./port.js";
import {
  fromWire,
  tag,
  type ApiMethod,
  type Made,
  type Opened,
  type Reply,
  type Request,
  type TrainerMethod,
} from "./protocol.js";
import type {
  FieldOptions,
  FokkerPlanckOptions,
  DrawOptions,
  ErrorsOptions,
  LangevinOptions,
  LoadOptions,
  LogDensityOptions,
  LossFloorOptions,
  ReflowOptions,
  ResolvedTrainerOptions,
  RunOptions,
  RunReport,
  SampleOptions,
  SampleResult,
  StepOptions,
  StepReport,
  TrainerOptions,
  TrainingRun,
  WorkerApi,
  WorkerOptions,
  WorkerTrainer,
} from "./types.js";

interface Terminable extends PortLike {
  terminate(): unknown;
  unref?(): void;
  ref?(): void;
}

/**
 * Starts a Worker with the library in it.
 *
 * With no options the script beside this module is used; bundlers find it by its literal address.
 * Where a bundler does not, pass `workerUrl`, or make the Worker yourself from `pathflow/worker`
 * and pass it to `connect`. `dispose()` ends it.
 */
export async function createWorker(options: WorkerOptions = {}): Promise<WorkerApi> {
  const { workerUrl, ...loadOptions } = options;
  const worker = await startWorker(workerUrl);
  try {
    return await open(worker, plain(loadOptions), () => worker.terminate());
  } catch (error) {
    worker.terminate();
    throw error;
  }
}

/**
 * Speaks to a Worker of yours (or a MessagePort) on whose other end `pathflow/worker` runs or
 * `serve(port)` was called. `dispose()` frees what it holds; ending it stays with you.
 */
export function connect(port: PortLike, options: LoadOptions = {}): Promise<WorkerApi> {
  return open(port, plain(options), () => undefined);
}

async function startWorker(address: string | URL | undefined): Promise<Terminable> {
  if (isNode && typeof Worker === "undefined") {
    type Threads = { Worker: new (url: URL) => Terminable };
    const threads = await builtin<Threads>("node:worker_threads");
    return new threads.Worker(new URL(address ?? "./worker.js", import.meta.url));
  }
  if (address !== undefined) return new Worker(address, { type: "module" });
  return new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
}

/** A URL cannot be cloned; and a relative address means relative to the page, not the Worker. */
function plain(options: LoadOptions): LoadOptions {
  if (options.wasmUrl === undefined) return options;
  const here = (globalThis as { location?: { href: string } }).location?.href;
  const { href } = here === undefined ? new URL(options.wasmUrl) : new URL(options.wasmUrl, here);
  return { ...options, wasmUrl: href };
}

async function open(port: PortLike, options: LoadOptions, end: () => void): Promise<WorkerApi> {
  const line = new Line(port, end);
  const facts = (await line.ask({ kind: "open", options }, [], {
    timeout: 60_000,
  })) as Opened;
  return new Client(line, facts);
}

type Unnumbered = Request extends infer One
  ? One extends Request
    ? Omit<One, "id">
    : never
  : never;

interface Asked {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  onProgress?: ((value: never) => void) | undefined;
}

interface AskOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((value: never) => void) | undefined;
  timeout?: number;
  /** Called when the signal aborts, before the promise is rejected. */
  onAbort?: () => void;
}

/** Numbered questions and their answers over one port. */
class Line {
  private readonly asked = new Map<number, Asked>();
  private next = 1;
  private ended: PathflowError | undefined;

  constructor(
    private readonly port: PortLike,
    private readonly end: () => void,
  ) {
    listen(
      port,
      (data) => this.receive((data as { [tag]?: Reply } | null)?.[tag]),
      (reason) => this.fail(new PathflowError("IoError", "worker", `the Worker failed: ${reason}`)),
    );
  }

  number(): number {
    return this.next++;
  }

  send(request: Request): void {
    if (this.ended === undefined) this.port.postMessage({ [tag]: request });
  }

  ask(request: Unnumbered, transfer: ArrayBuffer[], options: AskOptions = {}): Promise<unknown> {
    return this.askAs(this.number(), request, transfer, options);
  }

  askAs(
    id: number,
    request: Unnumbered,
    transfer: ArrayBuffer[],
    options: AskOptions,
  ): Promise<unknown> {
    const { signal, onProgress, timeout, onAbort } = options;
    return new Promise((resolve, reject) => {
      if (this.ended !== undefined) return reject(this.ended);
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        onAbort?.();
        this.send({ kind: "stop", id });
        settle();
        reject(signal!.reason);
      };
      const timer =
        timeout === undefined ? undefined : setTimeout(() => this.fail(silence(timeout)), timeout);
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        this.asked.delete(id);
      };
      signal?.addEventListener("abort", abort);
      this.asked.set(id, {
        resolve: (value) => (settle(), resolve(value)),
        reject: (error) => (settle(), reject(error)),
        onProgress,
      });
      try {
        this.port.postMessage({ [tag]: { ...request, id } }, transfer);
      } catch (error) {
        settle(); // something in the options that cannot be cloned
        reject(error);
      }
    });
  }

  close(): void {
    if (this.ended !== undefined) return;
    this.send({ kind: "close" });
    this.end();
    this.fail(new PathflowError("Disposed", "worker", "this api was disposed of"));
  }

  private receive(reply: Reply | undefined): void {
    if (reply === undefined) return;
    const asked = this.asked.get(reply.id);
    if (asked === undefined) return; // aborted before: nobody waits any more
    if (reply.kind === "progress") asked.onProgress?.(reply.value as never);
    if (reply.kind === "done") asked.resolve(reply.value);
    if (reply.kind === "failed") asked.reject(fromWire(reply.error));
  }

  private fail(error: PathflowError): void {
    this.ended ??= error;
    for (const one of [...this.asked.values()]) one.reject(error);
  }
}

function silence(timeout: number): PathflowError {
  return new PathflowError(
    "IoError",
    "worker",
    `no answer within ${timeout / 1000} s. Is \`pathflow/worker\` what runs on the other end? Pass ` +
      "`workerUrl`, or a Worker of yours to `connect`.",
  );
}

/** Trainers that were forgotten without dispose(). */
const forgotten = new FinalizationRegistry<{ line: Line; id: number }>(({ line, id }) => {
  line.send({ kind: "free", trainer: id });
});

/** Memory both threads see, where the page may have it: stops work that cannot be interrupted. */
function stopFlag(signal: AbortSignal | undefined): SharedArrayBuffer | undefined {
  if (signal === undefined || typeof SharedArrayBuffer === "undefined") return undefined;
  return new SharedArrayBuffer(4);
}

class ClientTrainer implements WorkerTrainer {
  readonly ready: Promise<void>;
  private made: Made | undefined;
  private taken = 0;
  private disposed = false;

  constructor(
    private readonly line: Line,
    readonly id: number,
    made: Promise<Made>,
  ) {
    this.ready = made.then((value) => {
      this.made = value;
      this.taken = value.steps;
    });
    // Whoever awaits `ready` or calls a method hears of it: it is never lost.
    this.ready.catch(() => undefined);
    forgotten.register(this, { line, id }, this);
  }

  get options(): ResolvedTrainerOptions {
    return this.known("options").options as ResolvedTrainerOptions;
  }
  get parameters(): number {
    return this.known("parameters").parameters;
  }
  get steps(): number {
    return this.taken;
  }

  async step(k = 1, { signal, onProgress }: StepOptions = {}): Promise<StepReport> {
    const heard = (report: StepReport) => {
      this.taken = report.step;
      onProgress?.(report);
    };
    const call = { signal, progress: onProgress !== undefined, onProgress: heard };
    const report = (await this.call("step", [k], call)) as StepReport;
    this.taken = report.step;
    return report;
  }

  async sample({ guide, ...options }: SampleOptions = {}): Promise<SampleResult> {
    if (guide !== undefined && !(guide instanceof ClientTrainer && guide.line === this.line)) {
      throw new PathflowError("InvalidArgument", "sample", "guide must be of the same Worker");
    }
    return (await this.watchedCall("sample", options, guide?.id)) as SampleResult;
  }
  langevin(options: LangevinOptions = {}) {
    return this.watchedCall("langevin", options) as ReturnType<WorkerTrainer["langevin"]>;
  }
  lossFloor(options: LossFloorOptions = {}) {
    return this.call("lossFloor", [options]) as ReturnType<WorkerTrainer["lossFloor"]>;
  }
  errors(options: ErrorsOptions) {
    return this.call("errors", [options]) as ReturnType<WorkerTrainer["errors"]>;
  }

  logDensity(options: LogDensityOptions) {
    return this.watchedCall("logDensity", options) as ReturnType<WorkerTrainer["logDensity"]>;
  }

  fokkerPlanck(options: FokkerPlanckOptions = {}) {
    return this.watchedCall("fokkerPlanck", options) as ReturnType<WorkerTrainer["fokkerPlanck"]>;
  }

  async reflow({ signal, onProgress, ...options }: ReflowOptions = {}): Promise<WorkerTrainer> {
    const id = this.line.number();
    const progress = onProgress !== undefined;
    const made = this.call("reflow", [options, id], { signal, progress, onProgress });
    const student = new ClientTrainer(this.line, id, made as Promise<Made>);
    try {
      await student.ready;
    } catch (error) {
      student.dispose();
      throw error;
    }
    return student;
  }

  field(options: FieldOptions) {
    return this.call("field", [options]) as ReturnType<WorkerTrainer["field"]>;
  }
  start(options: DrawOptions = {}) {
    return this.call("start", [options]) as ReturnType<WorkerTrainer["start"]>;
  }
  data(options: DrawOptions = {}) {
    return this.call("data", [options]) as ReturnType<WorkerTrainer["data"]>;
  }
  save() {
    return this.call("save", []) as ReturnType<WorkerTrainer["save"]>;
  }

  run({ signal, onReport, ...options }: RunOptions = {}): TrainingRun {
    this.alive("run");
    const line = this.line;
    const id = line.number();
    const pause = () => {
      line.send({ kind: "stop", id });
      return done;
    };
    const onProgress = (report: RunReport) => {
      this.taken = report.step;
      onReport?.(report);
    };
    const ended = this.ready.then(() => {
      if (signal?.aborted) line.send({ kind: "stop", id });
      signal?.addEventListener("abort", pause, { once: true });
      return line.askAs(id, { kind: "run", trainer: this.id, options }, [], { onProgress });
    });
    const done = ended
      .then((report) => {
        this.taken = (report as StepReport).step;
        return report as StepReport;
      })
      .finally(() => signal?.removeEventListener("abort", pause));
    return {
      done,
      pause,
      setRate: (stepsPerSecond) => line.send({ kind: "rate", id, stepsPerSecond }),
    };
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    forgotten.unregister(this);
    this.line.send({ kind: "free", trainer: this.id });
  }

  [disposeSymbol](): void {
    this.dispose();
  }

  /** A call that can be aborted and tells how far it is. */
  private watchedCall(
    method: TrainerMethod,
    options: { signal?: AbortSignal; onProgress?: (share: number) => void },
    guide?: number,
  ): Promise<unknown> {
    const { signal, onProgress, ...rest } = options;
    return this.call(method, [rest], {
      signal,
      progress: onProgress !== undefined,
      onProgress,
      guide,
    });
  }

  private async call(
    method: TrainerMethod,
    args: unknown[],
    options: {
      signal?: AbortSignal | undefined;
      progress?: boolean;
      onProgress?: ((value: never) => void) | undefined;
      guide?: number | undefined;
    } = {},
  ): Promise<unknown> {
    this.alive(method);
    options.signal?.throwIfAborted();
    const { signal, onProgress, guide, progress = false } = options;
    const stop = method === "step" ? undefined : stopFlag(signal);
    const onAbort = () => {
      if (stop !== undefined) Atomics.store(new Int32Array(stop), 0, 1);
    };
    const request = { kind: "trainer", trainer: this.id, method, args, progress, guide } as const;
    const answer = this.line.ask(stop === undefined ? request : { ...request, stop }, [], {
      signal,
      onProgress,
      onAbort,
    });
    // Refused at its making: that is the reason to give, not "never made".
    return answer.catch((error: unknown) => this.ready.then(() => Promise.reject(error)));
  }

  private known(what: string): Made {
    if (this.made !== undefined) return this.made;
    throw new PathflowError("InvalidArgument", what, "await trainer.ready first");
  }

  private alive(method: string): void {
    if (!this.disposed) return;
    throw new PathflowError("Disposed", method, "this trainer was disposed of");
  }
}

class Client implements WorkerApi {
  declare readonly version: WorkerApi["version"];
  declare readonly variant: WorkerApi["variant"];
  declare readonly names: WorkerApi["names"];
  declare readonly datasets: WorkerApi["datasets"];
  declare readonly defaults: WorkerApi["defaults"];
  readonly Trainer: WorkerApi["Trainer"];

  constructor(
    private readonly line: Line,
    facts: Opened,
  ) {
    Object.assign(this, facts);
    const make = ({ teacher, ...options }: TrainerOptions) => {
      const known = teacher instanceof ClientTrainer ? teacher.id : (teacher as ArrayBuffer);
      return this.seat({ kind: "make", trainer: 0, options, teacher: known });
    };
    this.Trainer = class {
      constructor(options: TrainerOptions = {}) {
        return make(options);
      }
    } as unknown as WorkerApi["Trainer"];
  }

  dataset(...args: Parameters<WorkerApi["dataset"]>) {
    return this.call("dataset", args);
  }
  schedule(...args: Parameters<WorkerApi["schedule"]>) {
    return this.call("schedule", args);
  }
  density(...args: Parameters<WorkerApi["density"]>) {
    return this.call("density", args);
  }
  distance(...args: Parameters<WorkerApi["distance"]>) {
    return this.call("distance", args);
  }
  floor(...args: Parameters<WorkerApi["floor"]>) {
    return this.call("floor", args);
  }
  readNpy(...args: Parameters<WorkerApi["readNpy"]>) {
    return this.call("readNpy", args);
  }
  writeNpy(...args: Parameters<WorkerApi["writeNpy"]>) {
    return this.call("writeNpy", args);
  }
  bytesInUse() {
    return this.call("bytesInUse", []);
  }

  async restore(bytes: ArrayBuffer | Uint8Array): Promise<WorkerTrainer> {
    const trainer = this.seat({ kind: "restore", trainer: 0, bytes });
    await trainer.ready;
    return trainer;
  }

  dispose(): void {
    this.line.close();
  }

  [disposeSymbol](): void {
    this.dispose();
  }

  /** For the methods that only pass their arguments on. */
  private call<Method extends ApiMethod>(method: Method, args: unknown[]) {
    return this.line.ask({ kind: "api", method, args }, []) as ReturnType<WorkerApi[Method]>;
  }

  private seat(request: Extract<Unnumbered, { kind: "make" | "restore" }>): ClientTrainer {
    const trainer = this.line.number();
    const made = this.line.ask({ ...request, trainer }, []) as Promise<Made>;
    return new ClientTrainer(this.line, trainer, made);
  }
}
