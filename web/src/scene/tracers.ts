// A few particles marked and followed, so that the same starts are seen to go their ways.
import type { Motion } from "./motion";
import type { Palette } from "./palette";
import { toPixelX, toPixelY, type View } from "./view";

const smoothCount = 6;
/** Rough paths cover the plane: few tell more. */
const roughCount = 3;

export function drawTracers(
  ctx: CanvasRenderingContext2D,
  view: View,
  palette: Palette,
  motion: Motion,
  places: Float32Array,
  t: number,
  noisy: boolean,
): void {
  const { times, n } = motion.frame!;
  const count = noisy ? roughCount : smoothCount;
  ctx.lineJoin = ctx.lineCap = "round";
  for (let k = 0; k < count; k++) {
    const particle = Math.floor(((k + 0.5) * n) / count);
    const x = toPixelX(view, places[2 * particle]);
    const y = toPixelY(view, places[2 * particle + 1]);
    ctx.beginPath();
    for (let i = 0; i < times.length && times[i] >= t; i++) {
      const at = 2 * (i * n + particle);
      ctx.lineTo(toPixelX(view, motion.value(at)), toPixelY(view, motion.value(at + 1)));
    }
    ctx.lineTo(x, y);
    ctx.strokeStyle = palette.panel;
    ctx.lineWidth = noisy ? 2.6 : 3.4;
    ctx.stroke();
    ctx.strokeStyle = palette.ink;
    ctx.lineWidth = noisy ? 1.1 : 1.6;
    ctx.stroke();
    ctx.beginPath();
    ctx.arc(x, y, 4.2, 0, 2 * Math.PI);
    ctx.fillStyle = palette.ink;
    ctx.fill();
    ctx.strokeStyle = palette.panel;
    ctx.lineWidth = 1.6;
    ctx.stroke();
  }
}
