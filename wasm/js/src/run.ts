// Training that goes on in the background: slices of steps with the thread free in between.
import { PathflowError } from "./errors.js";
import { delay, nextTask, Pacer } from "./slices.js";
import type { RunOptions, RunReport, StepReport, TrainingRun } from "./types.js";

/** What a run needs of a trainer. */
export interface Steppable {
  readonly steps: number;
  readonly disposed: boolean;
  /** Whether a call in several slices needs the weights to stay as they are. */
  readonly held: boolean;
  step(k: number): StepReport;
}

/** Steps allowed so far at a rate that may change; what goes unused is kept for a tenth second. */
class Rate {
  private credit = 1;
  private last = performance.now();
  private perSecond: number;

  constructor(stepsPerSecond: number) {
    this.perSecond = checkRate(stepsPerSecond);
  }
  set(stepsPerSecond: number): void {
    this.perSecond = checkRate(stepsPerSecond);
  }
  /** Whole steps that may be taken now. */
  available(): number {
    if (this.perSecond === Infinity) return Infinity;
    const now = performance.now();
    const most = Math.max(1, this.perSecond / 10);
    this.credit = Math.min(most, this.credit + ((now - this.last) / 1000) * this.perSecond);
    this.last = now;
    return Math.floor(this.credit + 1e-9);
  }
  spend(steps: number): void {
    if (this.perSecond !== Infinity) this.credit -= steps;
  }
  /** Milliseconds until one step is allowed, short enough that changes are noticed. */
  wait(): number {
    return Math.min(50, Math.max(1, ((1 - this.credit) / this.perSecond) * 1000));
  }
}

function checkRate(stepsPerSecond: number): number {
  if (typeof stepsPerSecond === "number" && stepsPerSecond > 0) return stepsPerSecond;
  const rule = "stepsPerSecond must be a number above 0";
  throw new PathflowError("InvalidArgument", "run", `${rule}, got ${String(stepsPerSecond)}`);
}

/** Collects what happened since the last report, and reports at most so often. */
class Reporter {
  private losses: { step: number; loss: number }[] = [];
  private last: StepReport | undefined;
  private reported = -Infinity;
  private marks: { time: number; step: number }[] = [];

  constructor(private readonly options: RunOptions) {}

  add(report: StepReport, now: number): void {
    this.last = report;
    this.losses.push({ step: report.step, loss: report.meanLoss });
    this.marks.push({ time: now, step: report.step });
    while (this.marks.length > 2 && now - this.marks[1]!.time > 1000) this.marks.shift();
    if (now - this.reported >= (this.options.reportMilliseconds ?? 33)) this.flush(now);
  }
  flush(now: number): void {
    if (this.last === undefined || this.losses.length === 0) return;
    this.reported = now;
    const losses = this.losses;
    this.losses = [];
    this.options.onReport?.({ ...this.last, stepsPerSecond: this.speed(), losses } as RunReport);
  }
  private speed(): number {
    const first = this.marks[0]!;
    const last = this.marks[this.marks.length - 1]!;
    const seconds = (last.time - first.time) / 1000;
    return seconds > 0 ? (last.step - first.step) / seconds : 0;
  }
}

/** Runs `trainer` until it is paused, aborted, disposed of, or has reached `untilStep`. */
export function startRun(trainer: Steppable, options: RunOptions = {}): TrainingRun {
  const rate = new Rate(options.stepsPerSecond ?? Infinity);
  const until = options.untilStep ?? Infinity;
  let stopped = false;

  const loop = async (): Promise<StepReport> => {
    const pacer = new Pacer(options.sliceMilliseconds);
    const reporter = new Reporter(options);
    let report: StepReport = {
      step: trainer.steps,
      loss: NaN,
      meanLoss: NaN,
      gradientNorm: NaN,
      learningRate: NaN,
    };
    for (;;) {
      await nextTask();
      if (stopped || options.signal?.aborted || trainer.disposed || trainer.steps >= until) break;
      if (trainer.held) continue;
      const steps = Math.min(pacer.next(), rate.available(), until - trainer.steps);
      if (steps < 1) {
        await delay(rate.wait());
        continue;
      }
      const before = performance.now();
      report = trainer.step(steps);
      const now = performance.now();
      rate.spend(steps);
      pacer.took(steps, now - before);
      reporter.add(report, now);
    }
    reporter.flush(performance.now());
    return report;
  };

  const done = loop();
  return {
    done,
    pause: () => {
      stopped = true;
      return done;
    },
    setRate: (stepsPerSecond) => rate.set(stepsPerSecond),
  };
}
