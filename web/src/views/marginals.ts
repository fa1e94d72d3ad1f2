// "They share their marginals", to be counted: particles of the ODE, particles of the SDE, and the
// density that the Fokker-Planck equation moves, at the scrubbed time. Below, how far the particles'
// histograms are from the density, by the number of particles and by the equation's grid.
import type { FokkerPlanckResult } from "pathflow";
import type { Choices } from "../choices";
import { digits } from "../controls/readouts";
import { make } from "../dom";
import {
  countingAlone,
  crowds,
  densityAt,
  distanceOf,
  drawCrowd,
  fewer,
  grids,
  sharesOf,
  type Bounds,
  type Crowd,
} from "../engine/marginals";
import { particleCount } from "../engine/options";
import { whyNoScore } from "../rules";
import type { Scene } from "../scene/scene";
import type { Store } from "../store";
import { Beside, type Plate } from "./beside";
import { Chart, type Line } from "./chart";
import { HeatPane } from "./heat";
import type { Fresh, View } from "./view";

/** Half the side of the equation's square, in those of the particles' plane. */
const room = 1.2;
/** While training goes on there is time for small ones only. */
const hurried = { n: crowds[0], cells: grids[0] } as const;
/** Shading above this share of all cells is full. */
const brightest = 0.995;
const wordsEvery = 140;
const prefixes = [250, ...crowds];

const remark = "On 16 × 16 cells. The SDE keeps the network’s own error.";

/** What the distances at one time are. */
interface Measured {
  /** [n or cells, ODE, SDE, counting alone] */
  byCrowd: number[][];
  byGrid: number[][];
}

export class Marginals implements View {
  private readonly beside: Beside;
  private readonly pane: HeatPane;
  private readonly refused = make("p", { class: "refused" });
  private readonly selects = { crowd: make("select"), cells: make("select") };
  private readonly keys = make("div", { class: "keys-row" });
  private readonly frames: HTMLElement[];
  private readonly charts: Chart[];
  private readonly planes = new Map<number, FokkerPlanckResult>();
  private crowd: Crowd | undefined;
  private key = "";
  private half = 0;
  private brightness: Float32Array = new Float32Array(0);
  private timer = 0;
  private worded = 0;

  constructor(
    store: Store,
    private readonly plate: Plate,
    private readonly first: Scene,
    panes: HTMLElement,
    private readonly bar: HTMLElement,
  ) {
    this.beside = new Beside(first, panes, "sde", "Particles that follow the SDE");
    this.beside.host.append(this.refused);
    this.pane = new HeatPane(panes, "pde", "The density that the Fokker–Planck equation moves");
    this.frames = ["by-crowd", "by-grid"].map((id) => make("div", { class: "chart low", id }));
    this.charts = this.frames.map((frame, k) => new Chart(frame, k === 0 ? this.keys : frame));
    for (const frame of [this.keys, ...this.frames]) frame.hidden = true;
    panes.append(this.keys, ...this.frames);
    for (const key of ["crowd", "cells"] as const) {
      const select = this.selects[key];
      select.id = key;
      const words = (value: number): string =>
        key === "crowd" ? value.toLocaleString("en") : `${value} × ${value}`;
      const values: readonly number[] = key === "crowd" ? crowds : grids;
      select.append(...values.map((value) => new Option(words(value), String(value))));
      select.addEventListener("change", () => store.set({ [key]: Number(select.value) }));
    }
  }

  show(choices: Readonly<Choices>): void {
    const { crowd, cells } = this.selects;
    if (!crowd.isConnected) {
      this.bar.replaceChildren(
        make("span", { class: "note" }, remark),
        make("label", { class: "inline", for: "crowd" }, "particles ", crowd),
        make("label", { class: "inline", for: "cells" }, "grid ", cells),
      );
    }
    crowd.value = String(choices.crowd);
    cells.value = String(choices.cells);
    this.plate.name("ODE");
    this.beside.plate.name("SDE");
    this.beside.open({ ...choices, noisy: true, traced: false, paths: false });
    this.pane.host.hidden = false;
    for (const frame of [this.keys, ...this.frames]) frame.hidden = false;
    this.refused.textContent = whyNoScore(choices);
    this.refused.hidden = this.refused.textContent === "";
  }

  hide(): void {
    this.beside.close();
    this.pane.host.hidden = true;
    for (const frame of [this.keys, ...this.frames]) frame.hidden = true;
    this.forget();
  }

  clear(): void {
    this.beside.clear();
    this.forget();
    this.pane.draw(undefined, 0, this.first.palette);
    for (const chart of this.charts) chart.clear();
    for (const frame of this.frames) delete frame.dataset.points;
  }

  refuses({ schedule }: Readonly<Choices>): string | undefined {
    return schedule === "ve" || schedule === "edm"
      ? "On this schedule the source is many times wider than the data: no one grid holds both. " +
          "Choose another schedule to see the density move."
      : undefined;
  }

  repaint(): void {
    this.pane.repaint(this.first.palette);
    for (const chart of this.charts) chart.repaint(this.first.palette);
  }

  drawn(t: number): void {
    this.shade(t);
    const wait = this.worded + wordsEvery - performance.now();
    clearTimeout(this.timer);
    if (wait <= 0) this.tell(t);
    else this.timer = window.setTimeout(() => this.tell(t), wait);
  }

