// The scrubber: source at its left, data at its right, in the direction in which samples are made.
import { button, canvas, element, input, sharp } from "../dom";
import type { Palette } from "../scene/palette";

const mostTicks = 40;

export interface TimelineEvents {
  onScrub(t: number): void;
  onClock(): void;
}

export class Timeline {
  private readonly slider = input("time");
  private readonly ticks = canvas("ticks");
  private readonly clock = button("clock");
  private readonly now = element("now");
  private steps = 0;
  private palette: Palette | undefined;

  constructor(events: TimelineEvents) {
    this.slider.addEventListener("input", () => {
      events.onScrub(1 - Number(this.slider.value) / 1000);
    });
    this.clock.addEventListener("click", () => events.onClock());
    new ResizeObserver(() => this.drawTicks()).observe(this.ticks);
  }

  show(t: number): void {
    const value = String(Math.round((1 - t) * 1000));
    if (this.slider.value !== value) this.slider.value = value;
    const words = `t = ${t.toFixed(2)}`;
    if (words === this.now.textContent) return;
    this.now.textContent = words;
    this.slider.setAttribute("aria-valuetext", spoken(t));
  }

  showClock(playing: boolean): void {
    const label = playing ? "Stop the animation of time" : "Animate time";
    this.clock.setAttribute("aria-pressed", String(playing));
    this.clock.setAttribute("aria-label", label);
    this.clock.title = label;
    this.clock.querySelector("use")!.setAttribute("href", playing ? "#i-pause" : "#i-loop");
  }

  paint(palette: Palette): void {
    this.palette = palette;
    this.drawTicks();
  }

  /** Marks where the sampler asks the network; 0: not known beforehand. */
  showSteps(steps: number): void {
    if (this.steps === steps) return;
    this.steps = steps;
    this.drawTicks();
  }

  private drawTicks(): void {
    const box = this.ticks.getBoundingClientRect();
    const ctx = sharp(this.ticks, box.width, box.height);
    if (!ctx || !this.palette || this.steps > mostTicks) return;
    ctx.fillStyle = this.palette.soft;
    for (let k = 0; k <= this.steps && this.steps > 0; k++) {
      ctx.fillRect(Math.min(box.width - 1, (k / this.steps) * box.width - 0.5), 0, 1, box.height);
    }
  }
}

function spoken(t: number): string {
  if (t >= 0.999) return "t = 1, at the source";
  if (t <= 0.001) return "t = 0, at the data";
  return `t = ${t.toFixed(2)}, ${Math.round((1 - t) * 100)} percent of the way to the data`;
}
