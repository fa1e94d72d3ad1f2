// Grids over a rectangle of the plane.
import { checkWhole, PathflowError } from "./errors.js";
import type { FloatArray } from "./types.js";

type Bounds = readonly [number, number, number, number];

/** Cell centres of a grid over bounds, row 0 at ymin, x fastest. */
export function gridPoints(where: string, grid: number, bounds: Bounds): FloatArray {
  checkWhole(where, "grid", grid, 1, 1024);
  checkBounds(where, bounds);
  const [xmin, xmax, ymin, ymax] = bounds;
  const data = new Float32Array(grid * grid * 2);
  for (let row = 0; row < grid; ++row) {
    for (let column = 0; column < grid; ++column) {
      const at = 2 * (row * grid + column);
      data[at] = xmin + ((xmax - xmin) * (column + 0.5)) / grid;
      data[at + 1] = ymin + ((ymax - ymin) * (row + 0.5)) / grid;
    }
  }
  return { data, shape: [grid * grid, 2] };
}

function checkBounds(where: string, bounds: readonly number[]): void {
  const [xmin, xmax, ymin, ymax] = bounds as [number, number, number, number];
  if (bounds.length === 4 && bounds.every(Number.isFinite) && xmin < xmax && ymin < ymax) return;
  const rule = "bounds must be [xmin, xmax, ymin, ymax] with xmin < xmax and ymin < ymax";
  throw new PathflowError("InvalidArgument", where, `${rule}, got [${bounds.join(", ")}]`);
}
