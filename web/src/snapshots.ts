// A crowd photographed at a few times, nobody followed from one picture to the next: what there is to
// learn from when only snapshots can be had. It walks up and parts in two.
import type { FloatArray, Snapshot } from "pathflow";
import type { Choices } from "./choices";

/** The ends of the page that stand for the first and the last picture. */
export const crowdBefore = "crowd-before";
export const crowdAfter = "crowd-after";

/** Times of the path at which it is seen, and one that is held out. */
const seenAt = [0, 1 / 3, 2 / 3, 1];
export const heldOutAt = 0.5;
const people = 600;

/** Whether a run learns from the snapshots alone. */
export function fromSnapshots({
  data,
  source,
  objective,
}: Pick<Choices, "data" | "source" | "objective">): boolean {
  const action = objective === "action" || objective === "entropic-action";
  return action && data === crowdAfter && source === crowdBefore;
}

/** The crowd at time t: other people each time, as `seed` says. */
export function crowdAt(t: number, n = people, seed = 0): FloatArray {
  const draw = generator(1 + Math.round(1000 * t) + 7919 * seed);
  const data = new Float32Array(2 * n);
  const way = 1 - t;
  for (let i = 0; i < n; i++) {
    const side = i % 2 === 0 ? 1 : -1;
    const [u, v] = normals(draw);
    data[2 * i] = side * 2.5 * way * way + 0.42 * u;
    data[2 * i + 1] = -2.4 + 5.4 * way - 1.1 * way * way + 0.36 * v;
  }
  return { data, shape: [n, 2] };
}

export function snapshots(): Snapshot[] {
  return seenAt.map((time) => ({ time, points: crowdAt(time) }));
}

/** An end's points where it is one of the crowd's. */
export function crowdEnd(end: string): FloatArray | undefined {
  if (end === crowdBefore) return crowdAt(1);
  return end === crowdAfter ? crowdAt(0) : undefined;
}

/** Mulberry32: uniform in (0, 1), the same on every machine. */
function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), 1 | state);
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z;
    return (((z ^ (z >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
}

function normals(draw: () => number): [number, number] {
  const radius = Math.sqrt(-2 * Math.log(draw()));
  const angle = 2 * Math.PI * draw();
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}
