// The page's choices as the library's options.
import type { SampleOptions, TrainerOptions } from "pathflow";
import type { Choices, Training } from "../choices";
import { decodeRows } from "../rows";
import { keptTimes } from "./frame";

export const particleCount = 1200;
/** Steps of the ODE and of the SDE where they are set against each other. */
export const noiseSteps = 120;

export function trainerOptions(choices: Readonly<Training>): TrainerOptions {
  const { schedule, predict, coupling, width, depth, batch, lr, seed } = choices;
  const data = decodeRows(choices.data) ?? choices.data;
  const source = decodeRows(choices.source) ?? choices.source;
  return { data, source, schedule, predict, coupling, width, depth, batch, lr, seed };
}

/** The sampling run of these choices, with what is kept for the picture. */
export function samplingOf(choices: Readonly<Choices>): SampleOptions {
  if (choices.view === "noise") return noiseSampling(choices, 0);
  const { sampler, steps, seed } = choices;
  const trajectories = keptTimes(steps);
  return { n: particleCount, sampler, steps, seed, trajectories, rtol: 1e-3, atol: 1e-3 };
}

/** One rule for both: the family's SDE with w = `scale`·g², which at 0 is the ODE. */
export function noiseSampling(choices: Readonly<Choices>, scale: number): SampleOptions {
  const sampler = choices.source === "gaussian" ? "euler-maruyama" : "euler";
  return {
    n: particleCount,
    sampler,
    steps: noiseSteps,
    seed: choices.seed,
    trajectories: noiseSteps / 2 + 1,
    ...(sampler === "euler" ? {} : { diffusion: "g2", diffusionScale: scale }),
  };
}
