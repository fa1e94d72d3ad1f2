// Where particles are dense: counts on a coarse grid, blurred, and scaled up smoothly.
import { shadeOf, type Palette } from "./palette";
import { toPlane, type View } from "./view";

const rows = 66;
const blurs = 3;

export class Density {
  private readonly canvas = document.createElement("canvas");
  private counts = new Float32Array(0);
  private spare = new Float32Array(0);
  private image: ImageData | undefined;

  draw(
    ctx: CanvasRenderingContext2D,
    view: View,
    palette: Palette,
    places: Float32Array,
    t: number,
  ): void {
    const columns = Math.max(8, Math.round((rows * view.width) / view.height));
    this.resize(columns);
    this.count(view, places, columns);
    for (let k = 0; k < blurs; k++) this.blur(columns);
    this.paint(palette, t);
    const small = this.canvas.getContext("2d");
    if (!small || !this.image) return;
    small.putImageData(this.image, 0, 0);
    ctx.imageSmoothingEnabled = true;
    ctx.imageSmoothingQuality = "low"; // it is smooth already
    ctx.drawImage(this.canvas, 0, 0, view.width, view.height);
  }

  private resize(columns: number): void {
    if (this.canvas.width === columns && this.canvas.height === rows && this.image) return;
    this.canvas.width = columns;
    this.canvas.height = rows;
    this.counts = new Float32Array(columns * rows);
    this.spare = new Float32Array(columns * rows);
    this.image = new ImageData(columns, rows);
  }

  private count(view: View, places: Float32Array, columns: number): void {
    this.counts.fill(0);
    const [left, top] = toPlane(view, 0, 0);
    const perUnit = (columns * view.scale) / view.width;
    for (let i = 0; i < places.length; i += 2) {
      const column = Math.floor((places[i] - left) * perUnit);
      const row = Math.floor((top - places[i + 1]) * perUnit);
      if (column >= 0 && column < columns && row >= 0 && row < rows) {
        this.counts[row * columns + column] += 1;
      }
    }
  }

  /** One pass of the 3 x 3 binomial filter. */
  private blur(columns: number): void {
    const { counts, spare } = this;
    for (let i = 0; i < counts.length; i++) {
      const column = i % columns;
      const left = column > 0 ? counts[i - 1] : 0;
      const right = column < columns - 1 ? counts[i + 1] : 0;
      spare[i] = 0.25 * left + 0.5 * counts[i] + 0.25 * right;
    }
    for (let i = 0; i < counts.length; i++) {
      const above = i >= columns ? spare[i - columns] : 0;
      const below = i < counts.length - columns ? spare[i + columns] : 0;
      counts[i] = 0.25 * above + 0.5 * spare[i] + 0.25 * below;
    }
  }

  private paint(palette: Palette, t: number): void {
    const [r, g, b] = palette.timesRgb[shadeOf(palette, t)];
    let most = 0;
    for (const count of this.counts) most = Math.max(most, count);
    const pixels = this.image!.data;
    const strength = palette.dark ? 175 : 185;
    for (let i = 0; i < this.counts.length; i++) {
      pixels[4 * i] = r;
      pixels[4 * i + 1] = g;
      pixels[4 * i + 2] = b;
      pixels[4 * i + 3] = most > 0 ? strength * Math.sqrt(this.counts[i] / most) : 0;
    }
  }
}
