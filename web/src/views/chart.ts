// Lines over one axis, with a band for what no line can be expected to stay below.
import uPlot from "uplot";
import { make } from "../dom";
import type { Palette } from "../scene/palette";

export interface Line {
  label: string;
  color: string;
  dash?: number[];
  /** [x, y] in the order of x. */
  points: readonly (readonly [number, number])[];
}

export interface Axis {
  label?: string;
  /** Where lines of the grid are; picked by the range where not given. */
  ticks?: number[];
  log?: boolean;
  /** Larger values on the left. */
  falling?: boolean;
  range?: [number, number];
}

export interface Drawing {
  x: Axis;
  y: Axis;
  lines: readonly Line[];
  /** Lower and upper edge, at any x. */
  band?: { label: string; points: readonly (readonly [number, number, number])[] };
}

type Column = (number | null)[];

export class Chart {
  private readonly key = make("ul", { class: "key" });
  private readonly host = make("div", { class: "chart-plot" });
  private readonly mark = make("i", { class: "chart-mark", hidden: "" });
  private plot: uPlot | undefined;
  private drawing: Drawing | undefined;
  private made = "";
  private marked: number | undefined;

  /** Its key stands in the frame too, or with another's. */
  constructor(frame: HTMLElement, keys: HTMLElement = frame) {
    keys.append(this.key);
    frame.append(this.host);
    new ResizeObserver(() => this.plot?.setSize(this.size())).observe(this.host);
  }

  draw(drawing: Drawing, palette: Palette): void {
    this.drawing = drawing;
    const { x, y, lines, band } = drawing;
    const key = JSON.stringify([
      x,
      y,
      palette.ink,
      band?.label,
      lines.map((l) => [l.label, l.dash]),
    ]);
    if (key !== this.made) {
      this.made = key;
      this.build(drawing, palette);
    } else this.plot?.setData(columns(drawing));
  }

  clear(): void {
    this.plot?.destroy();
    this.plot = undefined;
    this.made = "";
    this.key.replaceChildren();
  }

  repaint(palette: Palette): void {
    if (this.drawing && this.made) this.draw(this.drawing, palette);
  }

  /** A line across the plot at x; nothing where x is undefined. */
  markAt(x: number | undefined): void {
    this.marked = x;
    this.mark.hidden = x === undefined;
    // Before its first picture a plot has no places yet: it marks by itself then.
    if (x === undefined || !this.plot || this.plot.status !== 1) return;
    this.mark.style.transform = `translateX(${this.plot.valToPos(x, "x")}px)`;
  }

  private build(drawing: Drawing, palette: Palette): void {
    this.plot?.destroy();
    this.plot = new uPlot(options(drawing, palette, this.size()), columns(drawing), this.host);
    this.plot.over.append(this.mark);
    this.plot.hooks.draw = [() => this.markAt(this.marked)];
    const entry = (label: string, style: string, kind: string): HTMLElement =>
      make("li", {}, make("i", { class: kind, style }), label);
    const { lines, band } = drawing;
    const named = lines.filter((line) => line.label);
    this.key.replaceChildren(
      ...named.map(({ label, color, dash }) =>
        entry(label, `border-top: 2.5px ${dash ? "dashed" : "solid"} ${color}`, "stroke"),
      ),
      ...(band ? [entry(band.label, "", "band")] : []),
    );
  }

  private size(): { width: number; height: number } {
    const box = this.host.getBoundingClientRect();
    return { width: Math.max(120, box.width), height: Math.max(70, box.height) };
  }
}

/** One column for x, one for each line, and the band's two edges. */
function columns({ lines, band }: Drawing): uPlot.AlignedData {
  const all = [...lines.map(({ points }) => points), ...(band ? [band.points] : [])];
  const xs = [...new Set(all.flatMap((points) => points.map(([x]) => x)))].sort((a, b) => a - b);
  const place = new Map(xs.map((x, k) => [x, k]));
  const column = (points: readonly (readonly number[])[], at: number): Column => {
    const values: Column = xs.map(() => null);
    for (const point of points) values[place.get(point[0])!] = point[at];
    return values;
  };
  const edges = band ? [column(band.points, 1), column(band.points, 2)] : [];
  return [xs, ...lines.map(({ points }) => column(points, 1)), ...edges];
}

function options(
  { x, y, lines, band }: Drawing,
  palette: Palette,
  size: { width: number; height: number },
): uPlot.Options {
  const axis = ({ label, ticks }: Axis): uPlot.Axis => ({
    ...(label
      ? { label, labelSize: 16, labelGap: 0, labelFont: "11.5px system-ui, sans-serif" }
      : {}),
    stroke: palette.soft,
    font: "11px system-ui, sans-serif",
    grid: { stroke: palette.line, width: 1 },
    ticks: { show: false },
    ...(ticks
      ? { splits: () => ticks, values: (_, all) => all.map(String), filter: (_, all) => all }
      : {}),
  });
  const scale = ({ log, falling, range }: Axis): uPlot.Scale => ({
    time: false,
    ...(log ? { distr: 3, log: 2 } : {}),
    ...(falling ? { dir: -1 } : {}),
    ...(range ? { range } : {}),
  });
  const edge: uPlot.Series = { stroke: "transparent", points: { show: false }, spanGaps: true };
  const count = lines.length;
  return {
    ...size,
    padding: [8, 12, 0, 0],
    cursor: { show: false },
    legend: { show: false },
    scales: { x: scale(x), y: scale(y) },
    axes: [
      { ...axis(x), size: 24, gap: 3, space: 44 },
      { ...axis(y), size: 40, gap: 4, space: 26 },
    ],
    series: [
      {},
      ...lines.map(({ color, dash }): uPlot.Series => ({
        stroke: color,
        width: 2,
        spanGaps: true,
        ...(dash ? { dash } : {}),
        points: { show: true, size: 6, fill: color, stroke: color },
      })),
      ...(band ? [edge, edge] : []),
    ],
    ...(band
      ? { bands: [{ series: [count + 2, count + 1], fill: `${palette.data}2e` } as uPlot.Band] }
      : {}),
  };
}
