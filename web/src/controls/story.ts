// One sentence under the picture about what it shows now: where the points start, what moves them,
// and how near to the data they come.
import type { Choices, End } from "../choices";
import { element } from "../dom";
import type { Distance } from "../engine/measure";
import { stochastic } from "../rules";

/** Distances, in floors, up to which samples are called the data, and nearly the data. */
const same = 2;
const near = 4;

export class Story {
  step = 0;
  distance: Distance | undefined;
  private readonly line = element("story");

  constructor(private readonly title: (end: End) => string) {}

  /** What was known is another network's. */
  forget(): void {
    this.step = 0;
    this.distance = undefined;
  }

  show(choices: Readonly<Choices>, t: number): void {
    const text = this.text(choices, t);
    if (this.line.textContent !== text) this.line.textContent = text;
  }

  private text(choices: Readonly<Choices>, t: number): string {
    if (t > 0.985) return `Start: points of the source, ${this.title(choices.source)}.`;
    if (t < 0.015) return `${this.arrival()}: the data are ${this.title(choices.data)}.`;
    if (this.step === 0) return "Moving: the network is untrained, its arrows mean nothing yet.";
    if (stochastic(choices.sampler)) return "Moving: the learned velocity, with noise on the way.";
    return "Moving: every point follows the velocity that the network learned.";
  }

  private arrival(): string {
    if (this.step === 0 || !this.distance) return "Arrived";
    const floors = this.distance.value / this.distance.floor;
    if (floors < same) return "Arrived, as close as fresh data would be";
    return floors < near ? "Arrived, nearly right" : "Arrived, but not there yet";
  }
}
