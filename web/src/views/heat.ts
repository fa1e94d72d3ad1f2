// A density on a grid as shading, with its name and numbers above.
import { make, sharp } from "../dom";
import { shadeOf, type Palette } from "../scene/palette";
import { Plate, type Facts } from "./beside";

/** p on [grid, grid] cells, row 0 at the bottom, of the square [-half, half]². */
export interface Heat {
  values: ArrayLike<number>;
  grid: number;
  half: number;
}

/** What its colour says, and pixels a unit where it must match a picture beside it. */
export interface Look {
  t: number;
  scale?: number;
}

export class HeatPane {
  readonly host = make("div", { class: "plane beside" });
  readonly canvas: HTMLCanvasElement;
  private readonly plate: Plate;
  private readonly small = document.createElement("canvas");
  private heat: Heat | undefined;
  private most = 0;
  private look: Look = { t: 0 };

  constructor(panes: HTMLElement, id: string, label: string) {
    this.canvas = make("canvas", { role: "img", "aria-label": label, id: `heat-${id}` });
    this.host.append(this.canvas);
    this.plate = new Plate(this.host, id);
    this.host.hidden = true;
    panes.append(this.host);
  }

  name(title: string, facts: Facts = {}): void {
    this.plate.name(title);
    this.plate.show(facts);
  }

  /** Shades of `most` and less, so that two panes can be read alike. */
  draw(heat: Heat | undefined, most: number, palette: Palette, look: Look = { t: 0 }): void {
    this.heat = heat;
    this.most = most;
    this.look = look;
    this.repaint(palette);
  }

  repaint(palette: Palette): void {
    const { width, height } = this.canvas.getBoundingClientRect();
    const ctx = sharp(this.canvas, width, height);
    if (!ctx || !this.heat || this.most <= 0) return;
    this.shade(this.heat, palette);
    const { scale } = this.look;
    const size = scale === undefined ? Math.min(width, height) : 2 * scale * this.heat.half;
    ctx.imageSmoothingQuality = "high";
    ctx.drawImage(this.small, (width - size) / 2, (height - size) / 2, size, size);
  }

  private shade({ values, grid }: Heat, palette: Palette): void {
    this.small.width = this.small.height = grid;
    const image = new ImageData(grid, grid);
    const [r, g, b] = palette.timesRgb[shadeOf(palette, this.look.t)];
    const pixels = image.data;
    for (let row = 0; row < grid; row++) {
      for (let column = 0; column < grid; column++) {
        const at = 4 * ((grid - 1 - row) * grid + column);
        const share = Math.min(1, Math.max(0, values[row * grid + column] / this.most));
        pixels[at] = r;
        pixels[at + 1] = g;
        pixels[at + 2] = b;
        pixels[at + 3] = 255 * Math.sqrt(share);
      }
    }
    this.small.getContext("2d")?.putImageData(image, 0, 0);
  }
}
