// The idea in one card: which mix of the two ends a point on the path is, and which mix the
// network is asked for. Curves of the weights over time, data in one colour and source in the other.
import type { Prediction } from "pathflow";
import type { Choices } from "../choices";
import { make, sharp } from "../dom";
import type { Palette } from "../scene/palette";
import { pathWeights, targetWeights, type Weights } from "./weights";

const width = 126;
const height = 46;
const samples = 60;

const targets: Record<Prediction, [string, string]> = {
  data: ["x₀", "the clean point itself"],
  noise: ["x₁", "where the point came from"],
  velocity: ["α̇·x₀ + σ̇·x₁", "which way and how fast it moves"],
  v: ["−σ·x₀ + α·x₁", "the angle between the two ends"],
  score: ["−x₁ ∕ σ", "which way is more likely"],
};

export class Recipe {
  private readonly path = make("canvas", { "aria-hidden": "true" });
  private readonly target = make("canvas", { "aria-hidden": "true" });
  private readonly asked = make("span", { class: "formula" });
  private readonly meaning = make("small");
  private drawn = "";

  constructor(host: HTMLElement) {
    const mix = make("span", { class: "formula" }, "α·x₀ + σ·x₁");
    const left = make("figure", {}, this.path);
    left.append(make("figcaption", {}, make("span", {}, "a point ", mix)));
    left.lastElementChild!.append(make("small", {}, "a mix of the two ends"));
    const right = make("figure", {}, this.target);
    right.append(make("figcaption", {}, make("span", {}, "learns ", this.asked), this.meaning));
    host.append(left, right);
  }

  show(choices: Readonly<Choices>, palette: Palette, t: number): void {
    const { schedule, predict } = choices;
    const key = `${schedule} ${predict} ${t.toFixed(2)} ${palette.ink}`;
    if (key === this.drawn) return;
    this.drawn = key;
    const [formula, meaning] = targets[predict];
    this.asked.textContent = formula;
    this.meaning.textContent = meaning;
    curves(this.path, palette, t, false, (at) => pathWeights(schedule, at));
    curves(this.target, palette, t, true, (at) => targetWeights(schedule, predict, at));
  }
}

/** Both weights over time, source on the left as in the scrubber; `capped` where they blow up. */
function curves(
  target: HTMLCanvasElement,
  palette: Palette,
  t: number,
  capped: boolean,
  weights: (t: number) => Weights,
): void {
  const box = target.getBoundingClientRect();
  const w = box.width || width;
  const h = box.height || height;
  const ctx = sharp(target, w, h);
  if (!ctx) return;
  const at = Array.from({ length: samples + 1 }, (_, k) => weights(1 - k / samples));
  const sizes = at
    .flat()
    .map((value) => Math.abs(value))
    .sort((a, b) => a - b);
  const largest = sizes[sizes.length - 1];
  const cap = capped ? 4 * sizes[sizes.length >> 1] + 1 : largest;
  const most = Math.max(1, Math.min(largest, cap));
  const least = Math.min(0, ...at.flat().map((value) => Math.max(value, -most)));
  const y = (value: number): number => h - 4 - ((h - 8) * (value - least)) / (most - least);
  ctx.strokeStyle = palette.line;
  ctx.lineWidth = 1;
  line(ctx, [0, y(0)], [w, y(0)]);
  const across = (share: number): number => 4 + share * (w - 8);
  const x = across(1 - t);
  line(ctx, [x, 0], [x, h]);
  ctx.lineWidth = 2;
  ([0, 1] as const).forEach((which) => {
    ctx.strokeStyle = which === 0 ? palette.data : palette.source;
    ctx.beginPath();
    at.forEach((pair, k) => ctx.lineTo(across(k / samples), y(clip(pair[which], most))));
    ctx.stroke();
    ctx.fillStyle = ctx.strokeStyle;
    ctx.beginPath();
    ctx.arc(x, y(clip(weights(t)[which], most)), 3, 0, 2 * Math.PI);
    ctx.fill();
  });
}

function clip(value: number, most: number): number {
  return Math.max(-most, Math.min(most, value));
}

function line(ctx: CanvasRenderingContext2D, from: [number, number], to: [number, number]): void {
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
}
