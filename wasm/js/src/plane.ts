// Grids over a rectangle of the plane.
import { checkWhole, PathflowError } from "./errors.js";
import { checkArray } from "./native.js";
import type { FloatArray } from "./types.js";

type Bounds = readonly [number, number, number, number];

/** Cell centres of a grid over bounds, row 0 at ymin, x fastest. @internal */
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

/** Share of points in each cell over its area: a density to hold beside others. */
export interface PlaneHistogram extends FloatArray {
  bounds: [number, number, number, number];
  /** Points that lie off the grid. */
  outside: number;
}

/** Counts points [n, 2] by the cells of a square grid; row 0 at ymin. */
export function planeHistogram(
  points: FloatArray,
  options: { grid?: number; bounds?: [number, number, number, number] } = {},
): PlaneHistogram {
  const { grid = 64, bounds = [-4, 4, -4, 4] } = options;
  const where = "planeHistogram";
  checkWhole(where, "grid", grid, 1, 1024);
  checkBounds(where, bounds);
  const [n, columns] = checkArray(where, "points", points, 2) as [number, number?];
  if (columns !== 2) {
    throw new PathflowError(
      "ShapeError",
      where,
      `points must be [n, 2], got [${points.shape.join(", ")}]`,
    );
  }
  const [xmin, xmax, ymin, ymax] = bounds;
  const data = new Float32Array(grid * grid);
  let outside = 0;
  for (let i = 0; i < n; ++i) {
    const column = Math.floor(((points.data[2 * i]! - xmin) / (xmax - xmin)) * grid);
    const row = Math.floor(((points.data[2 * i + 1]! - ymin) / (ymax - ymin)) * grid);
    if (column >= 0 && column < grid && row >= 0 && row < grid) data[row * grid + column]! += 1;
    else ++outside;
  }
  const share = (grid * grid) / (n * (xmax - xmin) * (ymax - ymin));
  for (let i = 0; i < data.length; ++i) data[i]! *= share;
  return { data, shape: [grid, grid], bounds: [...bounds], outside };
}

/**
 * The integral of |a - b| for two densities on one grid over the same bounds: 0 where they agree, 2
 * where they never meet.
 */
export function planeDistance(
  a: FloatArray,
  b: FloatArray,
  bounds: readonly [number, number, number, number],
): number {
  const where = "planeDistance";
  checkBounds(where, bounds);
  const shape = checkArray(where, "a", a, 2);
  const other = checkArray(where, "b", b, 2);
  if (shape.length !== other.length || shape.some((extent, i) => extent !== other[i])) {
    const rule = `b must have the shape of a, [${shape.join(", ")}]`;
    throw new PathflowError("ShapeError", where, `${rule}, got [${other.join(", ")}]`);
  }
  let sum = 0;
  for (let i = 0; i < a.data.length; ++i) sum += Math.abs(a.data[i]! - b.data[i]!);
  return (sum * (bounds[1] - bounds[0]) * (bounds[3] - bounds[2])) / a.data.length;
}
