// The page's choices as the library's options.
import type { SampleOptions, TrainerOptions } from "pathflow";
import { classesOf, type Choices, type End, type Training } from "../choices";
import { decodeRows } from "../rows";
import { crowdEnd, fromSnapshots, snapshots } from "../snapshots";
import { noisyPath, scoreRule } from "../rules";
import { lossOptions, samplerOptions } from "../variants";
import { keptTimes } from "./frame";

export const particleCount = 1200;
/** Steps of the ODE and of the SDE where they are set against each other. */
export const noiseSteps = 120;

/** teacher: a saved network, for a student that is distilled from it. */
export function trainerOptions(choices: Readonly<Training>, teacher?: Uint8Array): TrainerOptions {
  const { schedule, gamma, coupling, objective, predict, width, depth, batch, lr, seed } = choices;
  const given = (end: End) => decodeRows(end) ?? crowdEnd(end) ?? end;
  const ends = fromSnapshots(choices)
    ? { snapshots: snapshots() }
    : { data: given(choices.data), source: given(choices.source) };
  return {
    ...{ ...ends, schedule, gamma, coupling, predict, width, depth, batch, lr, seed },
    ...lossOptions(objective),
    ...(coupling === "conditional-ot" ? { conditional: true } : {}),
    ...(teacher ? { teacher } : {}),
  };
}

/** Each particle's class, where the network is told it: all in turn. */
function ownClasses(choices: Readonly<Choices>): SampleOptions {
  if (choices.coupling !== "conditional-ot") return {};
  const classes = classesOf(choices);
  return { label: Int32Array.from({ length: particleCount }, (_, i) => i % classes) };
}

/** The sampling run of these choices, with what is kept for the picture. */
export function samplingOf(choices: Readonly<Choices>): SampleOptions {
  if (choices.view === "noise") return noiseSampling(choices, 0);
  if (choices.view === "density" || choices.view === "reflow") return marginalSampling(choices, 0);
  const { sampler, steps, seed } = choices;
  const trajectories = keptTimes(steps);
  return {
    ...{ n: particleCount, steps, seed, trajectories, rtol: 1e-3, atol: 1e-3 },
    ...ownClasses(choices),
    ...ownDiffusion(choices),
    ...samplerOptions(sampler),
  };
}

/** One rule for both: the family's SDE with w = `scale`·g², which at 0 is the ODE. */
export function noiseSampling(choices: Readonly<Choices>, scale: number): SampleOptions {
  const sampler = scoreRule(choices) === undefined ? "euler-maruyama" : "euler";
  return {
    n: particleCount,
    sampler,
    steps: noiseSteps,
    seed: choices.seed,
    trajectories: noiseSteps / 2 + 1,
    ...ownClasses(choices),
    ...(sampler === "euler"
      ? {}
      : { diffusion: "g2", ...ownDiffusion(choices), diffusionScale: scale }),
  };
}

/** As exact as need be: what is left of a distance is counting, not the solver. */
export function marginalSampling(choices: Readonly<Choices>, scale: number): SampleOptions {
  const { seed } = choices;
  const common = { n: particleCount, seed, trajectories: 33, ...ownClasses(choices) };
  if (scale === 0) return { ...common, sampler: "heun", steps: 32 };
  return { ...noiseSampling(choices, scale), ...common, steps: 128 };
}

/** w(t) on a path with noise of its own, where g² has no meaning. */
function ownDiffusion(choices: Readonly<Choices>): SampleOptions {
  if (choices.objective === "entropic-action") return { diffusion: "sigma" };
  return noisyPath(choices) ? { diffusion: "constant" } : {};
}
