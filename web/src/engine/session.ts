// The one network in training: builds it, runs it, and keeps what is shown of it fresh.
import type { RunReport, StepReport, WorkerApi, WorkerTrainer } from "pathflow";
import { sameTraining, type Choices, type Quantity } from "../choices";
import type { Fresh } from "../views/view";
import { explain } from "./explain";
import { Floor } from "./floor";
import { readField, type Field } from "./field";
import { frameOf, type Frame } from "./frame";
import { Measure, type Distance } from "./measure";
import { particleCount, samplingOf, trainerOptions } from "./options";
import { distils, teacherOf, type Hand } from "./teacher";

export interface SessionEvents {
  onFrame(frame: Frame): void;
  onField(field: Field): void;
  onDistance(distance: Distance): void;
  /** The least that the loss can be, known better and better; undefined where it has none. */
  onFloor(floor: number | undefined): void;
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
  /** A trained network to learn from, where these choices distil and none at hand fits. */
  teacher?: Uint8Array;
}

const looks = ["sample", "field", "distance", "view"] as const;
const wants = [...looks, "floor"] as const;
type Want = (typeof wants)[number];

const fieldGrid = 22;
const distanceEvery = 900;
/** A piece of the floor takes the Worker half a second: seldom while training, else when all is quiet. */
const floorEvery = 6000;
const quiet = 1500;
/** The share of the Worker's time that may go into fresh samples while training. */
const samplingShare = 0.4;

export class Session {
  private trainer: WorkerTrainer | undefined;
  private measure: Measure | undefined;
  private floor: Floor | undefined;
  private run: ReturnType<WorkerTrainer["run"]> | undefined;
  private generation = 0;
  private frame: Frame | undefined;
  private readonly wants = new Set<Want>();
  private pumping = false;
  private timer = 0;
  private lastDistance = 0;
  private lastFloor = 0;
  private asleep = false;
  private building = false;
  private playNext = false;
  private taught: { choices: Readonly<Choices>; bytes: Uint8Array } | undefined;

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
    const hand = this.trainer && { trainer: this.trainer, choices: this.choices };
    this.choices = choices;
    this.trainer = undefined; // nothing more is asked of it
    await this.stop();
    try {
      const teacher = await this.teacher(choices, hand, start.teacher);
      hand?.trainer.dispose();
      if (generation !== this.generation) return;
      const restored = start.weights ? await this.restore(start.weights) : undefined;
      const trainer = restored ?? new this.api.Trainer(trainerOptions(choices, teacher));
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

  /** Whom the network of these choices learns from; the same as before where they are the same. */
  private async teacher(
    choices: Readonly<Choices>,
    hand: Hand | undefined,
    weights: Uint8Array | undefined,
  ): Promise<Uint8Array | undefined> {
    if (!distils(choices)) return undefined;
    if (!this.taught || !sameTraining(this.taught.choices, choices)) {
      const bytes = await teacherOf(this.api, choices, hand, weights);
      this.taught = { choices, bytes };
    }
    return this.taught.bytes;
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
    this.floor = new Floor(trainer);
    this.lastFloor = performance.now();
    this.lastDistance = 0;
    this.events.onBuilt({ steps: trainer.steps, parameters: trainer.parameters });
    this.want(...looks);
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
        this.want(...looks);
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
      this.want(...looks);
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
    if (!asleep) this.want(...looks);
  }

  private want(...wanted: Want[]): void {
    for (const each of wanted) this.wants.add(each);
    void this.pump();
  }

  private schedule(delay: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      if (!this.running) return;
      const now = performance.now();
      if (now - this.lastDistance > distanceEvery) this.wants.add("distance");
      if (now - this.lastFloor > floorEvery) this.wants.add("floor");
      this.want("sample", "field", "view");
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
    } else if (this.floor && !this.floor.done) {
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.want("floor"), this.floor.begun ? 50 : quiet);
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
      } else if (want === "floor" && this.floor && !this.floor.done) {
        const value = await this.floor.next();
        this.lastFloor = performance.now();
        if (current()) this.events.onFloor(value);
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
