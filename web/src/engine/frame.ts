// One sampling run as the scene wants it: every particle's place at every kept time.
import type { FloatArray, SampleResult } from "pathflow";

export interface Frame {
  /** Kept times from 1 (or just below) down to 0 (or just above). */
  times: Float64Array;
  /** [times, n, 2]. */
  points: Float32Array;
  n: number;
  /** Radius that holds nearly all particles, at each kept time. */
  radius: Float32Array;
  evaluations: number;
  straightness: number | undefined;
  energy: number | undefined;
  /** Training steps behind this frame. */
  step: number;
}

export function frameOf(result: SampleResult, step: number): Frame {
  const { trajectories, times, evaluations, straightness, energy } = result;
  if (!trajectories || !times) throw new Error("The sample came without its trajectories.");
  const n = trajectories.shape[1];
  const points = trajectories.data;
  const radius = new Float32Array(times.length);
  for (let k = 0; k < times.length; k++) radius[k] = radiusOf(points, k * n, n);
  return { times, points, n, radius, evaluations, straightness, energy, step };
}

/** The largest coordinate, leaving out the most distant fiftieth of the particles. */
function radiusOf(points: Float32Array, first: number, n: number): number {
  const stride = Math.max(1, Math.floor(n / 400));
  const sizes = new Float32Array(Math.ceil(n / stride));
  for (let i = 0; i < sizes.length; i++) {
    const at = 2 * (first + i * stride);
    sizes[i] = Math.max(Math.abs(points[at]), Math.abs(points[at + 1]));
  }
  sizes.sort();
  return Math.min(sizes[Math.floor(0.98 * (sizes.length - 1))], 1e6);
}

/** How many times to keep, so that a sampler's own grid points are among them. */
export function keptTimes(steps: number): number {
  if (steps > 64) return 65;
  return Math.ceil(32 / steps) * steps + 1;
}

/** Where in a falling list of times t lies: the index before it and the share to the next. */
export function locate(times: Float64Array, t: number): { index: number; share: number } {
  const last = times.length - 1;
  if (t >= times[0]) return { index: 0, share: 0 };
  if (t <= times[last]) return { index: last - 1, share: 1 };
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (times[middle] >= t) low = middle;
    else high = middle;
  }
  return { index: low, share: (times[low] - t) / (times[low] - times[high]) };
}

/** Radius of the particles at time t. */
export function radiusAt(frame: Frame, t: number): number {
  const { index, share } = locate(frame.times, t);
  return frame.radius[index] * (1 - share) + frame.radius[index + 1] * share;
}

/** All particles at time t. */
export function crowdOf(frame: Frame, t: number, n = frame.n): FloatArray {
  const { points, times, n: all } = frame;
  const { index, share } = locate(times, t);
  const low = points.subarray(2 * all * index, 2 * all * index + 2 * n);
  const high = points.subarray(2 * all * (index + 1));
  return { data: low.map((value, i) => value + (high[i] - value) * share), shape: [n, 2] };
}
