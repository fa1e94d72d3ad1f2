// The loss over the steps. Thinned as it grows, so that a long run costs no more than a short one.
import uPlot from "uplot";
import { element } from "../dom";
import type { Palette } from "../scene/palette";

const mostPoints = 600;
const smoothing = 0.08;
/** Milliseconds between two drawings: a curve moves slower than particles. */
const patience = 250;

export class LossCurve {
  private steps: number[] = [];
  private raw: number[] = [];
  private smooth: number[] = [];
  private plot: uPlot | undefined;
  private level: number | undefined;
  private least: number | undefined;
  private every = 1;
  private skipped = 0;
  private asked = false;

  constructor(private readonly host: HTMLElement) {
    new ResizeObserver(() => this.fit()).observe(host);
  }

  /** A line that the curve does not come below; undefined: none. */
  floor(value: number | undefined): void {
    this.least = value;
    if (value === undefined) delete this.host.dataset.floor;
    else this.host.dataset.floor = String(value);
    this.draw();
  }

  clear(): void {
    this.steps = [];
    this.raw = [];
    this.smooth = [];
    this.level = undefined;
    this.every = 1;
    this.draw();
  }

  add(losses: readonly { step: number; loss: number }[]): void {
    for (const { step, loss } of losses) {
      if (!Number.isFinite(loss)) continue;
      this.level = this.level === undefined ? loss : this.level + smoothing * (loss - this.level);
      if (++this.skipped < this.every) continue;
      this.skipped = 0;
      this.steps.push(step);
      this.raw.push(loss);
      this.smooth.push(this.level);
    }
    if (this.steps.length > mostPoints) this.thin();
    this.draw();
  }

  /** The smoothed loss. */
  get now(): number | undefined {
    return this.level;
  }

  paint(palette: Palette): void {
    this.plot?.destroy();
    this.host.replaceChildren();
    this.showEmpty();
    this.plot = new uPlot(this.options(palette), [this.steps, this.raw, this.smooth], this.host);
  }

  private thin(): void {
    const half = <T>(list: T[]): T[] => list.filter((_, k) => k % 2 === 1);
    this.steps = half(this.steps);
    this.raw = half(this.raw);
    this.smooth = half(this.smooth);
    this.every *= 2;
  }

  private draw(): void {
    if (this.asked) return;
    this.asked = true;
    setTimeout(() => {
      this.asked = false;
      this.plot?.setData([this.steps, this.raw, this.smooth]);
      this.showEmpty();
    }, patience);
  }

  private showEmpty(): void {
    const empty = this.steps.length < 2;
    this.host.style.visibility = empty ? "hidden" : "visible";
    element("loss-empty").hidden = !empty;
  }

  private drawFloor(plot: uPlot, palette: Palette): void {
    if (this.least === undefined || this.steps.length < 2) return;
    const { ctx, bbox } = plot;
    const y = Math.round(plot.valToPos(this.least, "y", true));
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = palette.data;
    ctx.lineWidth = 1.5 * devicePixelRatio;
    ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.font = `${10 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textAlign = "right";
    ctx.textBaseline = "bottom";
    ctx.fillText("floor", bbox.left + bbox.width, y - 2 * devicePixelRatio);
    ctx.restore();
  }

  private size(): { width: number; height: number } {
    const box = this.host.getBoundingClientRect();
    return { width: Math.max(80, box.width), height: Math.max(50, box.height) };
  }

  private fit(): void {
    this.plot?.setSize(this.size());
  }

  private options(palette: Palette): uPlot.Options {
    const axis = {
      stroke: palette.soft,
      font: "10px system-ui, sans-serif",
      grid: { stroke: palette.line, width: 1 },
      ticks: { show: false },
    };
    const labels = (
      _: uPlot,
      values: number[],
      _axis: number,
      _space: number,
      gap: number,
    ): string[] => values.map((value) => compact(value, gap));
    return {
      ...this.size(),
      padding: [6, 14, 0, 0],
      cursor: { show: false },
      legend: { show: false },
      scales: { x: { time: false }, y: { range: (plot) => rangeOf(plot, this.least) } },
      hooks: { draw: [(plot) => this.drawFloor(plot, palette)] },
      axes: [
        { ...axis, size: 18, gap: 2, space: 60, values: labels },
        { ...axis, size: 32, gap: 4, space: 22, values: labels },
      ],
      series: [
        {},
        { stroke: palette.soft + "50", width: 1, points: { show: false } },
        { stroke: palette.ink, width: 1.8, points: { show: false } },
      ],
    };
  }
}

/** As few digits as tell neighbours on an axis apart. */
function compact(value: number, gap: number): string {
  if (Math.abs(value) >= 1000) return `${(value / 1000).toFixed(gap < 1000 ? 1 : 0)}k`;
  return value.toFixed(gap >= 1 ? 0 : gap >= 0.1 ? 1 : gap >= 0.01 ? 2 : 3);
}

/** A range that the first wild losses do not stretch, and in which a plateau looks like one. */
function rangeOf(plot: uPlot, floor: number | undefined): [number, number] {
  const values = [...(plot.data[2] as number[])].sort((a, b) => a - b);
  if (values.length === 0) return [0, 1];
  const low = Math.min(values[0], floor ?? Infinity);
  const high = values[Math.floor(0.97 * (values.length - 1))];
  const room = Math.max(0.15 * (high - low), 0.15 * Math.abs(high), 1e-6);
  // Squares are not below 0; an action is.
  return [low < 0 ? low - room : Math.max(0, low - room), high + room];
}
