// Every choice a person can make, with its default and the values it may take.
import type { Coupling, Gamma, Prediction, Schedule } from "pathflow";
import type { LossChoice, SamplerChoice } from "./variants";
import type { ViewName } from "./views/names";

/** One end of the path: a data set's name, "text:WORD", or "rows:" with coded points of one's own. */
export type End = string;
export type Quantity = "velocity" | "score";
export type Speed = "5" | "50" | "300" | "max";

/** What defines the network and its training; a change of any starts a new network. */
export interface Training {
  data: End;
  source: End;
  schedule: Schedule;
  /** Noise of the path's own. */
  gamma: Gamma;
  coupling: Coupling;
  objective: LossChoice;
  predict: Prediction;
  width: number;
  depth: number;
  batch: number;
  lr: number;
  seed: number;
}

/** What can change while the network stays. */
export interface Viewing {
  sampler: SamplerChoice;
  steps: number;
  particles: boolean;
  paths: boolean;
  arrows: boolean;
  density: boolean;
  target: boolean;
  quantity: Quantity;
  speed: Speed;
  /** What the middle of the page shows. */
  view: ViewName;
  /** Noise of the SDE: w(t) in multiples of g²(t). */
  noise: number;
  /** The method to compare with, by its id. */
  versus: string;
  /** Particles counted, and cells a side of the equation's grid, where densities are compared. */
  crowd: number;
  cells: number;
  /** Rounds of reflow, and whether the last is distilled to one step. */
  rounds: number;
  distilled: boolean;
}

export type Choices = Training & Viewing;
export type Layer = "particles" | "paths" | "arrows" | "density" | "target";

export const layers: readonly Layer[] = ["particles", "paths", "arrows", "density", "target"];

export const defaults: Readonly<Choices> = {
  data: "8gaussians",
  source: "gaussian",
  schedule: "linear",
  gamma: "zero",
  coupling: "independent",
  objective: "regression",
  predict: "velocity",
  width: 48,
  depth: 3,
  batch: 256,
  lr: 0.002,
  seed: 7,
  sampler: "heun",
  steps: 16,
  particles: true,
  paths: true,
  arrows: false,
  density: false,
  target: true,
  quantity: "velocity",
  speed: "max",
  view: "flow",
  noise: 1,
  versus: "ddim",
  crowd: 4000,
  cells: 64,
  rounds: 0,
  distilled: false,
};

/** The sets whose points come in classes, all as likely, and how many. */
const classed: Record<End, number> = {
  "8gaussians": 8,
  moons: 2,
  pinwheel: 5,
  spirals: 2,
  rings: 3,
};

export const classesOf = ({ data }: Pick<Training, "data">): number => classed[data] ?? 0;

export const trainingKeys: readonly (keyof Training)[] = [
  "data",
  "source",
  "schedule",
  "gamma",
  "coupling",
  "objective",
  "predict",
  "width",
  "depth",
  "batch",
  "lr",
  "seed",
];

/** The values offered for each numeric choice. */
export const offered = {
  width: [16, 32, 48, 64, 96, 128, 256],
  depth: [1, 2, 3, 4, 5],
  batch: [64, 128, 256, 512, 1024, 2048],
  lr: [0.0003, 0.001, 0.002, 0.005, 0.01, 0.03],
  speed: ["5", "50", "300", "max"] as Speed[],
} as const;

export function sameTraining(a: Training, b: Training): boolean {
  return trainingKeys.every((key) => a[key] === b[key]);
}
