// The Worker's side: holds an api and its trainers, and answers the client's messages.
import { PathflowError } from "./errors.js";
import { load } from "./load.js";
import { listen, type PortLike } from "./port.js";
import {
  apiMethods,
  buffersOf,
  tag,
  toWire,
  trainerMethods,
  type Made,
  type Reply,
  type Request,
} from "./protocol.js";
import { nextTask, Pacer } from "./slices.js";
import type { NativeTrainer } from "./trainer.js";
import type {
  Api,
  SampleOptions,
  StepReport,
  Trainer,
  TrainerOptions,
  TrainingRun,
} from "./types.js";

type TrainerCall = Extract<Request, { kind: "trainer" }>;

/** A trainer and the calls that wait for it, in order. */
class Seat {
  trainer: Trainer | undefined;
  private last: Promise<unknown> = Promise.resolve();

  /** Runs `work` when everything asked for before is done. */
  queue<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.last.then(work);
    this.last = result.catch(() => undefined); // the caller hears of it; the next call goes on
    return result;
  }
}

/**
 * Answers `connect(port)` on the other end of `port`. `pathflow/worker` calls it for a Worker's
 * own scope; call it yourself to share a Worker with code of yours.
 */
export function serve(port: PortLike): void {
  const server = new Server(port);
  listen(
    port,
    (data) => {
      const request = (data as { [tag]?: Request } | null)?.[tag];
      if (request !== undefined) void server.receive(request);
    },
    () => server.close(),
  );
}

class Server {
  private api: Api | undefined;
  private readonly seats = new Map<number, Seat>();
  private readonly calls = new Map<number, AbortController>();
  private readonly runs = new Map<number, TrainingRun>();

  constructor(private readonly port: PortLike) {}

  /** Answers one message; every failure becomes an answer. */
  async receive(request: Request): Promise<void> {
    if (request.kind === "rate") return this.runs.get(request.id)?.setRate(request.stepsPerSecond);
    if (request.kind === "stop") return this.stop(request.id);
    if (request.kind === "free") return this.free(request.trainer);
    if (request.kind === "close") return this.close();
    const controller = new AbortController();
    this.calls.set(request.id, controller);
    try {
      const value = await this.answer(request, controller.signal);
      this.reply({ kind: "done", id: request.id, value }, buffersOf(value));
    } catch (error) {
      this.reply({ kind: "failed", id: request.id, error: toWire(error) });
    } finally {
      this.calls.delete(request.id);
    }
  }

  close(): void {
    for (const controller of this.calls.values()) controller.abort();
    for (const run of this.runs.values()) void run.pause().catch(() => undefined);
    this.api?.dispose();
    this.api = undefined;
    this.seats.clear();
  }

  private reply(reply: Reply, transfer: ArrayBuffer[] = []): void {
    this.port.postMessage({ [tag]: reply }, transfer);
  }

  private progress(id: number, value: unknown): void {
    this.reply({ kind: "progress", id, value });
  }

  private async answer(request: Request, signal: AbortSignal): Promise<unknown> {
    switch (request.kind) {
      case "open":
        return this.open(request);
      case "make":
        return this.seat(request.trainer, (api) => new api.Trainer(this.taught(request)));
      case "restore":
        return this.seat(request.trainer, (api) => api.restore(request.bytes));
      case "api":
        return this.callApi(request);
      case "trainer":
        return this.callTrainer(request, signal);
      case "run":
        return this.run(request);
      default:
        throw new PathflowError("InternalError", "worker", `unknown message ${request.kind}`);
    }
  }

  private async open(request: Extract<Request, { kind: "open" }>): Promise<unknown> {
    this.api ??= await load(request.options);
    const { version, variant, names, datasets, defaults } = this.api;
    return { version, variant, names, datasets, defaults };
  }

  private opened(): Api {
    if (this.api === undefined) throw new PathflowError("Disposed", "worker", "it was disposed of");
    return this.api;
  }

  private seat(id: number, make: (api: Api) => Trainer | Promise<Trainer>): Promise<Made> {
    const seat = new Seat();
    this.seats.set(id, seat);
    return seat.queue(async () => {
      const trainer = await make(this.opened());
      seat.trainer = trainer;
      // Freed while it was waiting to be made.
      if (this.seats.get(id) !== seat) trainer.dispose();
      const { options, parameters, steps } = trainer;
      return { options, parameters, steps };
    });
  }

  private callApi({ method, args }: Extract<Request, { kind: "api" }>): unknown {
    if (!apiMethods.includes(method)) {
      throw new PathflowError("InternalError", "worker", `unknown method ${String(method)}`);
    }
    const call = this.opened()[method] as (...args: unknown[]) => unknown;
    return call.apply(this.opened(), args);
  }

