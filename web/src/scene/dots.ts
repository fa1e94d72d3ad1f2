// Particles and their tails, laid into pixels by hand: all have one colour, so only opacity adds up,
// and that costs a tenth of what stamping them on a canvas does where no GPU helps.
import { shadeOf, type Palette, type Rgb } from "./palette";
import type { Quality } from "./quality";
import type { View } from "./view";

/** Reach of the halo, in radii. */
const halo = 3.2;
/** Places between two pixels that are told apart, each way. */
const phases = 4;
const longestTail = 40;

/** Opacities of a dot about every place between pixels, [phases, phases, size, size]. */
interface Stamp {
  size: number;
  opacity: Uint8Array;
}

function stampOf(reach: number, opacityAt: (distance: number) => number): Stamp {
  const size = 2 * Math.ceil(reach) + 2;
  const opacity = new Uint8Array(phases * phases * size * size);
  let at = 0;
  for (let v = 0; v < phases; v++) {
    for (let u = 0; u < phases; u++) {
      const x = Math.ceil(reach) + (u + 0.5) / phases;
      const y = Math.ceil(reach) + (v + 0.5) / phases;
      for (let row = 0; row < size; row++) {
        for (let column = 0; column < size; column++) {
          const distance = Math.hypot(column + 0.5 - x, row + 0.5 - y);
          opacity[at++] = Math.round(255 * opacityAt(distance));
        }
      }
    }
  }
  return { size, opacity };
}

/** A disc with a soft edge, in a halo where `reach` leaves room for one. */
function dot(radius: number, reach: number, dark: boolean): Stamp {
  const strong = dark ? 0.95 : 0.88;
  const glow = reach > 2 * radius ? (dark ? 0.32 : 0.13) : 0;
  return stampOf(reach, (distance) => {
    const disc = strong * Math.min(1, Math.max(0, radius + 0.5 - distance));
    const fade = (reach - distance) / (reach - radius);
    const light = glow * Math.min(1, Math.max(0, fade));
    return 1 - (1 - disc) * (1 - light);
  });
}

function pen(width: number, opacity: number): Stamp {
  const radius = width / 2;
  return stampOf(
    radius + 0.5,
    (distance) => opacity * Math.min(1, Math.max(0, radius + 0.5 - distance)),
  );
}

export class Dots {
  private readonly canvas = document.createElement("canvas");
  private image: ImageData | undefined;
  private pixels = new Uint32Array(0);
  private made = "";
  private dot: Stamp = { size: 0, opacity: new Uint8Array(0) };
  private pen: Stamp = this.dot;
  private margin = 0;

  /** `places` and, for tails, `before` are [n, 2] in the plane. */
  draw(
    ctx: CanvasRenderingContext2D,
    view: View,
    palette: Palette,
    places: Float32Array,
    before: Float32Array | undefined,
    t: number,
    quality: Quality,
  ): void {
    const ratio = ctx.canvas.width / view.width;
    this.prepare(view, palette.dark, quality, ratio);
    this.resize(ctx.canvas.width, ctx.canvas.height);
    const color = packed(palette.timesRgb[shadeOf(palette, t)]);
    this.pixels.fill(0);
    if (before) this.tails(view, ratio, before, places, color);
    this.lay(view, ratio, places, color);
    const { width, height } = ctx.canvas;
    const { margin } = this;
    const small = this.canvas.getContext("2d")!;
    small.putImageData(this.image!, -margin, -margin, margin, margin, width, height);
    ctx.save();
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.drawImage(this.canvas, 0, 0);
    ctx.restore();
  }

  private prepare(view: View, dark: boolean, quality: Quality, ratio: number): void {
    const radius = (view.width < 480 ? 1.6 : 2) * ratio;
    const key = `${radius} ${quality} ${dark}`;
    if (key === this.made) return;
    this.made = key;
    this.dot = dot(radius, quality === 0 ? radius * halo : radius + 0.5, dark);
    this.pen = pen(1.5 * ratio, dark ? 0.34 : 0.26);
    this.margin = Math.max(this.dot.size, this.pen.size);
    this.image = undefined;
  }

  /** A margin on every side: what is partly outside is laid like all else. */
  private resize(width: number, height: number): void {
    const { margin } = this;
    const fits = this.image?.width === width + 2 * margin;
    if (fits && this.image?.height === height + 2 * margin) return;
    this.canvas.width = width;
    this.canvas.height = height;
    this.image = new ImageData(width + 2 * margin, height + 2 * margin);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  private lay(view: View, ratio: number, places: Float32Array, color: number): void {
    const { size, opacity } = this.dot;
    const { pixels } = this;
    const stride = this.image!.width;
    const scale = view.scale * ratio;
    const left = (view.width * ratio) / 2 + this.margin - (size / 2 - 1);
    const top = (view.height * ratio) / 2 + this.margin - (size / 2 - 1);
    const right = stride - size;
    const bottom = this.image!.height - size;
    const area = size * size;
    for (let i = 0; i < places.length; i += 2) {
      const x = left + places[i] * scale;
      const y = top - places[i + 1] * scale;
      if (!(x >= 0 && y >= 0 && x < right && y < bottom)) continue;
      const column = x | 0;
      const line = y | 0;
      const phase = (((y - line) * phases) | 0) * phases + (((x - column) * phases) | 0);
      let from = phase * area;
      for (let row = 0; row < size; row++) {
        let at = (line + row) * stride + column;
        for (const end = at + size; at < end; at++) {
          const more = opacity[from++];
          if (more === 0) continue;
          const old = pixels[at] >>> 24;
          pixels[at] = color | ((old + (((255 - old) * more + 128) >> 8)) << 24);
        }
      }
    }
  }

  /** Straight strokes that do not add up where they cross. */
  private tails(
    view: View,
    ratio: number,
    before: Float32Array,
    places: Float32Array,
    color: number,
  ): void {
    const { size, opacity } = this.pen;
    const { pixels } = this;
    const stride = this.image!.width;
    const scale = view.scale * ratio;
    const left = (view.width * ratio) / 2 + this.margin - (size / 2 - 1);
    const top = (view.height * ratio) / 2 + this.margin - (size / 2 - 1);
    const right = stride - size;
    const bottom = this.image!.height - size;
    for (let i = 0; i < places.length; i += 2) {
      const toX = left + places[i] * scale;
      const toY = top - places[i + 1] * scale;
      const dx = (before[i] - places[i]) * scale;
      const dy = (places[i + 1] - before[i + 1]) * scale;
      const length = Math.hypot(dx, dy) / ratio;
      const count = Math.min(longestTail, Math.ceil(length));
      for (let k = 1; k <= count; k++) {
        const x = toX + (dx * k) / count;
        const y = toY + (dy * k) / count;
        if (!(x >= 0 && y >= 0 && x < right && y < bottom)) continue;
        const column = x | 0;
        const line = y | 0;
        const phase = (((y - line) * phases) | 0) * phases + (((x - column) * phases) | 0);
        let from = phase * size * size;
        for (let row = 0; row < size; row++) {
          let at = (line + row) * stride + column;
          for (const end = at + size; at < end; at++) {
            const own = opacity[from++];
            if (own > pixels[at] >>> 24) pixels[at] = color | (own << 24);
          }
        }
      }
    }
  }
}

/** As ImageData has it, opacity left out. */
function packed([r, g, b]: Rgb): number {
  return r | (g << 8) | (b << 16);
}
