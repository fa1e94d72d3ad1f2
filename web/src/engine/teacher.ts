// The network that a student is distilled from: the one at hand where it fits, else one made for it.
import type { WorkerApi, WorkerTrainer } from "pathflow";
import { defaults, sameTraining, type Training } from "../choices";
import { trainerOptions } from "./options";

/** Steps of a teacher that has to be trained first. */
const lessons = 1000;

export interface Hand {
  trainer: WorkerTrainer;
  choices: Readonly<Training>;
}

export const distils = ({ objective }: Readonly<Training>): boolean =>
  objective === "consistency-distillation";

const teaching = (student: Readonly<Training>): Training => ({
  ...student,
  objective: "regression",
  predict: "velocity",
});

/**
 * A saved network for `student`: the trained one at hand, which may predict anything, on the same
 * path; else the page's own, `weights`, or a fresh one, trained here.
 */
export async function teacherOf(
  api: WorkerApi,
  student: Readonly<Training>,
  hand: Hand | undefined,
  weights: Uint8Array | undefined,
): Promise<Uint8Array> {
  const wanted = teaching(student);
  if (hand && hand.trainer.steps > 0 && hand.choices.objective === "regression") {
    if (sameTraining({ ...hand.choices, predict: "velocity" }, wanted)) return hand.trainer.save();
  }
  if (weights && sameTraining(wanted, defaults)) return weights;
  const trainer = new api.Trainer(trainerOptions(wanted));
  try {
    await trainer.run({ untilStep: lessons }).done;
    return await trainer.save();
  } finally {
    trainer.dispose();
  }
}
