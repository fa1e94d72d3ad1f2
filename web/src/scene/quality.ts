// How much is drawn. Where pictures come late, finery goes first; particles never do.

export type Quality = 0 | 1 | 2;

/** 0: glow and tails. 1: plain dots. 2: fewer paths and at most one pixel a point too. */
const worst: Quality = 2;
const frames = 40;
const late = 1000 / 40;
const inTime = 1000 / 56;
/** Better is tried again after this many good rounds. */
const patience = 12;

export class Pace {
  quality: Quality = 0;
  private began = 0;
  private count = 0;
  private good = 0;

  /** Notes a picture while something moves; says whether the quality has changed. */
  note(now: number): boolean {
    if (this.count === 0) this.began = now;
    if (this.count++ < frames) return false;
    const mean = (now - this.began) / frames;
    this.count = 0;
    const before = this.quality;
    if (mean > late && this.quality < worst) this.quality++;
    this.good = mean < inTime ? this.good + 1 : 0;
    if (this.good >= patience && this.quality > 0) {
      this.quality--;
      this.good = 0;
    }
    return this.quality !== before;
  }

  /** The picture stood still: the time since the last one says nothing. */
  rest(): void {
    this.count = 0;
  }
}
