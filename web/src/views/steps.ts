// Steps against quality: how near to the data each sampler comes, for how many network evaluations.
import type { Sampler } from "pathflow";
import { describe } from "../controls/wording";
import { make } from "../dom";
import type { Choices } from "../choices";
import { samplingOf } from "../engine/options";
import { noisyPath, scoreRule } from "../rules";
import type { Palette } from "../scene/palette";
import type { Scene } from "../scene/scene";
import { Chart, type Line } from "./chart";
import type { Fresh, View } from "./view";

/** Evaluations aimed at. */
const prices = [1, 2, 4, 8, 16, 32, 64];
const withScore: readonly Sampler[] = ["euler", "heun", "dpmpp-2m", "ddpm"];
const onNoisyPath: readonly Sampler[] = ["euler", "heun", "rk4", "euler-maruyama"];
const without: readonly Sampler[] = ["euler", "midpoint", "heun", "rk4"];
const evaluationsOf: Partial<Record<Sampler, number>> = { midpoint: 2, heun: 2, rk4: 4 };

function compared(choices: Readonly<Choices>): readonly Sampler[] {
  if (noisyPath(choices)) return onNoisyPath;
  return scoreRule(choices) === undefined ? withScore : without;
}
const round = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50];
const dashes: (number[] | undefined)[] = [undefined, [7, 4], undefined, [2, 4]];

type Curve = Map<number, number>;

export class Steps implements View {
  private readonly frame = make("div", { class: "plane chart", id: "quality" });
  private readonly chart = new Chart(this.frame);
  private readonly note = make("span", { class: "note" });
  private readonly curves = new Map<Sampler, Curve>();
  private turn = 0;
  private band: [number, number] | undefined;

  constructor(
    private readonly first: Scene,
    panes: HTMLElement,
    private readonly bar: HTMLElement,
  ) {
    this.frame.hidden = true;
    panes.append(this.frame);
    this.note.textContent = "how near, for how many network evaluations";
  }

  show(): void {
    this.bar.replaceChildren(this.note);
    this.frame.hidden = false;
  }

  hide(): void {
    this.frame.hidden = true;
  }

  clear(): void {
    this.curves.clear();
    this.chart.clear();
    delete this.frame.dataset.points;
  }

  repaint(): void {
    this.chart.repaint(this.first.palette);
  }

  async refresh(fresh: Fresh): Promise<void> {
    const { choices, running, measure, current } = fresh;
    const samplers = compared(choices);
    for (const known of this.curves.keys()) if (!samplers.includes(known)) this.curves.clear();
    this.band = await measure.floors();
    // While training goes on there is time for one of them at a time.
    const due = running ? [samplers[this.turn++ % samplers.length]] : samplers;
    for (const sampler of due) {
      const curve: Curve = new Map();
      for (const price of prices) {
        const steps = price / (evaluationsOf[sampler] ?? 1);
        if (steps < 1) continue;
        await this.point(fresh, sampler, steps, curve);
        if (!current()) return;
        if (!this.curves.has(sampler)) this.draw(samplers, new Map([[sampler, curve]]));
      }
      this.curves.set(sampler, curve);
      this.draw(samplers);
    }
  }

  private async point(
    { trainer, measure, choices }: Fresh,
    sampler: Sampler,
    steps: number,
    curve: Curve,
  ): Promise<void> {
    const options = samplingOf({ ...choices, view: "flow", sampler, steps });
    const { points, evaluations } = await trainer.sample({ ...options, trajectories: false });
    curve.set(evaluations, await measure.rows(points));
  }

  private draw(samplers: readonly Sampler[], more = new Map<Sampler, Curve>()): void {
    const { palette } = this.first;
    const known = new Map([...this.curves, ...more]);
    const lines = samplers.map((sampler, k): Line => {
      const points = [...(known.get(sampler) ?? [])].sort(([a], [b]) => a - b);
      const dash = dashes[k];
      const label = describe("sampler", sampler);
      return { label, color: colorOf(palette, k), points, ...(dash ? { dash } : {}) };
    });
    const values = lines.flatMap(({ points }) => points.map(([, y]) => y)).filter((y) => y > 0);
    const [low, high] = this.band!;
    const least = Math.min(low, ...values);
    const most = Math.max(high, ...values);
    const range: [number, number] = [0.8 * least, 1.25 * most];
    const ticks = round.filter((value) => value >= range[0] && value <= range[1]);
    this.chart.draw(
      {
        x: { label: "network evaluations (NFE)", log: true, range: [0.9, 72], ticks: prices },
        y: { label: "distance", log: true, range, ticks },
        lines,
        band: {
          label: "floor: fresh data against data",
          points: [...prices.map((x): [number, number, number] => [x, low, high])],
        },
      },
      palette,
    );
    this.frame.dataset.points = String(values.length);
    this.frame.dataset.curves = JSON.stringify(
      Object.fromEntries(samplers.map((sampler, k) => [sampler, lines[k].points])),
    );
  }
}

function colorOf(palette: Palette, k: number): string {
  return [palette.ink, palette.data, palette.between, palette.source][k];
}
