// The one network in training: builds it, runs it, and keeps what is shown of it fresh.
import type { RunReport, StepReport, WorkerApi, WorkerTrainer } from "pathflow";
import type { Choices, Quantity } from "../choices";
import type { Fresh } from "../views/view";
import { explain } from "./explain";
import { readField, type Field } from "./field";
import { frameOf, type Frame } from "./frame";
import { Measure, type Distance } from "./measure";
import { particleCount, samplingOf, trainerOptions } from "./options";

export interface SessionEvents {
  onFrame(frame: Frame): void;
  onField(field: Field): void;
  onDistance(distance: Distance): void;
  /** A fresh sample is there, and the Worker free to answer what the view asks. */
  onFresh(fresh: Fresh): Promise<void>;
  onReport(report: StepReport, run?: RunReport): void;
  onRunning(running: boolean): void;
  onBuilt(built: Built): void;
  onProblem(message: string): void;
  /** Half the side of the square that arrows should cover at time t. */
  fieldHalf(t: number): number;
}

export interface Built {
  steps: number;
  parameters: number;
}

export interface Start {
  /** A trained network to go on from. */
  weights?: Uint8Array;
  /** Train on at once, up to this many steps. */
  replayTo?: number;
}

const wants = ["sample", "field", "distance", "view"] as const;
type Want = (typeof wants)[number];

const fieldGrid = 22;
const distanceEvery = 900;
/** The share of the Worker's time that may go into fresh samples while training. */
const samplingShare = 0.4;

export class Session {
  private trainer: WorkerTrainer | undefined;
  private measure: Measure | undefined;
  private run: ReturnType<WorkerTrainer["run"]> | undefined;
  private generation = 0;
  private frame: Frame | undefined;
  private readonly wants = new Set<Want>();
  private pumping = false;
  private timer = 0;
  private lastDistance = 0;
  private asleep = false;
  private building = false;
  private playNext = false;

  constructor(
    private readonly api: WorkerApi,
    private choices: Readonly<Choices>,
    private readonly events: SessionEvents,
  ) {}

  get running(): boolean {
    return this.run !== undefined;
  }
  get steps(): number {
    return this.trainer?.steps ?? 0;
  }

  /** Replaces the network by a new one for these choices; goes on training if it was training. */
  async build(choices: Readonly<Choices>, start: Start = {}): Promise<void> {
    const generation = ++this.generation;
    if (this.running) this.playNext = true;
    this.building = true;
    this.choices = choices;
    const old = this.trainer;
    this.trainer = undefined; // nothing more is asked of it
    await this.stop();
    old?.dispose();
    if (generation !== this.generation) return;
    try {
      const restored = start.weights ? await this.restore(start.weights) : undefined;
      const trainer = restored ?? new this.api.Trainer(trainerOptions(choices));
      await trainer.ready;
      if (generation !== this.generation) return trainer.dispose();
      this.adopt(trainer);
      const replay = start.replayTo !== undefined && start.replayTo > trainer.steps;
      if (replay) this.play(start.replayTo);
      else if (this.playNext) this.play();
      this.playNext = false;
    } catch (error) {
      if (generation !== this.generation) return;
      this.building = this.playNext = false;
      this.events.onProblem(explain(error));
    }
  }

  /** The trained network, or nothing where the file does not fit this build of the library. */
  private async restore(weights: Uint8Array): Promise<WorkerTrainer | undefined> {
    try {
      return await this.api.restore(weights);
    } catch (error) {
      this.events.onProblem(`The trained network cannot be used: ${explain(error)}`);
      return undefined;
    }
  }

  private adopt(trainer: WorkerTrainer): void {
    this.trainer = trainer;
    this.building = false;
    this.measure = new Measure(this.api, trainer, particleCount);
    this.lastDistance = 0;
    this.events.onBuilt({ steps: trainer.steps, parameters: trainer.parameters });
    this.want(...wants);
  }

  /** Takes over choices that do not change the network. */
  view(choices: Readonly<Choices>, resample: boolean): void {
    this.choices = choices;
    this.run?.setRate(rateOf(choices));
    if (resample) this.want("sample", "distance");
    this.want("field", "view");
  }

  /** What the view shows has changed by itself. */
  renew(): void {
    this.want("view");
  }