  async refresh(fresh: Fresh): Promise<void> {
    const { trainer, choices, running, current } = fresh;
    const n = running ? hurried.n : choices.crowd;
    const cells = running ? hurried.cells : choices.cells;
    const key = `${trainer.steps} ${choices.seed}`;
    if (key !== this.key) this.forget();
    this.key = key;
    this.half = room * this.first.base;
    if (this.crowd?.ode.n !== n) {
      const crowd = await drawCrowd(trainer, choices, n);
      if (!current()) return;
      this.crowd = crowd;
      if (crowd.sde) this.beside.frame(fewer(crowd.sde, particleCount));
    }
    const { bounds } = this;
    const times = [...this.crowd.ode.times];
    for (const grid of grids.filter((each) => each <= cells)) {
      if (this.planes.has(grid)) continue;
      const plane = await trainer.fokkerPlanck({ grid, bounds, times });
      if (!current()) return;
      this.planes.set(grid, plane);
    }
    for (const grid of [...this.planes.keys()]) if (grid > cells) this.planes.delete(grid);
    this.brightness = Float32Array.from(times, (t) => quantile(densityAt(this.finest!, t)));
    this.shade(this.first.clock.t);
    this.tell(this.first.clock.t);
  }

  private get bounds(): Bounds {
    const { half } = this;
    return [-half, half, -half, half];
  }

  /** The equation on the finest of its grids. */
  private get finest(): FokkerPlanckResult | undefined {
    return this.planes.get(Math.max(...this.planes.keys()));
  }

  private forget(): void {
    clearTimeout(this.timer);
    this.planes.clear();
    this.crowd = undefined;
    this.key = "";
  }

  private shade(t: number): void {
    const plane = this.finest;
    if (!plane || this.brightness.length === 0) return;
    const values = densityAt(plane, t);
    const place = ((this.brightness.length - 1) * (plane.times[0] - t)) / (plane.times[0] || 1);
    const most = this.brightness[Math.round(Math.max(0, place))] ?? this.brightness.at(-1)!;
    const heat = { values, grid: plane.densities.shape[1], half: this.half };
    const { scale } = this.first.view();
    this.pane.draw(heat, most, this.first.palette, { t, scale });
  }

  /** Words, numbers and curves for time t. */
  private tell(t: number): void {
    this.worded = performance.now();
    const plane = this.finest;
    const { crowd } = this;
    if (!plane || !crowd) return;
    const { byCrowd, byGrid } = this.measured(t, crowd);
    const [n, ode, sde, alone] = byCrowd[byCrowd.length - 1];
    const name = (which: string): string => `${which}, ${n.toLocaleString("en")} particles`;
    const told = (distance: number) => ({
      note: `apart ${digits(distance)}, by chance ${digits(alone)}`,
    });
    this.plate.name(name("ODE"));
    this.plate.show(told(ode));
    this.beside.plate.name(crowd.sde ? name("SDE") : "SDE");
    this.beside.plate.show(crowd.sde ? told(sde) : {});
    const cells = plane.densities.shape[1];
    const error = Math.abs(plane.massChange);
    this.pane.name(`Fokker–Planck, ${cells} × ${cells}`, {
      note: `mass ${plane.mass.toFixed(3)} ± ${power(error)} · least ${power(plane.least)}`,
    });
    this.draw(0, byCrowd, "particles counted", true);
    this.draw(1, byGrid, "cells a side of the equation’s grid", false);
    Object.assign(this.pane.canvas.dataset, {
      ...{ t: String(t), massError: String(error), least: String(plane.least) },
      ...{ steps: String(plane.steps), cells: String(cells), n: String(n) },
    });
  }

  private measured(t: number, crowd: Crowd): Measured {
    const { bounds } = this;
    const row = (x: number, n: number, plane: FokkerPlanckResult): number[] => {
      const shares = sharesOf(densityAt(plane, t), bounds);
      const far = (frame: Crowd["sde"]): number =>
        frame ? distanceOf(frame, t, n, shares, bounds) : NaN;
      return [x, far(crowd.ode), far(crowd.sde), countingAlone(shares, n)];
    };
    const all = crowd.ode.n;
    return {
      byCrowd: prefixes.filter((n) => n <= all).map((n) => row(n, n, this.finest!)),
      byGrid: [...this.planes].map(([grid, plane]) => row(grid, all, plane)),
    };
  }

  private draw(which: 0 | 1, rows: number[][], label: string, named: boolean): void {
    const { palette } = this.first;
    const column = (k: number): [number, number][] =>
      rows.map((row): [number, number] => [row[0], row[k]]).filter(([, y]) => y > 0);
    const lines: Line[] = [
      { label: "ODE’s particles to the density", color: palette.ink, points: column(1) },
      { label: "SDE’s", color: palette.between, points: column(2), dash: [7, 4] },
      { label: "exact draws: chance alone", color: palette.data, points: column(3), dash: [2, 4] },
    ];
    const values = rows.flatMap((row) => row.slice(1)).filter((y) => y > 0);
    const range: [number, number] = [0.7 * Math.min(...values), 1.4 * Math.max(...values)];
    const xs: readonly number[] = named ? prefixes : grids;
    this.charts[which].draw(
      {
        x: { label, log: true, range: [0.8 * xs[0], 1.25 * xs[xs.length - 1]], ticks: [...xs] },
        y: { log: true, range, ticks: round.filter((y) => y >= range[0] && y <= range[1]) },
        lines: lines.map((line) => ({ ...line, label: named ? line.label : "" })),
      },
      palette,
    );
    this.frames[which].dataset.points = JSON.stringify(rows);
  }
}

const round = [0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2];

/** The order of a small number: 10⁻¹³. */
function power(value: number): string {
  if (value === 0) return "0";
  const exponent = String(Math.round(Math.log10(value)));
  return `10${[...exponent].map((digit) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(digit)]).join("")}`;
}

function quantile(values: Float32Array): number {
  const sorted = values.slice().sort();
  return sorted[Math.floor(brightest * (sorted.length - 1))];
}
