// Trajectories of a few particles, coloured by time: what is behind is strong, what is ahead faint.
import type { Motion } from "./motion";
import { shadeOf, type Palette } from "./palette";
import type { Quality } from "./quality";
import { toPixelX, toPixelY, type View } from "./view";

const smoothPaths = 130;
const fewPaths = 60;
/** Noisy paths cover the plane: a few tell more. */
const noisyPaths = 18;
const bands = 16;

/** Bands of time that are behind at time t: paths look alike until the next one is. */
export function bandsBehind(times: Float64Array, t: number): number {
  const last = times.length - 1;
  const per = Math.max(1, Math.ceil(last / bands));
  let count = 0;
  for (let k = 0; k < last; k += per) {
    if ((times[k] + times[Math.min(last, k + per)]) / 2 >= t) count++;
  }
  return count;
}

export function drawPaths(
  ctx: CanvasRenderingContext2D,
  view: View,
  palette: Palette,
  motion: Motion,
  t: number,
  noisy: boolean,
  quality: Quality,
): void {
  const { times, n } = motion.frame!;
  const last = times.length - 1;
  const per = Math.max(1, Math.ceil(last / bands));
  const paths = noisy ? noisyPaths : quality === 2 ? fewPaths : smoothPaths;
  const stride = Math.max(1, Math.floor(n / paths));
  ctx.lineJoin = "round";
  for (let k = 0; k < last; k += per) {
    const end = Math.min(last, k + per);
    const middle = (times[k] + times[end]) / 2;
    ctx.strokeStyle = palette.times[shadeOf(palette, middle)];
    const behind = middle >= t;
    ctx.lineWidth = behind ? 1.15 : 0.9;
    ctx.globalAlpha = behind ? (palette.dark ? 0.62 : 0.55) : palette.dark ? 0.2 : 0.18;
    ctx.beginPath();
    for (let i = 0; i < n; i += stride) trace(ctx, view, motion, n, i, k, end);
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
}

function trace(
  ctx: CanvasRenderingContext2D,
  view: View,
  motion: Motion,
  n: number,
  particle: number,
  from: number,
  to: number,
): void {
  for (let k = from; k <= to; k++) {
    const at = 2 * (k * n + particle);
    const x = toPixelX(view, motion.value(at));
    const y = toPixelY(view, motion.value(at + 1));
    if (k === from) ctx.moveTo(x, y);
    else ctx.lineTo(x, y);
  }
}
