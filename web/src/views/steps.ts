// Few steps and many: samples of one, two and four steps beside those of as many as chosen, and below
// how near to the data each sampler comes for how many network evaluations.
import { digits } from "../controls/readouts";
import { describe } from "../controls/wording";
import { make } from "../dom";
import type { Choices } from "../choices";
import { frameOf } from "../engine/frame";
import { samplingOf } from "../engine/options";
import { fewStepSampler, jumps, leaps, noisyPath, scoreRule, stochastic } from "../rules";
import type { SamplerChoice } from "../variants";
import type { Palette } from "../scene/palette";
import type { Scene } from "../scene/scene";
import { Beside, type Plate } from "./beside";
import { Chart, type Line } from "./chart";
import type { Fresh, View } from "./view";

/** Evaluations aimed at. */
const prices = [1, 2, 4, 8, 16, 32, 64];
const few = [1, 2, 4] as const;
const withScore: readonly SamplerChoice[] = ["euler", "heun", "dpmpp-2m", "ddpm"];
const onNoisyPath: readonly SamplerChoice[] = ["euler", "heun", "rk4", "euler-maruyama"];
const without: readonly SamplerChoice[] = ["euler", "midpoint", "heun", "rk4"];
const evaluationsOf: Partial<Record<SamplerChoice, number>> = { midpoint: 2, heun: 2, rk4: 4 };

function compared(choices: Readonly<Choices>): readonly SamplerChoice[] {
  if (leaps(choices)) return ["consistency"];
  if (noisyPath(choices)) return onNoisyPath;
  const all = scoreRule(choices) === undefined ? withScore : without;
  return jumps(choices) ? ["jump", ...all.slice(0, 3)] : all;
}
const round = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50];
const dashes: (number[] | undefined)[] = [undefined, [7, 4], undefined, [2, 4]];

type Curve = Map<number, number>;

export class Steps implements View {
  private readonly frame = make("div", { class: "plane chart", id: "quality" });
  private readonly chart = new Chart(this.frame);
  private readonly note = make("span", { class: "note" });
  private readonly beside: Beside[];
  private readonly curves = new Map<SamplerChoice, Curve>();
  private turn = 0;
  private band: [number, number] | undefined;

  constructor(
    private readonly plate: Plate,
    private readonly first: Scene,
    panes: HTMLElement,
    private readonly bar: HTMLElement,
  ) {
    this.beside = few.map(
      (steps) => new Beside(first, panes, `few-${steps}`, `Particles moved in ${steps} steps`),
    );
    this.frame.hidden = true;
    panes.append(this.frame);
  }

  show(choices: Readonly<Choices>): void {
    this.bar.replaceChildren(this.note);
    this.frame.hidden = false;
    const sampler = fewStepSampler(choices);
    this.note.textContent = `One, two and four steps of ${describe("sampler", sampler)}, then yours`;
    const noisy = stochastic(sampler);
    for (const [k, pane] of this.beside.entries()) {
      pane.plate.name(few[k] === 1 ? "1 step" : `${few[k]} steps`);
      pane.open({ ...choices, noisy, traced: false });
    }
    const many = choices.sampler === "dopri5" ? "" : `, ${choices.steps} steps`;
    this.plate.name(describe("sampler", choices.sampler) + many);
  }

  hide(): void {
    this.frame.hidden = true;
    for (const pane of this.beside) pane.close();
  }

  clear(): void {
    this.curves.clear();
    this.chart.clear();
    for (const pane of this.beside) pane.clear();
    delete this.frame.dataset.points;
    delete this.frame.dataset.few;
    delete this.frame.dataset.fewAt;
  }

  repaint(): void {
    this.chart.repaint(this.first.palette);
  }

  async refresh(fresh: Fresh): Promise<void> {
    const { choices, running, measure, current } = fresh;
    await this.pictures(fresh);
    if (!current()) return;
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

  /** The few-step samples, each with its distance from the data. */
  private async pictures({ trainer, frame, measure, choices, current }: Fresh): Promise<void> {
    const { value, floor } = await measure.distance(frame);
    if (!current()) return;
    const words = (distance: number): string => `distance ${digits(distance)}`;
    this.plate.show({ note: words(value) });
    const sampler = fewStepSampler(choices);
    const distances: number[] = [];
    const at = String(trainer.steps);
    for (const [k, pane] of this.beside.entries()) {
      const options = samplingOf({ ...choices, view: "flow", sampler, steps: few[k] });
      const sampled = frameOf(await trainer.sample(options), trainer.steps);
      const distance = await measure.distance(sampled);
      if (!current()) return;
      pane.frame(sampled);
      pane.plate.show({ note: words(distance.value) });
      distances.push(distance.value);
    }
    this.frame.dataset.few = JSON.stringify([...distances, value, floor]);
    this.frame.dataset.fewAt = at;
  }

  private async point(
    { trainer, measure, choices }: Fresh,
    sampler: SamplerChoice,
    steps: number,
    curve: Curve,
  ): Promise<void> {
    const options = samplingOf({ ...choices, view: "flow", sampler, steps });
    const { points, evaluations } = await trainer.sample({ ...options, trajectories: false });
    curve.set(evaluations, await measure.rows(points));
  }

  private draw(samplers: readonly SamplerChoice[], more = new Map<SamplerChoice, Curve>()): void {
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
