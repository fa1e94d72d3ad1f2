// The numbers beside the picture, each with a word on what it means.
import { element, make } from "../dom";

export type Reading = "step" | "rate" | "distance" | "straightness" | "nfe" | "weights";

const rows: readonly [Reading, string, string][] = [
  ["step", "Step", "Training steps taken, each on a fresh batch."],
  ["rate", "Steps/s", "Training steps a second, in a Worker beside this page."],
  [
    "distance",
    "Distance",
    "Sliced Wasserstein-2 distance from the particles at t = 0 to the data, in units of the plane. " +
      "The floor is what fresh draws of the data itself measure with as many points: even they are not " +
      "at 0, and no model can be expected to stay below them.",
  ],
  [
    "straightness",
    "Straightness",
    "How far paths are from straight lines at constant speed: 0 is straight, and then one step is " +
      "enough. Choose optimal transport and see it fall.",
  ],
  ["nfe", "NFE", "Network evaluations for one sample: the price of a sampler."],
  ["weights", "Weights", "Numbers the network learns."],
];

export class Readouts {
  private readonly values = new Map<Reading, HTMLElement>();

  constructor() {
    const list = element("stats");
    for (const [key, label, tip] of rows) {
      const value = make("dd", { id: `stat-${key}` }, "–");
      const name = make("dt", {}, label);
      const words = make("dd", { class: "tip", role: "tooltip", id: `tip-${key}` }, tip);
      const group = make(
        "div",
        { tabindex: "0", "aria-describedby": words.id },
        name,
        value,
        words,
      );
      list.append(group);
      this.values.set(key, value);
    }
  }

  set(key: Reading, text: string, small = ""): void {
    const value = this.values.get(key);
    if (!value) return;
    const now = small ? [text, make("small", {}, small)] : [text];
    value.replaceChildren(...now);
  }
}

/** Three significant digits, never in powers of ten. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en");
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}
