// The picture in the middle: draws when something moved, and rests otherwise.
import type { Snapshot } from "pathflow";
import type { Layer, Quantity } from "../choices";
import { radiusAt, type Frame } from "../engine/frame";
import type { Field } from "../engine/field";
import { drawArrows } from "./arrows";
import { Clock } from "./clock";
import { Density } from "./density";
import { Motion } from "./motion";
import { readPalette, shadeOf, type Palette } from "./palette";
import { Dots } from "./dots";
import { drawGhosts } from "./ghosts";
import { Sheet } from "./sheet";
import { bandsBehind, drawPaths } from "./paths";
import { drawTracers } from "./tracers";
import { Pace, type Quality } from "./quality";
import { viewOf, type View } from "./view";

const tail = 0.045;

export type Shown = Readonly<
  Record<Layer, boolean> & { quantity: Quantity; noisy: boolean; traced: boolean }
>;

export interface SceneEvents {
  /** After each picture: the time shown and pictures a second, while moving. */
  onDrawn(t: number, rate: number): void;
}

export class Scene {
  readonly motion = new Motion();
  palette: Palette = readPalette();
  still = false;
  private readonly ctx: CanvasRenderingContext2D;
  private readonly density = new Density();
  private readonly dots = new Dots();
  private readonly under = new Sheet();
  private readonly pace = new Pace();
  private field: Field | undefined;
  target: Float32Array<ArrayBufferLike> = new Float32Array(0);
  base = 4;
  /** Data seen at other times than its own, in the colours of theirs. */
  snapshots: readonly Snapshot[] = [];
  private readonly followers: Scene[] = [];
  private places = new Float32Array(0);
  private before = new Float32Array(0);
  private width = 0;
  private height = 0;
  private asked = 0;
  private asleep = false;
  private marks: number[] = [];
  private overlay: ((ctx: CanvasRenderingContext2D, view: View) => void) | undefined;

  constructor(
    readonly canvas: HTMLCanvasElement,
    public shown: Shown,
    private readonly events: SceneEvents,
    /** Scenes side by side share one. */
    readonly clock = new Clock(),
  ) {
    const ctx = canvas.getContext("2d");
    if (!ctx) throw new Error("This browser gives no 2-D canvas.");
    this.ctx = ctx;
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.resize();
  }

  get quality(): Quality {
    return this.pace.quality;
  }

  /** Another scene that shows the same ends at the same time in the same colours. */
  follow(scene: Scene): void {
    this.followers.push(scene);
  }

  /** A picture will be drawn soon. */
  wake(): void {
    for (const each of this.followers) each.wake();
    if (this.asked === 0 && !this.asleep) {
      this.asked = requestAnimationFrame((now) => this.tick(now));
    }
  }

  sleep(asleep: boolean): void {
    this.asleep = asleep;
    if (asleep) {
      cancelAnimationFrame(this.asked);
      this.asked = 0;
      this.marks = [];
      this.pace.rest();
    } else this.wake();
  }

  setFrame(frame: Frame): void {
    this.motion.accept(frame, performance.now(), !this.still);
    if (this.places.length !== 2 * frame.n) {
      this.places = new Float32Array(2 * frame.n);
      this.before = new Float32Array(2 * frame.n);
    }
    this.wake();
  }

  setField(field: Field | undefined): void {
    this.field = field;
    this.wake();
  }

  /** Points of the data, and half the side of the square that holds both ends. */
  setEnds(target: Float32Array<ArrayBufferLike>, base: number): void {
    this.target = target;
    this.base = base;
    for (const each of this.followers) each.setEnds(target, base);
    this.wake();
  }

  show(shown: Shown): void {
    this.shown = shown;
    this.wake();
  }

  /** Draws this in place of the particles: the drawing tool. */
  cover(overlay: typeof this.overlay): void {
    this.overlay = overlay;
    this.wake();
  }

