// Drawing an end by hand: a brush that lays points on the plane, for pointers, touch and keys.
import { button, element, input } from "../dom";
import { fewestRows, mostRows } from "../rows";
import type { Scene } from "../scene/scene";
import { toPixelX, toPixelY, toPlane, type View } from "../scene/view";

const reach = 4.6;
const perEvent = 5;

export interface DrawingEvents {
  onDone(flat: number[], end: "source" | "data"): void;
  onClose(): void;
  onHint(message: string): void;
}

export class Drawing {
  active = false;
  private readonly bar = element("drawbar");
  /** What the bar stands in place of. */
  private readonly resting = [element("timeline"), element("layers")];
  private readonly brush = input("brush");
  private strokes: number[][] = [];
  private role: "source" | "data" = "data";
  private cursor: [number, number] = [0, 0];
  private pressed = false;
  private turns = 0;

  constructor(
    private readonly scene: Scene,
    private readonly events: DrawingEvents,
  ) {
    button("draw-undo").addEventListener("click", () => this.undo());
    button("draw-clear").addEventListener("click", () => this.clear());
    button("draw-cancel").addEventListener("click", () => this.close());
    button("draw-done").addEventListener("click", () => this.done());
    const { canvas } = scene;
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"] as const) {
      canvas.addEventListener(name, () => (this.pressed = false));
    }
    canvas.addEventListener("keydown", (event) => this.key(event));
    this.bar.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
  }

  open(role: "source" | "data"): void {
    this.active = true;
    this.role = role;
    this.strokes = [];
    this.cursor = [0, 0];
    this.bar.hidden = false;
    for (const each of this.resting) each.hidden = true;
    this.scene.canvas.tabIndex = 0;
    this.scene.canvas.classList.add("drawing");
    this.scene.cover((ctx, view) => this.paint(ctx, view));
    this.scene.canvas.focus({ preventScroll: true });
    this.scene.canvas.scrollIntoView({ block: "nearest" });
    this.update();
  }

  close(): void {
    if (!this.active) return;
    this.active = false;
    this.bar.hidden = true;
    for (const each of this.resting) each.hidden = false;
    this.scene.canvas.removeAttribute("tabindex");
    this.scene.canvas.classList.remove("drawing");
    this.scene.cover(undefined);
    this.events.onClose();
  }

  private get count(): number {
    return this.strokes.reduce((sum, stroke) => sum + stroke.length / 2, 0);
  }

  private done(): void {
    if (this.count < fewestRows) {
      this.events.onHint(`Lay at least ${fewestRows} points first: drag over the plane.`);
      return;
    }
    const flat = this.strokes.flat();
    const { role } = this;
    this.close();
    this.events.onDone(flat, role);
  }

  private undo(): void {
    this.strokes.pop();
    this.update();
  }

  private clear(): void {
    this.strokes = [];
    this.update();
  }

  private down(event: PointerEvent): void {
    if (!this.active || event.button !== 0) return;
    this.pressed = true;
    this.scene.canvas.setPointerCapture(event.pointerId);
    this.strokes.push([]);
    this.lay(event);
  }

  private move(event: PointerEvent): void {
    if (!this.active) return;
    this.cursor = this.place(event);
    if (this.pressed) {
      const all = event.getCoalescedEvents?.() ?? [];
      for (const each of all.length > 0 ? all : [event]) this.lay(each);
    }
    this.scene.wake();
  }

  private place(event: PointerEvent): [number, number] {
    const box = this.scene.canvas.getBoundingClientRect();
    return toPlane(this.scene.view(), event.clientX - box.left, event.clientY - box.top);
  }

  private lay(event: PointerEvent): void {
    this.cursor = this.place(event);
    this.stamp();
  }

  /** Points about the cursor, spread over the brush by the golden angle. */
  private stamp(): void {
    const stroke = this.strokes[this.strokes.length - 1];
    const size = Number(this.brush.value) / this.scene.view().scale;
    for (let k = 0; k < perEvent && this.count < mostRows; k++) {
      const turn = 2.39996 * this.turns++;
      const far = size * Math.sqrt((0.618034 * this.turns) % 1);
      const x = this.cursor[0] + far * Math.cos(turn);
      const y = this.cursor[1] + far * Math.sin(turn);
      if (Math.abs(x) < reach && Math.abs(y) < reach) stroke.push(x, y);
    }
    this.update();
  }

  private key(event: KeyboardEvent): void {
    if (!this.active) return;
    const moves: Record<string, [number, number]> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, 1],
      ArrowDown: [0, -1],
    };
    const move = moves[event.key];
    if (move) {
      const size = event.shiftKey ? 0.5 : 0.15;
      this.cursor = [this.cursor[0] + size * move[0], this.cursor[1] + size * move[1]];
    } else if (event.key === " ") {
      this.strokes.push([]);
      this.stamp();
    } else if (event.key === "Enter") this.done();
    else if (event.key === "Backspace") this.undo();
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.scene.wake();
  }

  private update(): void {
    const { count } = this;
    const what = `Draw the ${this.role}: drag over the plane`;
    const keys = matchMedia("(hover: hover)").matches ? " (arrows, space and Enter work too)" : "";
    const full = count >= mostRows ? " That is as many as fit." : "";
    element("draw-hint").textContent =
      count === 0 ? `${what}${keys}.` : `${count.toLocaleString("en")} points.${full}`;
    this.scene.wake();
  }

  private paint(ctx: CanvasRenderingContext2D, view: View): void {
    const { palette } = this.scene;
    ctx.strokeStyle = palette.line;
    ctx.lineWidth = 1;
    ctx.beginPath();
    for (let k = -4; k <= 4; k += 2) {
      ctx.moveTo(toPixelX(view, k), 0);
      ctx.lineTo(toPixelX(view, k), view.height);
      ctx.moveTo(0, toPixelY(view, k));
      ctx.lineTo(view.width, toPixelY(view, k));
    }
    ctx.stroke();
    ctx.fillStyle = palette[this.role];
    for (const stroke of this.strokes) {
      for (let i = 0; i < stroke.length; i += 2) {
        ctx.fillRect(toPixelX(view, stroke[i]) - 1.5, toPixelY(view, stroke[i + 1]) - 1.5, 3, 3);
      }
    }
    ctx.strokeStyle = palette.ink;
    ctx.beginPath();
    const [x, y] = this.cursor;
    ctx.arc(toPixelX(view, x), toPixelY(view, y), Number(this.brush.value), 0, 2 * Math.PI);
    ctx.stroke();
  }
}
