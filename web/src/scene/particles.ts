// Particles at one time, with short tails that show where each came from.
import { shadeOf, type Palette, type Rgb } from "./palette";
import type { Quality } from "./quality";
import { toPixelX, toPixelY, type View } from "./view";

const full = 2 * Math.PI;
/** Reach of the halo, in radii. */
const halo = 3.2;

/** A dot, with a halo or without, drawn once for each colour and size and then stamped. */
class Stamp {
  private readonly image = document.createElement("canvas");
  private made = "";

  of(rgb: Rgb, radius: number, reach: number, dark: boolean, ratio: number): HTMLCanvasElement {
    const key = `${rgb.join()} ${radius} ${reach} ${dark} ${ratio}`;
    if (key !== this.made) this.draw(rgb, radius, reach, dark, ratio);
    this.made = key;
    return this.image;
  }

  private draw(rgb: Rgb, radius: number, reach: number, dark: boolean, ratio: number): void {
    this.image.width = this.image.height = Math.ceil(2 * reach * ratio);
    const ctx = this.image.getContext("2d")!;
    const scale = this.image.width / (2 * reach);
    ctx.scale(scale, scale);
    ctx.translate(reach, reach);
    const color = (alpha: number): string => `rgb(${rgb.join(" ")} / ${alpha})`;
    if (reach > 2 * radius) {
      const glow = ctx.createRadialGradient(0, 0, radius, 0, 0, reach);
      glow.addColorStop(0, color(dark ? 0.32 : 0.13));
      glow.addColorStop(1, color(0));
      ctx.fillStyle = glow;
      ctx.fillRect(-reach, -reach, 2 * reach, 2 * reach);
    }
    ctx.fillStyle = color(dark ? 0.95 : 0.88);
    ctx.beginPath();
    ctx.arc(0, 0, radius, 0, full);
    ctx.fill();
  }
}

const stamp = new Stamp();

export function drawParticles(
  ctx: CanvasRenderingContext2D,
  view: View,
  palette: Palette,
  places: Float32Array,
  t: number,
  quality: Quality,
): void {
  const radius = view.width < 480 ? 1.6 : 2;
  const reach = quality === 0 ? radius * halo : radius + 0.5;
  const rgb = palette.timesRgb[shadeOf(palette, t)];
  const image = stamp.of(rgb, radius, reach, palette.dark, ctx.getTransform().a);
  const { scale } = view;
  const left = view.width / 2 - reach;
  const top = view.height / 2 - reach;
  const size = 2 * reach;
  for (let i = 0; i < places.length; i += 2) {
    ctx.drawImage(image, left + places[i] * scale, top - places[i + 1] * scale, size, size);
  }
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
