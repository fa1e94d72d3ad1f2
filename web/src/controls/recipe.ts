// The idea in two cards: which mix of the two ends a point on the path is now, and which mix the
// network learns. Curves of the weights over time, data in one colour and source in the other.
import type { Prediction } from "pathflow";
import type { Choices } from "../choices";
import { make, Pad } from "../dom";
import { weightAt, type Curves, type Mix, type Mixes } from "../engine/mix";
import type { Palette } from "../scene/palette";

const width = 126;
const height = 46;

const meanings: Record<Prediction, string> = {
  data: "the clean point itself",
  noise: "where it came from",
  velocity: "its direction and speed",
  v: "a quarter turn of the mix",
  score: "which way is likelier",
  edm: "what a linear guess leaves",
};

/** A canvas of curves over the formula with the numbers of now. */
class Card {
  private readonly canvas = make("canvas", { "aria-hidden": "true" });
  private readonly pad = new Pad(this.canvas, width, height);
  private ranged: Curves | undefined;
  private range: [number, number] = [0, 1];
  private readonly data = make("b", { class: "data" });
  private readonly source = make("b", { class: "source" });
  private readonly sign = new Text(" + ");
  readonly meaning = make("small");

  constructor(
    host: HTMLElement,
    title: string,
    private readonly capped: boolean,
  ) {
    const formula = make("span", { class: "formula" }, this.data, this.sign, this.source);
    const caption = make("figcaption", {}, make("span", { class: "over" }, title), formula);
    caption.append(this.meaning);
    host.append(make("figure", {}, this.canvas, caption));
  }

  show(curves: Curves, palette: Palette, t: number): void {
    const source = weightAt(curves.source, t);
    this.data.textContent = `${digits(weightAt(curves.data, t))}·x₀`;
    this.sign.data = source < 0 ? " − " : " + ";
    this.source.textContent = `${digits(Math.abs(source))}·x₁`;
    if (this.ranged !== curves) this.range = rangeOf(curves, this.capped);
    this.ranged = curves;
    draw(this.pad, palette, t, curves, this.range);
  }
}

export class Recipe {
  private readonly path: Card;
  private readonly target: Card;
  private mix: Mix | undefined;
  private shown = "";
  private drawn = "";

  constructor(
    host: HTMLElement,
    private readonly mixes: Mixes,
    private readonly onProblem: (error: Error) => void,
  ) {
    this.path = new Card(host, "a point is", false);
    this.path.meaning.textContent = "a mix of the two ends";
    this.target = new Card(host, "the network learns", true);
  }

  show(choices: Readonly<Choices>, palette: Palette, t: number): void {
    const { schedule, predict } = choices;
    const wanted = `${schedule} ${predict}`;
    if (wanted !== this.shown) {
      this.shown = wanted;
      this.mixes.of(schedule, predict).then((mix) => {
        if (wanted !== this.shown) return;
        this.mix = mix;
        this.target.meaning.textContent = meanings[predict];
        this.drawn = "";
        this.draw(palette, t);
      }, this.onProblem);
    }
    this.draw(palette, t);
  }

  private draw(palette: Palette, t: number): void {
    const key = `${this.shown} ${t.toFixed(2)} ${palette.ink}`;
    if (!this.mix || key === this.drawn) return;
    this.drawn = key;
    this.path.show(this.mix.path, palette, t);
    this.target.show(this.mix.target, palette, t);
  }
}

/** Two decimals, with a true minus. */
function digits(value: number): string {
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  const text = Math.abs(value).toFixed(Math.abs(value) >= 10 ? 1 : 2);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

/** The least and the most that is shown; `capped` where weights blow up. */
function rangeOf(curves: Curves, capped: boolean): [number, number] {
  const sizes = [...curves.data, ...curves.source].map(Math.abs).sort((p, q) => p - q);
  const cap = capped ? 4 * sizes[sizes.length >> 1] + 1 : Infinity;
  const most = Math.max(1, Math.min(cap, sizes[sizes.length - 1]));
  return [Math.max(-most, Math.min(0, ...curves.data, ...curves.source)), most];
}

/** Both weights over time, source on the left as in the scrubber. */
function draw(
  pad: Pad,
  palette: Palette,
  t: number,
  curves: Curves,
  [least, most]: readonly [number, number],
): void {
  const ctx = pad.clear();
  if (!ctx) return;
  const { width: w, height: h } = pad;
  const y = (value: number): number => {
    const kept = Math.max(least, Math.min(most, value));
    return h - 4 - ((h - 8) * (kept - least)) / (most - least);
  };
  const across = (share: number): number => 4 + share * (w - 8);
  ctx.strokeStyle = palette.line;
  ctx.lineWidth = 1;
  line(ctx, [0, y(0)], [w, y(0)]);
  const x = across(1 - t);
  line(ctx, [x, 0], [x, h]);
  ctx.lineWidth = 2;
  for (const which of ["data", "source"] as const) {
    const weights = curves[which];
    ctx.strokeStyle = ctx.fillStyle = palette[which];
    ctx.beginPath();
    weights.forEach((value, k) => ctx.lineTo(across(k / (weights.length - 1)), y(value)));
    ctx.stroke();
    ctx.beginPath();
    ctx.arc(x, y(weightAt(weights, t)), 3, 0, 2 * Math.PI);
    ctx.fill();
  }
}

function line(ctx: CanvasRenderingContext2D, from: [number, number], to: [number, number]): void {
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
}
