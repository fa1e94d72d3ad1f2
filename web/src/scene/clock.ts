// The time that is shown: scrubbed by hand, or going round by itself.

const travel = 3600;
const atData = 1500;
const back = 700;
const atSource = 900;
const period = atSource + travel + atData + back;

export class Clock {
  /** 1 at the source, 0 at the data. */
  t = 1;
  playing = false;
  private elapsed = 0;
  private last = 0;

  play(now: number): void {
    this.playing = true;
    this.last = now;
    // At either end it begins with the source, and long enough to be seen.
    const between = this.t > 0.001 && this.t < 0.999;
    this.elapsed = between ? atSource + inverseEase(1 - this.t) * travel : 0;
  }

  pause(): void {
    this.playing = false;
  }

  scrub(t: number): void {
    this.playing = false;
    this.t = Math.min(1, Math.max(0, t));
  }

  advance(now: number): boolean {
    if (!this.playing) return false;
    // A long gap is a sleep, not a leap in time.
    this.elapsed = (this.elapsed + Math.min(100, now - this.last)) % period;
    this.last = now;
    this.t = timeAt(this.elapsed);
    return true;
  }
}

function timeAt(elapsed: number): number {
  let at = elapsed - atSource;
  if (at < 0) return 1;
  if (at < travel) return 1 - ease(at / travel);
  at -= travel;
  if (at < atData) return 0;
  return ease((at - atData) / back);
}

function ease(x: number): number {
  return (1 - Math.cos(Math.PI * x)) / 2;
}

function inverseEase(y: number): number {
  return Math.acos(1 - 2 * Math.min(1, Math.max(0, y))) / Math.PI;
}
