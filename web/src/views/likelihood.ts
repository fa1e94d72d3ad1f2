// What the network holds for likely, beside what is: log p by the change of variables along its ODE,
// which every flow and every diffusion model has alike.
import type { WorkerApi } from "pathflow";
import { make } from "../dom";
import type { Choices } from "../choices";
import type { Scene } from "../scene/scene";
import { HeatPane } from "./heat";
import type { Fresh, View } from "./view";

const grid = 48;
/** Half the side of the picture, in those of the particles' plane. */
const room = 1.2;
const heldOut = 400;
const seedOfHeldOut = 4242;
/** Shading above this share of all cells is full: a few sharp peaks do not make the rest vanish. */
const brightest = 0.985;

export class Likelihood implements View {
  private readonly model: HeatPane;
  private readonly truth: HeatPane;
  private readonly note = make("span", { class: "note" });
  private done = "";

  constructor(
    private readonly api: WorkerApi,
    private readonly first: Scene,
    panes: HTMLElement,
    private readonly bar: HTMLElement,
  ) {
    this.model = new HeatPane(panes, "model", "Density of the model at t = 0");
    this.truth = new HeatPane(panes, "data", "Density of the data");
  }

  show(): void {
    this.note.textContent = "log p, exact, along the ODE";
    this.bar.replaceChildren(this.note);
    this.model.host.hidden = this.truth.host.hidden = false;
  }

  hide(): void {
    this.model.host.hidden = this.truth.host.hidden = true;
    this.done = "";
  }

  refuses({ source }: Readonly<Choices>): string | undefined {
    return source === "gaussian"
      ? undefined
      : "A likelihood is the source’s own, carried along the flow, and only the Gaussian source has one " +
          "in closed form: choose it to see what the network holds for likely.";
  }

  clear(): void {
    this.done = "";
    for (const pane of [this.model, this.truth]) pane.draw(undefined, 0, this.first.palette);
    delete this.model.canvas.dataset.nats;
  }

  repaint(): void {
    for (const pane of [this.model, this.truth]) pane.repaint(this.first.palette);
  }

  async refresh({ trainer, choices, running, current }: Fresh): Promise<void> {
    const key = `${trainer.steps} ${choices.data}`;
    if (key === this.done) return; // nothing has been learnt since
    const half = room * this.first.base;
    const bounds: [number, number, number, number] = [-half, half, -half, half];
    const tolerance = { rtol: 1e-3, atol: 1e-3 };
    const picture = await trainer.logDensity({ grid, bounds, ...tolerance });
    if (!current()) return;
    const { points } = await trainer.data({ n: heldOut, seed: seedOfHeldOut });
    const { logDensity } = await trainer.logDensity({ points, ...tolerance });
    const truth = await this.known(choices, bounds);
    if (!current()) return;
    const nats = mean(logDensity);
    const values = picture.logDensity.map(Math.exp);
    const most = quantile(truth?.values ?? values, brightest);
    const { palette } = this.first;
    this.model.draw({ values, grid, half }, most, palette);
    this.truth.draw(truth && { values: truth.values, grid, half }, most, palette);
    const mass = picture.mass === undefined ? "" : ` · mass ${picture.mass.toFixed(3)}`;
    this.model.name("Model, t = 0", {
      note: `the data here: ${signed(nats)} nats a point${mass}`,
    });
    this.truth.name("Data", {
      note: truth ? `the data here: ${signed(truth.nats)} nats a point` : unknown,
    });
    Object.assign(this.model.canvas.dataset, { nats: String(nats), mass: String(picture.mass) });
    if (truth) this.truth.canvas.dataset.nats = String(truth.nats);
    if (!running) this.done = key;
  }

  /** The data's density on the grid, and its mean log: minus the entropy. Not all sets have one. */
  private async known(
    { data }: Readonly<Choices>,
    bounds: [number, number, number, number],
  ): Promise<{ values: Float32Array; nats: number } | undefined> {
    if (!this.api.datasets.find(({ name }) => name === data)?.hasDensity) return undefined;
    const { data: values } = await this.api.density(data, { grid, bounds });
    let sum = 0;
    let mass = 0;
    for (const p of values) {
      mass += p;
      if (p > 0) sum += p * Math.log(p);
    }
    return { values, nats: sum / mass };
  }
}

const unknown = "this set has no density in closed form";

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

function quantile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor(share * (sorted.length - 1))];
}

const signed = (value: number): string => value.toFixed(2).replace("-", "−");
