// Which choices do not go together, and why.
import type { Coupling, Gamma, Prediction, Schedule } from "pathflow";
import { classesOf, defaults, type Choices } from "./choices";
import { fromSnapshots } from "./snapshots";
import type { LossChoice, SamplerChoice } from "./variants";

type Reason = string | undefined;
const gaussianOnly = "needs a Gaussian source";
const randomOnly = "needs pairs at random";

function gaussian(choices: Choices): boolean {
  return choices.source === "gaussian";
}

/** Whether the path has noise of its own, and with it a score between any two ends. */
export function noisyPath({ objective, gamma }: Choices): boolean {
  return (objective === "interpolant" && gamma !== "zero") || objective === "entropic-action";
}

/** Why the score does not follow from the velocity: it wants noise that knows nothing of the data. */
function pairedScore(choices: Choices): Reason {
  if (!gaussian(choices)) return gaussianOnly;
  return choices.coupling === "independent" ? undefined : randomOnly;
}

/** Why there is no score, and so no SDE. */
export function scoreRule(choices: Choices): Reason {
  return noisyPath(choices) ? undefined : pairedScore(choices);
}

/** The same in a sentence, with what to do. */
export function whyNoScore(choices: Choices): string {
  const reason = scoreRule(choices);
  if (reason === undefined) return "";
  const why =
    reason === gaussianOnly
      ? "the score needs noise in the mix: choose the Gaussian source"
      : "partners picked by transport do not give it: pair at random";
  return `An SDE needs the score, and ${why}, or train an interpolant with noise γ of its own.`;
}

const withDivergence: readonly LossChoice[] = ["implicit", "sliced"];

export function objectiveRule(value: LossChoice, choices: Choices): Reason {
  return withDivergence.includes(value) ? pairedScore(choices) : undefined;
}

/** Losses that ask for the velocity and nothing else. */
const ofVelocity: readonly LossChoice[] = [
  ...(["interpolant", "action", "entropic-action", "mean-flow", "shortcut"] as const),
];

/** Whether the network knows mean velocities, and with them steps of any length. */
export function jumps({ objective }: Choices): boolean {
  return objective === "mean-flow" || objective === "shortcut";
}

/** Whether the network names the end of a path at once. */
export function leaps({ objective }: Choices): boolean {
  return objective === "consistency" || objective === "consistency-distillation";
}

/** What takes the fewest steps that this network is good for. */
export function fewStepSampler(choices: Choices): "jump" | "consistency" | "euler" {
  if (jumps(choices)) return "jump";
  return leaps(choices) ? "consistency" : "euler";
}

export function gammaRule(value: Gamma, choices: Choices): Reason {
  return value !== "zero" && choices.objective !== "interpolant"
    ? "needs an interpolant"
    : undefined;
}

export function predictRule(value: Prediction, choices: Choices): Reason {
  if (ofVelocity.includes(choices.objective) && value !== "velocity")
    return "this loss learns the velocity";
  if (leaps(choices) && value !== "data") return "this loss learns the data end";
  return value === "score" ? pairedScore(choices) : undefined;
}

const withNoise: readonly SamplerChoice[] = [
  "ddpm",
  "dpmpp-sde-2m",
  "euler-maruyama",
  "stochastic-heun",
  "predictor-corrector",
  "consistency",
  "langevin",
  "edm-churn",
  "sit",
];

/** Those that ask for nothing but velocity and score. */
const general: readonly SamplerChoice[] = [
  "euler",
  "midpoint",
  "heun",
  "rk4",
  "dopri5",
  "euler-maruyama",
  "stochastic-heun",
  "sit",
];

/** Whether a sampler adds noise on the way. */
export function stochastic(sampler: SamplerChoice): boolean {
  return withNoise.includes(sampler);
}

export function samplerRule(value: SamplerChoice, choices: Choices): Reason {
  if (leaps(choices) && value !== "consistency") return "a consistency model jumps to the data";
  if (value === "jump" && !jumps(choices)) return "needs mean velocities";
  if (noisyPath(choices))
    return general.includes(value) ? undefined : "needs a path without noise γ";
  return stochastic(value) ? pairedScore(choices) : undefined;
}

export function scheduleRule(value: Schedule, choices: Choices): Reason {
  if (fromSnapshots(choices) && value !== "linear") return "snapshots are joined by lines";
  if (jumps(choices) && !["linear", "linear-sigma-min", "trig"].includes(value))
    return "needs a velocity of one size";
  return (value === "ve" || value === "edm") && !gaussian(choices)
    ? "only ever adds noise"
    : undefined;
}

export function couplingRule(value: Coupling, choices: Choices): Reason {
  if (value === "pairs") return "needs pairs of your own";
  if (value === "conditional-ot" && classesOf(choices) === 0) return "needs data in classes";
  if (value === "independent") return undefined;
  if (choices.batch > 1024) return "at most 1,024 a batch";
  return withDivergence.includes(choices.objective) ? "this loss needs random pairs" : undefined;
}

export function batchRule(value: number, choices: Choices): Reason {
  return value > 1024 && choices.coupling !== "independent"
    ? "too many for this coupling"
    : undefined;
}

export function quantityRule(value: string, choices: Choices): Reason {
  if (value !== "score") return undefined;
  return noisyPath(choices) ? undefined : pairedScore(choices);
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
  const mend = <Key extends keyof Choices>(
    key: Key,
    rule: (value: Choices[Key], choices: Choices) => Reason,
    back: Choices[Key],
    what: string,
  ): void => {
    const reason = rule(fixed[key], fixed);
    if (!reason) return;
    notes.push(`${what} (the old choice ${reason})`);
    fixed[key] = back;
  };
  mend("schedule", scheduleRule, "linear", "Schedule is now linear");
  mend("objective", objectiveRule, "regression", "The network now learns by regression");
  mend("gamma", gammaRule, "zero", "The path has no noise of its own now");
  if (leaps(fixed)) {
    mend("predict", predictRule, "data", "The network now predicts data");
    mend("sampler", samplerRule, "consistency", "Sampler is now consistency");
  }
  mend("predict", predictRule, "velocity", "The network now predicts velocity");
  mend("sampler", samplerRule, "heun", "Sampler is now Heun");
  mend("quantity", quantityRule, "velocity", "Arrows now show velocity");
  if (fixed.coupling === "pairs" || fixed.coupling === "conditional-ot")
    mend("coupling", couplingRule, "independent", "Pairs are now at random");
  if (fixed.coupling !== "independent" && fixed.batch > 1024) {
    fixed.batch = 1024;
    notes.push("Batch is now 1,024 (optimal transport pairs at most that many)");
  }
  return { choices: fixed, notes };
}

/** Whether these parts work from noise alone. */
export function needsGaussian(parts: Partial<Choices>): boolean {
  return repair({ ...defaults, ...parts, source: "moons" }).notes.length > 0;
}
