// The ODE and the SDE of one network side by side: paths get rough with w, the crowd at every time
// stays the same. How far the crowds are apart is drawn over time, beside what chance alone makes.
import type { WorkerApi } from "pathflow";
import type { Choices } from "../choices";
import { make } from "../dom";
import { frameOf, type Frame } from "../engine/frame";
import { apart } from "../engine/measure";
import { noiseSampling } from "../engine/options";
import { noisyPath, scoreRule, whyNoScore } from "../rules";
import type { Scene } from "../scene/scene";
import type { Store } from "../store";
import { digits } from "../controls/readouts";
import { Beside, type Plate } from "./beside";
import { Chart } from "./chart";
import type { Fresh, View } from "./view";

/** Kept times at which the two crowds are measured against each other. */
const every = 5;

export class Noise implements View {
  private readonly beside: Beside;
  private readonly slider = make("input", {
    type: "range",
    id: "noise",
    min: "0",
    max: "2",
    step: "0.05",
  });
  private readonly now = make("output", { id: "noise-now", for: "noise" });
  private readonly frame = make("div", { class: "chart low", id: "apart" });
  private readonly chart = new Chart(this.frame);
  private readonly refused = make("p", { class: "refused" });
  private floor: { of: unknown; values: number[] } | undefined;

  constructor(
    private readonly store: Store,
    private readonly plate: Plate,
    private readonly first: Scene,
    panes: HTMLElement,
    private readonly bar: HTMLElement,
  ) {
    this.beside = new Beside(first, panes, "noise", "Particles that follow the SDE");
    this.beside.host.append(this.refused);
    this.frame.hidden = true;
    panes.append(this.frame);
    this.slider.addEventListener("input", () => {
      this.store.set({ noise: Number(this.slider.value) });
    });
  }

  show(choices: Readonly<Choices>): void {
    if (!this.slider.isConnected) {
      const label = make("label", { class: "inline slide", for: "noise" }, "noise w", this.slider);
      label.append(this.now);
      this.bar.replaceChildren(label);
    }
    this.slider.value = String(choices.noise);
    const amount = choices.noise.toFixed(2) + (noisyPath(choices) ? "" : " g²");
    this.now.textContent = amount;
    this.plate.name("ODE, w = 0");
    this.beside.plate.name(`SDE, w = ${amount}`);
    this.beside.open({ ...choices, noisy: choices.noise > 0, traced: true });
    this.refused.textContent = whyNoScore(choices);
    this.refused.hidden = this.refused.textContent === "";
    this.slider.disabled = !this.refused.hidden;
    this.frame.hidden = false;
  }

  hide(): void {
    this.beside.close();
    this.frame.hidden = true;
  }

  clear(): void {
    this.beside.clear();
    this.chart.clear();
    this.floor = undefined;
    delete this.frame.dataset.worst;
  }

  drawn(t: number): void {
    this.chart.markAt(t);
  }

  repaint(): void {
    this.chart.repaint(this.first.palette);
  }

  async refresh(fresh: Fresh): Promise<void> {
    const { api, trainer, frame, measure, choices, current, running } = fresh;
    const distance = await measure.distance(frame);
    if (!current()) return;
    this.plate.show({ distance, evaluations: frame.evaluations });
    if (scoreRule(choices) !== undefined) return;
    const result = await trainer.sample(noiseSampling(choices, choices.noise));
    const sde = frameOf(result, trainer.steps);
    const far = await measure.distance(sde);
    if (!current()) return;
    this.beside.frame(sde);
    this.beside.facts({ distance: far, evaluations: sde.evaluations });
    const between = await curve(api, frame, sde);
    // What two crowds of the same ODE are apart: measured anew where there is time for it.
    if (!this.floor || (this.floor.of !== frame && !running)) {
      const options = noiseSampling({ ...choices, seed: choices.seed + 1 }, 0);
      const again = frameOf(await trainer.sample(options), trainer.steps);
      this.floor = { of: frame, values: await curve(api, frame, again) };
    }
    if (current()) this.draw(frame, between, this.floor.values);
  }

  private draw(frame: Frame, between: number[], floor: number[]): void {
    const { palette } = this.first;
    const times = between.map((_, k) => frame.times[k * every]);
    const band = times.map((t, k): [number, number, number] => [t, 0, smooth(floor, k)]);
    const top = 1.6 * Math.max(...between, ...floor);
    this.chart.draw(
      {
        x: { falling: true, range: [0, 1] },
        y: { label: "distance", range: [0, Number(top.toPrecision(1))] },
        lines: [
          {
            label: "from the ODE’s crowd to the SDE’s, at each t",
            color: palette.ink,
            points: times.map((t, k): [number, number] => [t, between[k]]).reverse(),
          },
        ],
        band: { label: "what chance alone makes", points: band.reverse() },
      },
      palette,
    );
    this.chart.markAt(this.first.clock.t);
    const worst = Math.max(...between.map((value, k) => value / smooth(floor, k)));
    this.frame.dataset.worst = String(worst);
    this.frame.setAttribute("role", "img");
    this.frame.setAttribute(
      "aria-label",
      `Distance between the crowds of ODE and SDE over time: at most ${digits(worst)} floors`,
    );
  }
}

/** Distances between two frames' crowds at every few kept times. */
function curve(api: WorkerApi, a: Frame, b: Frame): Promise<number[]> {
  const count = Math.floor((a.times.length - 1) / every) + 1;
  return Promise.all(Array.from({ length: count }, (_, k) => apart(api, a, b, k * every)));
}

/** One draw of the floor jumps about: its neighbours steady it. */
function smooth(values: number[], k: number): number {
  const near = values.slice(Math.max(0, k - 2), k + 3);
  return near.reduce((sum, value) => sum + value, 0) / near.length;
}
