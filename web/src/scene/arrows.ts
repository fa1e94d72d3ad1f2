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
): void {
  const { low, high, share } = around(field.slices, t);
  const half = low.half * (1 - share) + high.half * share;
  const { grid } = field;
  const cell = (2 * half * view.scale) / grid;
  const sign = field.quantity === "velocity" ? -1 : 1;
  const typical = median(low.data) * (1 - share) + median(high.data) * share;
  ctx.beginPath();
  for (let row = 0; row < grid; row++) {
    for (let column = 0; column < grid; column++) {
      const at = 2 * (row * grid + column);
      const u = sign * (low.data[at] * (1 - share) + high.data[at] * share);
      const v = sign * (low.data[at + 1] * (1 - share) + high.data[at + 1] * share);
      const x = toPixelX(view, -half + ((column + 0.5) * 2 * half) / grid);
      const y = toPixelY(view, -half + ((row + 0.5) * 2 * half) / grid);
      if (x < -cell || y < -cell || x > view.width + cell || y > view.height + cell) continue;
      arrow(ctx, x, y, u, -v, cell, typical);
    }
  }
  ctx.strokeStyle = palette.ink;
  ctx.globalAlpha = palette.dark ? 0.6 : 0.5;
  ctx.lineWidth = 1.1;
  ctx.stroke();
  ctx.globalAlpha = 1;
}

/** One arrow about (x, y), its length a saturating function of the size of (u, v). */
function arrow(
  ctx: CanvasRenderingContext2D,
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
  ctx.moveTo(x - dx / 2, y - dy / 2);
  ctx.lineTo(tipX, tipY);
  ctx.moveTo(tipX - head * Math.cos(angle - 0.5), tipY - head * Math.sin(angle - 0.5));
  ctx.lineTo(tipX, tipY);
  ctx.lineTo(tipX - head * Math.cos(angle + 0.5), tipY - head * Math.sin(angle + 0.5));
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