  repaint(): void {
    this.palette = readPalette();
    for (const each of this.followers) each.repaint();
    this.wake();
  }

  /** Half the shorter side of what is seen at time t. */
  halfAt(t: number): number {
    const frame = this.motion.frame;
    return frame ? Math.max(this.base, 1.06 * radiusAt(frame, t)) : this.base;
  }

  /** Half the side of the square that holds all that is seen at time t. */
  reachAt(t: number): number {
    const long = Math.max(this.width, this.height) / Math.max(1, Math.min(this.width, this.height));
    return this.halfAt(t) * long;
  }

  view(): View {
    const half = this.overlay ? this.base : this.halfAt(this.clock.t);
    return viewOf(this.width, this.height, half);
  }

  private resize(): void {
    const box = this.canvas.getBoundingClientRect();
    const finest = this.pace.quality === 2 ? 1 : 3;
    const ratio = Math.min(finest, window.devicePixelRatio || 1);
    this.width = Math.max(1, box.width);
    this.height = Math.max(1, box.height);
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    this.ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (this.asked !== 0) return;
    this.draw(this.pace.quality);
  }

  private tick(now: number): void {
    this.asked = 0;
    const time = this.clock.advance(now);
    const moving = this.motion.advance(now) || time;
    this.draw(moving ? this.pace.quality : 0); // what stands still may take its time
    if (moving) {
      this.count(now);
      if (this.pace.note(now)) this.resize();
      this.wake();
    } else {
      this.marks = [];
      this.pace.rest();
    }
    this.events.onDrawn(this.clock.t, this.rate());
  }

  private count(now: number): void {
    this.marks.push(now);
    while (this.marks.length > 1 && now - this.marks[0] > 1000) this.marks.shift();
  }

  private rate(): number {
    const { marks } = this;
    if (marks.length < 10) return 0;
    return ((marks.length - 1) * 1000) / (marks[marks.length - 1] - marks[0]);
  }

  private draw(quality: Quality): void {
    const { ctx, palette, shown } = this;
    const view = this.view();
    const { t } = this.clock;
    ctx.fillStyle = palette.panel;
    ctx.fillRect(0, 0, view.width, view.height);
    if (this.overlay) return this.overlay(ctx, view);
    const frame = this.motion.frame;
    if (frame) this.motion.places(t, this.places);
    if (frame && shown.density) this.density.draw(ctx, view, palette, this.places, t);
    this.drawUnder(view, t, quality);
    if (this.field && shown.arrows) drawArrows(ctx, view, palette, this.field, t, this.places);
    if (frame && shown.particles) {
      const tails = t < 1 && quality === 0;
      if (tails) this.motion.places(Math.min(1, t + tail), this.before);
      const before = tails ? this.before : undefined;
      this.dots.draw(ctx, view, palette, this.places, before, t, quality);
      if (shown.traced) drawTracers(ctx, view, palette, this.motion, this.places, t, shown.noisy);
    }
  }

  /** What particles move over: the data's own points, and the paths. */
  private drawUnder(view: View, t: number, quality: Quality): void {
    const { motion, palette, shown, target } = this;
    const { frame } = motion;
    const paths = frame && shown.paths && !(shown.traced && shown.noisy) ? frame : undefined;
    if (!paths && !shown.target) return;
    const key = [view.scale, palette, shown.target && target, this.snapshots, paths, shown.noisy];
    if (paths) key.push(quality, motion.phase, bandsBehind(paths.times, t));
    this.under.draw(this.ctx, key, (ctx) => {
      const faint = palette.dark ? 0.34 : 0.3;
      if (shown.target) drawGhosts(ctx, view, palette.data, target, faint);
      for (const { time, points } of shown.target ? this.snapshots : []) {
        drawGhosts(ctx, view, palette.times[shadeOf(palette, time)], points.data, 1.4 * faint);
      }
      if (paths) drawPaths(ctx, view, palette, motion, t, shown.noisy, quality);
    });
  }
}
