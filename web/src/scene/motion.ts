// Particles between two samples of a network that has learnt on: the same particles, so they glide
// from where the old network took them to where the new one does.
import { locate, type Frame } from "../engine/frame";

/** Paths are drawn anew so often while particles glide; particles are at every picture. */
const glidePhases = 8;

export class Motion {
  frame: Frame | undefined;
  private from: Float32Array | undefined;
  private began = 0;
  private duration = 0;
  private mix = 1;
  private arrived = 0;

  /** Takes over a frame; `glide` false jumps to it. */
  accept(frame: Frame, now: number, glide: boolean): void {
    const old = this.frame;
    const alike = old && old.n === frame.n && old.times.length === frame.times.length;
    this.from = glide && alike ? this.frozen(old) : undefined;
    this.frame = frame;
    this.began = now;
    this.duration = Math.min(450, Math.max(120, now - this.arrived));
    this.arrived = now;
    this.mix = this.from ? 0 : 1;
  }

  /** Moves on to `now`; says whether particles are still gliding. */
  advance(now: number): boolean {
    if (!this.from) return false;
    this.mix = Math.min(1, (now - this.began) / this.duration);
    if (this.mix === 1) this.from = undefined;
    return true;
  }

  /** Forgets everything: the next frame is another model's. */
  clear(): void {
    this.frame = undefined;
    this.from = undefined;
  }

  /** What changes whenever paths are somewhere else: while they glide, as often as is seen. */
  get phase(): number {
    return Math.ceil(this.mix * glidePhases);
  }

  /** Coordinate `at` of the [times, n, 2] array as shown now. */
  value(at: number): number {
    const to = this.frame!.points[at];
    return this.from ? this.from[at] + (to - this.from[at]) * this.mix : to;
  }

  /** Writes every particle's place at time t into `out` [n, 2]. */
  places(t: number, out: Float32Array): void {
    const { times, n } = this.frame!;
    const { index, share } = locate(times, t);
    const low = 2 * n * index;
    const high = low + 2 * n;
    for (let i = 0; i < 2 * n; i++) {
      const a = this.value(low + i);
      out[i] = a + (this.value(high + i) - a) * share;
    }
  }

  private frozen(frame: Frame): Float32Array {
    if (!this.from) return frame.points;
    const out = new Float32Array(frame.points.length);
    for (let i = 0; i < out.length; i++) out[i] = this.value(i);
    return out;
  }
}
