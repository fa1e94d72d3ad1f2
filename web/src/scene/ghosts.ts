// Still points, as the data set they are drawn from has them.
import { toPixelX, toPixelY, type View } from "./view";

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
