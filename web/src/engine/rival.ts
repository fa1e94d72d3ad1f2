// The network of the method to compare with: trained as long as the first, on the same data with the
// same seed. Where both methods train the same network there is only one.
import type { WorkerApi, WorkerTrainer } from "pathflow";
import { sameTraining, type Choices, type Training } from "../choices";
import { trainerOptions } from "./options";
import { distils, teacherOf, type Hand } from "./teacher";

export class Rival {
  private trainer: WorkerTrainer | undefined;
  private made: Training | undefined;
  private chasing = false;

  constructor(
    private readonly api: WorkerApi,
    /** It has trained on by itself: what is shown of it is old. */
    private readonly onProgress: () => void,
  ) {}

  /** The network for these choices: the first one itself, or its own, on its way to as many steps. */
  async of(
    choices: Readonly<Choices>,
    first: WorkerTrainer,
    firstChoices: Readonly<Choices>,
  ): Promise<WorkerTrainer | undefined> {
    if (sameTraining(choices, firstChoices)) {
      this.drop();
      return first;
    }
    const hand = { trainer: first, choices: firstChoices };
    if (!this.made || !sameTraining(this.made, choices)) await this.build(choices, hand);
    else if (this.trainer && this.trainer.steps > first.steps) await this.build(choices, hand);
    if (this.trainer) this.chase(this.trainer, first.steps);
    return this.trainer;
  }

  drop(): void {
    this.trainer?.dispose();
    this.trainer = this.made = undefined;
    this.chasing = false;
  }

  private async build(choices: Readonly<Choices>, hand: Hand): Promise<void> {
    this.drop();
    const teacher = distils(choices)
      ? await teacherOf(this.api, choices, hand, undefined)
      : undefined;
    const trainer = new this.api.Trainer(trainerOptions(choices, teacher));
    this.made = choices;
    this.trainer = trainer;
    await trainer.ready;
  }

  /** Trains up to the first one's steps, in the Worker's background. */
  private chase(trainer: WorkerTrainer, steps: number): void {
    if (this.chasing || trainer.steps >= steps) return;
    this.chasing = true;
    const ended = (): void => {
      if (trainer !== this.trainer) return;
      this.chasing = false;
      this.onProgress();
    };
    // Reported seldom: every report asks for a fresh sample of it.
    const onReport = (): void => {
      if (trainer === this.trainer) this.onProgress();
    };
    const run = trainer.run({ untilStep: steps, reportMilliseconds: 400, onReport });
    run.done.then(ended, ended);
  }
}
