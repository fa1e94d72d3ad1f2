// The points of an end, whichever way it is named, and its name for people.
import type { FloatArray, WorkerApi } from "pathflow";
import type { End } from "./choices";
import { decodeRows, isRows } from "./rows";
import { crowdAfter, crowdBefore, crowdEnd } from "./snapshots";

const seedOfPreviews = 3;

export class Ends {
  private readonly drawn = new Map<string, Promise<Float32Array>>();

  constructor(private readonly api: WorkerApi) {}

  /** [x, y, ...] of up to n points, the same ones every time. */
  points(end: End, n: number): Promise<Float32Array> {
    const own = decodeRows(end) ?? crowdEnd(end);
    if (own) return Promise.resolve(own.data);
    const key = `${n} ${end}`;
    let points = this.drawn.get(key);
    if (!points) {
      points = this.api.dataset(end, { n, seed: seedOfPreviews }).then((rows) => rows.points.data);
      points.catch(() => this.drawn.delete(key));
      this.drawn.set(key, points);
    }
    return points;
  }

  title(end: End): string {
    if (isRows(end)) return "Your own points";
    if (end === crowdBefore) return "A crowd, before it parts";
    if (end === crowdAfter) return "A crowd, parted";
    if (end.startsWith("text:")) return `“${end.slice(5)}”`;
    return this.api.datasets.find(({ name }) => name === end)?.title ?? end;
  }
}

/** Half the side of a square about the origin that holds nearly all of the points. */
export function reachOf(points: FloatArray["data"]): number {
  const sizes = new Float32Array(points.length / 2);
  for (let i = 0; i < sizes.length; i++) {
    sizes[i] = Math.max(Math.abs(points[2 * i]), Math.abs(points[2 * i + 1]));
  }
  sizes.sort();
  return sizes[Math.floor(0.99 * (sizes.length - 1))] ?? 1;
}
