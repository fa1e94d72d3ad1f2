// Particles at one time, with short tails that show where each came from.
import { shadeOf, type Palette } from "./palette";
import { toPixelX, toPixelY, type View } from "./view";

const full = 2 * Math.PI;

export function drawParticles(
  ctx: CanvasRenderingContext2D,
  view: View,
  palette: Palette,
  places: Float32Array,
  t: number,
): void {
  const radius = view.width < 480 ? 1.6 : 2.1;
  ctx.beginPath();
  for (let i = 0; i < places.length; i += 2) {
    const x = toPixelX(view, places[i]);
    const y = toPixelY(view, places[i + 1]);
    ctx.moveTo(x + radius, y);
    ctx.arc(x, y, radius, 0, full);
  }
  ctx.globalAlpha = 0.9;
  ctx.fillStyle = palette.times[shadeOf(palette, t)];
  ctx.fill();
  ctx.globalAlpha = 1;
}

/** Straight strokes from `before` to `places`, both [n, 2]. */
export function drawTails(
  ctx: CanvasRenderingContext2D,
  view: View,
  palette: Palette,
  before: Float32Array,
  places: Float32Array,
  t: number,
): void {
  ctx.beginPath();
  for (let i = 0; i < places.length; i += 2) {
    ctx.moveTo(toPixelX(view, before[i]), toPixelY(view, before[i + 1]));
    ctx.lineTo(toPixelX(view, places[i]), toPixelY(view, places[i + 1]));
  }
  ctx.globalAlpha = palette.dark ? 0.34 : 0.26;
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = palette.times[shadeOf(palette, t)];
  ctx.stroke();
  ctx.globalAlpha = 1;
}

/** Still points, as the data set they are drawn from has them. */
export function drawGhosts(
  ctx: CanvasRenderingContext2D,
  view: View,
  color: string,
  rows: Float32Array,
  alpha: number,
): void {
  ctx.fillStyle = color;
  ctx.globalAlpha = alpha;
  for (let i = 0; i < rows.length; i += 2) {
    ctx.fillRect(toPixelX(view, rows[i]) - 1, toPixelY(view, rows[i + 1]) - 1, 2, 2);
  }
  ctx.globalAlpha = 1;
}