  /** Trains on, as soon as the network being built is there. */
  play(untilStep?: number): void {
    const trainer = this.trainer;
    if (this.building && !trainer) this.playNext = true;
    if (!trainer || this.run) return;
    const generation = this.generation;
    const run = trainer.run({
      stepsPerSecond: rateOf(this.choices),
      reportMilliseconds: 100,
      untilStep,
      onReport: (report) => {
        if (generation === this.generation) this.events.onReport(report, report);
      },
    });
    this.run = run;
    this.events.onRunning(true);
    this.schedule(60);
    const ended = (error?: unknown): void => {
      if (this.run === run) {
        this.run = undefined;
        if (!this.building || !this.playNext) this.events.onRunning(false);
        this.want(...wants);
      }
      if (error !== undefined && generation === this.generation) {
        this.events.onProblem(explain(error));
      }
    };
    run.done.then(() => ended(), ended);
  }

  /** Pauses; settles when the Worker has stopped. A failed run has been reported already. */
  async stop(): Promise<void> {
    await this.run?.pause().catch(() => undefined);
  }

  async stepOnce(): Promise<void> {
    const trainer = this.trainer;
    if (!trainer) return;
    await this.stop();
    try {
      const report = await trainer.step(1);
      if (trainer !== this.trainer) return;
      this.events.onReport(report);
      this.want(...wants);
    } catch (error) {
      if (trainer === this.trainer) this.events.onProblem(explain(error));
    }
  }

  /** The model as a safetensors file. */
  async save(): Promise<Uint8Array<ArrayBuffer>> {
    if (!this.trainer) throw new Error("There is no network yet.");
    return this.trainer.save();
  }

  /** Nothing is asked of the Worker for display while the page is out of sight. */
  sleep(asleep: boolean): void {
    this.asleep = asleep;
    if (!asleep) this.want(...wants);
  }

  private want(...wanted: Want[]): void {
    for (const each of wanted) this.wants.add(each);
    void this.pump();
  }

  private schedule(delay: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      if (!this.running) return;
      const due = performance.now() - this.lastDistance > distanceEvery;
      this.want("sample", "field", "view", ...(due ? (["distance"] as const) : []));
    }, delay);
  }

  /** Works off what is wanted, one request at a time; what is wanted meanwhile waits its turn. */
  private async pump(): Promise<void> {
    if (this.pumping || this.asleep) return;
    this.pumping = true;
    const began = performance.now();
    try {
      for (;;) {
        const next = wants.find((each) => this.wants.has(each));
        if (!next || !this.trainer || this.asleep) break;
        this.wants.delete(next);
        await this.serve(next, this.trainer, this.generation);
      }
    } finally {
      this.pumping = false;
    }
    if (this.running) {
      const took = performance.now() - began;
      this.schedule(Math.min(2000, Math.max(50, took * (1 / samplingShare - 1))));
    }
  }

  private async serve(want: Want, trainer: WorkerTrainer, generation: number): Promise<void> {
    const current = (): boolean => generation === this.generation;
    try {
      if (want === "sample") {
        const frame = await this.sample(trainer);
        if (!current()) return;
        this.frame = frame;
        this.events.onFrame(frame);
      } else if (want === "field" && this.choices.arrows) {
        const quantity: Quantity = this.choices.quantity;
        const half = (t: number): number => this.events.fieldHalf(t);
        const field = await readField(trainer, quantity, fieldGrid, half);
        if (current()) this.events.onField(field);
      } else if (want === "distance" && this.frame && this.measure) {
        this.lastDistance = performance.now();
        const distance = await this.measure.distance(this.frame);
        if (current()) this.events.onDistance(distance);
      } else if (want === "view" && this.frame && this.measure) {
        const { api, choices, frame, measure, running } = this;
        const still = (): boolean => current() && choices === this.choices;
        const fresh = { api, trainer, frame, measure, choices, running, current: still };
        await this.events.onFresh(fresh);
      }
    } catch (error) {
      if (current()) this.events.onProblem(explain(error));
    }
  }

  private async sample(trainer: WorkerTrainer): Promise<Frame> {
    return frameOf(await trainer.sample(samplingOf(this.choices)), trainer.steps);
  }
}

function rateOf(choices: Readonly<Choices>): number {
  return choices.speed === "max" ? Infinity : Number(choices.speed);
}
