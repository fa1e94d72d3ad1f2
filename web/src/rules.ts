// Which choices do not go together, and why.
import type { Coupling, Prediction, Sampler, Schedule } from "pathflow";
import type { Choices } from "./choices";

type Reason = string | undefined;
const gaussianOnly = "needs a Gaussian source";

function gaussian(choices: Choices): boolean {
  return choices.source === "gaussian";
}

export function predictRule(value: Prediction, choices: Choices): Reason {
  return value === "score" && !gaussian(choices) ? gaussianOnly : undefined;
}

const withNoise: readonly Sampler[] = [
  "ddpm",
  "dpmpp-sde-2m",
  "euler-maruyama",
  "stochastic-heun",
  "predictor-corrector",
];

/** Whether a sampler adds noise on the way. */
export function stochastic(sampler: Sampler): boolean {
  return withNoise.includes(sampler);
}

export function samplerRule(value: Sampler, choices: Choices): Reason {
  return stochastic(value) && !gaussian(choices) ? gaussianOnly : undefined;
}

export function scheduleRule(value: Schedule, choices: Choices): Reason {
  return (value === "ve" || value === "edm") && !gaussian(choices)
    ? "only ever adds noise"
    : undefined;
}

export function couplingRule(value: Coupling, choices: Choices): Reason {
  if (value === "pairs") return "needs pairs of your own";
  if (value === "conditional-ot") return "needs labels";
  return value !== "independent" && choices.batch > 1024 ? "at most 1,024 a batch" : undefined;
}

export function batchRule(value: number, choices: Choices): Reason {
  return value > 1024 && choices.coupling !== "independent"
    ? "too many for this coupling"
    : undefined;
}

export function quantityRule(value: string, choices: Choices): Reason {
  return value === "score" && !gaussian(choices) ? gaussianOnly : undefined;
}

export interface Repair {
  choices: Choices;
  /** What was changed and why, for people; empty where nothing was. */
  notes: string[];
}

/** The nearest choices that go together: whatever clashes falls back to what always works. */
export function repair(choices: Choices): Repair {
  const fixed = { ...choices };
  const notes: string[] = [];
  const note = (what: string, reason: Reason): boolean => {
    if (reason) notes.push(`${what} (the old choice ${reason})`);
    return Boolean(reason);
  };
  if (note("Schedule is now linear", scheduleRule(fixed.schedule, fixed)))
    fixed.schedule = "linear";
  if (note("The network now predicts velocity", predictRule(fixed.predict, fixed)))
    fixed.predict = "velocity";
  if (note("Sampler is now Heun", samplerRule(fixed.sampler, fixed))) fixed.sampler = "heun";
  if (note("Arrows now show velocity", quantityRule(fixed.quantity, fixed)))
    fixed.quantity = "velocity";
  if (fixed.coupling === "pairs" || fixed.coupling === "conditional-ot") {
    note("Pairs are now at random", couplingRule(fixed.coupling, fixed));
    fixed.coupling = "independent";
  }
  if (fixed.coupling !== "independent" && fixed.batch > 1024) {
    fixed.batch = 1024;
    notes.push("Batch is now 1,024 (optimal transport pairs at most that many)");
  }
  return { choices: fixed, notes };
}
