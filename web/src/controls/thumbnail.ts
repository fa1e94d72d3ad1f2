// A data set at the size of a stamp.
import { sharp } from "../dom";
import { reachOf } from "../ends";

export function drawThumbnail(
  target: HTMLCanvasElement,
  points: Float32Array,
  color: string,
  size: number,
): void {
  const ctx = sharp(target, size, size);
  if (!ctx) return;
  const scale = (size * 0.46) / Math.max(1.6, reachOf(points));
  const dot = size > 60 ? 1.6 : 1.25;
  ctx.fillStyle = color;
  ctx.globalAlpha = 0.75;
  for (let i = 0; i < points.length; i += 2) {
    const x = size / 2 + points[i] * scale - dot / 2;
    const y = size / 2 - points[i + 1] * scale - dot / 2;
    ctx.fillRect(x, y, dot, dot);
  }
}
