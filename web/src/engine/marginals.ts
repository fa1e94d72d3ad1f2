// Three ways to one crowd: particles of the ODE, particles of the SDE, and the density that the
// Fokker-Planck equation moves. All are held against each other on the same coarse cells, where an
// exact sample would differ from its own density by what counting n points makes.
import { planeHistogram, type FokkerPlanckResult, type WorkerTrainer } from "pathflow";
import type { Choices } from "../choices";
import { scoreRule } from "../rules";
import { crowdOf, frameOf, locate, type Frame } from "./frame";
import { marginalSampling } from "./options";

/** Cells a side on which everything is compared: each holds whole cells of every grid. */
const coarse = 16;
export const grids = [32, 64, 128] as const;
export const crowds = [1000, 4000, 16_000] as const;

export type Bounds = [number, number, number, number];

export interface Crowd {
  ode: Frame;
  /** Where there is a score. */
  sde: Frame | undefined;
}

export async function drawCrowd(
  trainer: WorkerTrainer,
  choices: Readonly<Choices>,
  n: number,
): Promise<Crowd> {
  const draw = async (scale: number): Promise<Frame> =>
    frameOf(await trainer.sample({ ...marginalSampling(choices, scale), n }), trainer.steps);
  const ode = await draw(0);
  return { ode, sde: scoreRule(choices) === undefined ? await draw(1) : undefined };
}

/** The first n particles of a frame, as many as a picture needs. */
export function fewer({ points, n, times, ...rest }: Frame, wanted: number): Frame {
  if (n <= wanted) return { points, n, times, ...rest };
  const kept = new Float32Array(2 * wanted * times.length);
  for (let k = 0; k < times.length; k++)
    kept.set(points.subarray(2 * n * k, 2 * (n * k + wanted)), 2 * wanted * k);
  return { points: kept, n: wanted, times, ...rest };
}

/** A density of the equation at time t, between the times that were kept. */
export function densityAt(plane: FokkerPlanckResult, t: number): Float32Array {
  const { index, share } = locate(plane.times, t);
  const grid = plane.densities.shape[1];
  const size = grid * grid;
  const low = plane.densities.data.subarray(index * size, (index + 1) * size);
  const high = plane.densities.data.subarray((index + 1) * size, (index + 2) * size);
  return low.map((value, i) => value + (high[i] - value) * share);
}

/** Shares of the coarse cells, from a density on a finer grid. */
export function sharesOf(density: Float32Array, bounds: Bounds): Float64Array {
  const grid = Math.round(Math.sqrt(density.length));
  const per = grid / coarse;
  const area = ((bounds[1] - bounds[0]) * (bounds[3] - bounds[2])) / density.length;
  const shares = new Float64Array(coarse * coarse);
  for (let i = 0; i < density.length; i++) {
    const row = Math.floor(Math.floor(i / grid) / per);
    shares[row * coarse + Math.floor((i % grid) / per)] += density[i] * area;
  }
  return shares;
}

/** The integral of |difference| over the coarse cells between the first n particles at t and shares. */
export function distanceOf(
  frame: Frame,
  t: number,
  n: number,
  shares: Float64Array,
  bounds: Bounds,
): number {
  const points = crowdOf(frame, t, n);
  const { data, outside } = planeHistogram(points, { grid: coarse, bounds });
  const area = ((bounds[1] - bounds[0]) * (bounds[3] - bounds[2])) / data.length;
  let sum = outside / n;
  for (let i = 0; i < data.length; i++) sum += Math.abs(data[i] * area - shares[i]);
  return sum;
}

/**
 * What the distance would be for n exact draws: the mean absolute deviation of each cell's count,
 * E|X - m| = 2 m^(k + 1) e^-m / k! with k = floor(m), for X ~ Poisson(m).
 */
export function countingAlone(shares: Float64Array, n: number): number {
  let sum = 0;
  for (const share of shares) {
    const mean = n * share;
    if (!(mean > 0)) continue;
    const k = Math.floor(mean);
    sum += (2 * Math.exp((k + 1) * Math.log(mean) - mean - logFactorial(k))) / n;
  }
  return sum;
}

const factorials = [0];

function logFactorial(k: number): number {
  for (let i = factorials.length; i <= k; i++) factorials.push(factorials[i - 1] + Math.log(i));
  return factorials[k];
}
