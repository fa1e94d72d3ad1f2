// Work in slices: short enough that messages and frames get through, long enough to cost nothing.

/** Milliseconds of one slice unless asked otherwise: under a frame at 60 a second. */
export const sliceMilliseconds = 12;

/** How many steps fit into a slice, learned from how long the last ones took. */
export class Pacer {
  private perStep = 0; // milliseconds, 0: not known yet

  constructor(private readonly slice = sliceMilliseconds) {}

  /** Steps of the next slice, at least 1. */
  next(): number {
    if (this.perStep === 0) return 1;
    return Math.max(1, Math.floor(this.slice / this.perStep));
  }

  took(steps: number, milliseconds: number): void {
    // A clock too coarse to see the slice still counts as a little time.
    const perStep = Math.max(milliseconds, 0.02) / steps;
    this.perStep = this.perStep === 0 ? perStep : 0.7 * this.perStep + 0.3 * perStep;
  }
}

type Immediate = (callback: () => void) => unknown;
const immediate = (globalThis as { setImmediate?: Immediate }).setImmediate;
let channel: MessageChannel | undefined;
const waiting: (() => void)[] = [];

/** Lets messages and events through; does not wait 4 ms as a timer does. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    if (immediate !== undefined) {
      immediate(resolve);
      return;
    }
    if (channel === undefined) {
      channel = new MessageChannel();
      channel.port1.onmessage = () => waiting.shift()?.();
    }
    waiting.push(resolve);
    channel.port2.postMessage(0);
  });
}

export function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