  private callTrainer(request: TrainerCall, signal: AbortSignal): Promise<unknown> {
    const { method, args } = request;
    if (!trainerMethods.includes(method)) {
      throw new PathflowError("InternalError", "worker", `unknown method ${String(method)}`);
    }
    const seat = this.seatOf(request.trainer, method);
    return seat.queue(() => {
      signal.throwIfAborted();
      const trainer = this.made(seat, method);
      if (method === "step") return this.step(trainer, request, signal);
      if (method === "sample") {
        const options: SampleOptions = this.watched(request);
        if (request.guide === undefined) return trainer.sample(options);
        const guide = this.made(this.seatOf(request.guide, method), method);
        return trainer.sample({ ...options, guide });
      }
      if (method === "langevin") return trainer.langevin(this.watched(request));
      const native = trainer as NativeTrainer;
      if (method === "logDensity") {
        return sliced(native.logDensitySlices(this.watched(request)), signal);
      }
      if (method === "fokkerPlanck") {
        return sliced(native.fokkerPlanckSlices(this.watched(request)), signal);
      }
      if (method === "reflow") {
        const slices = native.reflowSlices(this.watched(request));
        return this.seat(args[1] as number, () => sliced(slices, signal));
      }
      return (trainer[method] as (...args: unknown[]) => unknown).apply(trainer, args);
    });
  }

  /** In slices, so that an abort gets through. */
  private async step(trainer: Trainer, request: TrainerCall, signal: AbortSignal) {
    const total = (request.args[0] ?? 1) as number;
    if (!Number.isInteger(total) || total < 1) return trainer.step(total); // refuses in its words
    const pacer = new Pacer();
    let report: StepReport | undefined;
    for (let done = 0; done < total;) {
      if (done > 0) await nextTask();
      signal.throwIfAborted();
      const slice = Math.min(pacer.next(), total - done);
      const before = performance.now();
      const last = trainer.step(slice);
      pacer.took(slice, performance.now() - before);
      const share = slice / (done + slice);
      const meanLoss = (report?.meanLoss ?? 0) * (1 - share) + last.meanLoss * share;
      report = { ...last, meanLoss };
      done += slice;
      if (request.progress) this.progress(request.id, report);
    }
    return report;
  }

  /** A call's options with progress that tells the client, and stops where it has aborted. */
  private watched(request: TrainerCall): { onProgress?: (share: number) => void } {
    const options = (request.args[0] ?? {}) as object;
    const stop = request.stop === undefined ? undefined : new Int32Array(request.stop);
    if (!request.progress && stop === undefined) return options;
    const onProgress = (share: number) => {
      if (request.progress) this.progress(request.id, share);
      if (stop !== undefined && Atomics.load(stop, 0) !== 0) {
        throw new PathflowError("Cancelled", request.method, "the caller aborted");
      }
    };
    return { ...options, onProgress };
  }

  /** Settles when the run has stopped. */
  private async run(request: Extract<Request, { kind: "run" }>): Promise<StepReport> {
    const seat = this.seatOf(request.trainer, "run");
    const run = await seat.queue(() => {
      const onReport = (report: unknown) => this.progress(request.id, report);
      // Wrapped: a promise for the run itself, not for its end.
      return { started: this.made(seat, "run").run({ ...request.options, onReport }) };
    });
    this.runs.set(request.id, run.started);
    if (this.calls.get(request.id)?.signal.aborted) void run.started.pause();
    try {
      return await run.started.done;
    } finally {
      this.runs.delete(request.id);
    }
  }

  private stop(id: number): void {
    this.calls.get(id)?.abort();
    // What the run ends with is reported by whoever awaits `done`.
    void this.runs
      .get(id)
      ?.pause()
      .catch(() => undefined);
  }

  private free(id: number): void {
    const seat = this.seats.get(id);
    this.seats.delete(id);
    seat?.trainer?.dispose();
  }

  private taught({ options, teacher }: Extract<Request, { kind: "make" }>): TrainerOptions {
    if (typeof teacher !== "number")
      return teacher === undefined ? options : { ...options, teacher };
    return { ...options, teacher: this.made(this.seatOf(teacher, "Trainer"), "Trainer") };
  }
  private seatOf(id: number, method: string): Seat {
    const seat = this.seats.get(id);
    if (seat === undefined) {
      throw new PathflowError("Disposed", method, "this trainer was disposed of");
    }
    return seat;
  }

  private made(seat: Seat, method: string): Trainer {
    if (seat.trainer !== undefined) return seat.trainer;
    throw new PathflowError("Disposed", method, "this trainer was never made: see its `ready`");
  }
}

/** Runs a call slice by slice, so that other messages get through. */
async function sliced<T>(slices: Generator<void, T>, signal: AbortSignal): Promise<T> {
  try {
    for (;;) {
      const next = slices.next();
      if (next.done) return next.value;
      await nextTask();
      signal.throwIfAborted();
    }
  } finally {
    slices.return(undefined as never);
  }
}
