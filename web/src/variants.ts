// Samplers and losses of the library that people know by another name once an option is set.
import type { Objective, SampleOptions, Sampler, TrainerOptions } from "pathflow";

const samplers = {
  langevin: { sampler: "predictor-corrector", predictor: "none", lastStep: "tweedie" },
  "edm-churn": { sampler: "edm", churn: 6, churnFrom: 0.05, churnTo: 10, churnNoise: 1.003 },
  sit: { sampler: "euler-maruyama", diffusion: "sigma" },
} as const satisfies Record<string, SampleOptions>;

const losses = {
  "likelihood-weighted": { objective: "regression", weight: "g2" },
} as const satisfies Record<string, TrainerOptions>;

export type SamplerChoice = Sampler | keyof typeof samplers;
export type LossChoice = Objective | keyof typeof losses;

export const samplerVariants = Object.keys(samplers) as SamplerChoice[];
export const lossVariants = Object.keys(losses) as LossChoice[];

/** The library's options for a sampler by the page's name. */
export function samplerOptions(name: SamplerChoice): SampleOptions {
  return name in samplers ? samplers[name as keyof typeof samplers] : { sampler: name as Sampler };
}

/** The library's options for a loss by the page's name. */
export function lossOptions(name: LossChoice): TrainerOptions {
  return name in losses ? losses[name as keyof typeof losses] : { objective: name as Objective };
}
