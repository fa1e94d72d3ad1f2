// Velocity or score on a grid. The velocity is drawn as particles feel it: from source to data.
import type { Field, FieldSlice } from "../engine/field";
import type { Palette } from "./palette";
import { toPixelX, toPixelY, type View } from "./view";

export function drawArrows(
  ctx: CanvasRenderingContext2D,
  view: View,
  palette: Palette,
  field: Field,
  t: number,
  places: Float32Array,
): void {
  const { low, high, share } = around(field.slices, t);
  const half = low.half * (1 - share) + high.half * share;
  const { grid } = field;
  const cell = (2 * half * view.scale) / grid;
  const sign = field.quantity === "velocity" ? -1 : 1;
  const typical = median(low.data) * (1 - share) + median(high.data) * share;
  const crowded = crowd(places, half, grid);
  const beside = new Path2D();
  const apart = new Path2D();
  for (let row = 0; row < grid; row++) {
    for (let column = 0; column < grid; column++) {
      const at = 2 * (row * grid + column);
      const u = sign * (low.data[at] * (1 - share) + high.data[at] * share);
      const v = sign * (low.data[at + 1] * (1 - share) + high.data[at + 1] * share);
      const x = toPixelX(view, -half + ((column + 0.5) * 2 * half) / grid);
      const y = toPixelY(view, -half + ((row + 0.5) * 2 * half) / grid);
      if (x < -cell || y < -cell || x > view.width + cell || y > view.height + cell) continue;
      const path = crowded[row * grid + column] ? beside : apart;
      arrow(path, x, y, u, -v, cell, typical);
    }
  }
  ctx.strokeStyle = palette.ink;
  ctx.lineWidth = 1.2;
  ctx.globalAlpha = palette.dark ? 0.75 : 0.65;
  ctx.stroke(beside);
  ctx.globalAlpha = 0.16;
  ctx.stroke(apart);
  ctx.globalAlpha = 1;
}

/** Which cells have particles in them or next to them: elsewhere the network is only guessing. */
function crowd(places: Float32Array, half: number, grid: number): Uint8Array {
  const near = new Uint8Array(grid * grid);
  const perUnit = grid / (2 * half);
  for (let i = 0; i < places.length; i += 2) {
    const column = Math.floor((places[i] + half) * perUnit);
    const row = Math.floor((places[i + 1] + half) * perUnit);
    for (let r = Math.max(0, row - 1); r <= Math.min(grid - 1, row + 1); r++) {
      for (let c = Math.max(0, column - 1); c <= Math.min(grid - 1, column + 1); c++) {
        near[r * grid + c] = 1;
      }
    }
  }
  return near;
}

/** One arrow about (x, y), its length a saturating function of the size of (u, v). */
function arrow(
  path: Path2D,
  x: number,
  y: number,
  u: number,
  v: number,
  cell: number,
  typical: number,
): void {
  const size = Math.hypot(u, v);
  if (!(size > 0) || !(typical > 0)) return;
  const length = 0.88 * cell * Math.tanh((0.9 * size) / typical);
  const dx = (u / size) * length;
  const dy = (v / size) * length;
  const head = Math.min(4.5, 0.4 * length);
  const tipX = x + dx / 2;
  const tipY = y + dy / 2;
  const angle = Math.atan2(dy, dx);
  path.moveTo(x - dx / 2, y - dy / 2);
  path.lineTo(tipX, tipY);
  path.moveTo(tipX - head * Math.cos(angle - 0.5), tipY - head * Math.sin(angle - 0.5));
  path.lineTo(tipX, tipY);
  path.lineTo(tipX - head * Math.cos(angle + 0.5), tipY - head * Math.sin(angle + 0.5));
}

function around(
  slices: FieldSlice[],
  t: number,
): { low: FieldSlice; high: FieldSlice; share: number } {
  let index = 0;
  while (index < slices.length - 2 && slices[index + 1].t > t) index++;
  const low = slices[index];
  const high = slices[index + 1];
  const share = Math.min(1, Math.max(0, (low.t - t) / (low.t - high.t)));
  return { low, high, share };
}

const medians = new WeakMap<Float32Array, number>();

function median(data: Float32Array): number {
  const known = medians.get(data);
  if (known !== undefined) return known;
  const sizes = new Float32Array(data.length / 2);
  for (let i = 0; i < sizes.length; i++) sizes[i] = Math.hypot(data[2 * i], data[2 * i + 1]);
  sizes.sort();
  const middle = sizes[sizes.length >> 1];
  medians.set(data, middle);
  return middle;
}
