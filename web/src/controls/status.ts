// What the page says aloud: the last message stays in sight, and a reader hears it once.
import { element } from "../dom";

const quiet = 1200;

export class Status {
  private readonly line = element("status");
  private timer = 0;
  private last = 0;
  private said = false;

  /** A greeting: said only where nothing else has been, or will be at once. */
  greet(message: string): void {
    if (this.said) return;
    this.put(message, false);
  }

  /** A passing note: of several in quick succession only the last is said. */
  say(message: string): void {
    this.said = true;
    clearTimeout(this.timer);
    const wait = Math.max(0, this.last + quiet - performance.now());
    this.timer = window.setTimeout(() => this.put(message, false), wait);
  }

  /** Something went wrong: said at once. */
  warn(message: string): void {
    this.said = true;
    clearTimeout(this.timer);
    this.put(message, true);
  }

  private put(message: string, problem: boolean): void {
    this.last = performance.now();
    this.line.textContent = message;
    this.line.classList.toggle("problem", problem);
  }
}
