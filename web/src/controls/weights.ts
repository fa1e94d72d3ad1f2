// Weights of data and source over time, for the little curves only: the library's own are the ones
// that train and sample.
import type { Prediction, Schedule } from "pathflow";

/** Of the data end, of the source end. */
export type Weights = [number, number];

const edge = 2e-3;
const half = Math.PI / 2;
const offset = 0.008;

function vp(t: number): number {
  return Math.exp(-0.25 * t * t * (20 - 0.1) - 0.5 * t * 0.1);
}

export function pathWeights(schedule: Schedule, t: number): Weights {
  switch (schedule) {
    case "linear":
      return [1 - t, t];
    case "trig":
      return [Math.cos(half * t), Math.sin(half * t)];
    case "vp-linear":
      return [vp(t), Math.sqrt(1 - vp(t) ** 2)];
    case "sub-vp":
      return [vp(t), 1 - vp(t) ** 2];
    case "vp-cosine": {
      const at = (s: number): number => Math.cos(((s + offset) / (1 + offset)) * half);
      const alpha = Math.min(1, at(t) / at(0));
      return [alpha, Math.sqrt(1 - alpha * alpha)];
    }
    case "ve":
      return [1, 0.01 * 2000 ** t];
  }
}

/** Time derivatives by central differences, a little away from the ends. */
function rates(schedule: Schedule, t: number): Weights {
  const at = Math.min(1 - edge, Math.max(edge, t));
  const [a1, s1] = pathWeights(schedule, at + edge / 2);
  const [a0, s0] = pathWeights(schedule, at - edge / 2);
  return [(a1 - a0) / edge, (s1 - s0) / edge];
}

export function targetWeights(schedule: Schedule, predict: Prediction, t: number): Weights {
  const [alpha, sigma] = pathWeights(schedule, t);
  if (predict === "data") return [1, 0];
  if (predict === "noise") return [0, 1];
  if (predict === "v") return [-sigma, alpha];
  if (predict === "score") return [0, -1 / Math.max(sigma, 0.05)];
  return rates(schedule, t);
}
