// What the network says on a grid, at a few times that the scene interpolates between.
import type { WorkerTrainer } from "pathflow";
import type { Quantity } from "../choices";

export interface FieldSlice {
  t: number;
  /** Half the side of the square the grid covers. */
  half: number;
  /** [grid, grid, 2], row 0 at the bottom. */
  data: Float32Array;
}

export interface Field {
  quantity: Quantity;
  grid: number;
  /** From t near 1 to t near 0. */
  slices: FieldSlice[];
}

const sliceCount = 9;
const highest = 0.98;
const lowest = 0.02;

export async function readField(
  trainer: WorkerTrainer,
  quantity: Quantity,
  grid: number,
  halfAt: (t: number) => number,
): Promise<Field> {
  const wanted = Array.from({ length: sliceCount }, async (_, k) => {
    const t = highest + ((lowest - highest) * k) / (sliceCount - 1);
    const half = halfAt(t);
    const bounds: [number, number, number, number] = [-half, half, -half, half];
    const result = await trainer.field({ t, grid, bounds, quantity });
    return { t, half, data: result.data };
  });
  return { quantity, grid, slices: await Promise.all(wanted) };
}
