// A second picture beside the first: its own samples, the same clock.
import { make } from "../dom";
import type { Frame } from "../engine/frame";
import type { Distance } from "../engine/measure";
import { digits } from "../controls/readouts";
import { Scene, type Shown } from "../scene/scene";

/** What is known of a picture's samples. */
export interface Facts {
  distance?: Distance;
  straightness?: number | undefined;
  evaluations?: number;
  /** What else there is to say. */
  note?: string;
}

/** A picture's name above it and its numbers below. */
export class Plate {
  private readonly title = make("b");
  private readonly facts = make("span", { class: "facts" });

  constructor(host: HTMLElement, id: string) {
    const head = make("p", { class: "plate", id: `plate-${id}` }, this.title, this.facts);
    host.append(head);
  }

  name(title: string): void {
    this.title.textContent = title;
  }

  show({ distance, straightness, evaluations, note }: Facts): void {
    const parts: Node[] = [];
    const put = (label: string, value: string, small = ""): void => {
      const number = make("b", {}, value);
      const item = make("span", {}, `${label} `, number);
      if (small) item.append(make("small", {}, ` ${small}`));
      parts.push(item);
    };
    if (distance) put("distance", digits(distance.value), `floor ${digits(distance.floor)}`);
    if (straightness !== undefined) put("straightness", digits(straightness));
    if (evaluations !== undefined) put("NFE", String(evaluations));
    if (note) parts.push(make("span", {}, note));
    this.facts.replaceChildren(...parts);
  }
}

export class Beside {
  readonly host: HTMLElement;
  readonly plate: Plate;
  readonly scene: Scene;

  constructor(
    private readonly first: Scene,
    panes: HTMLElement,
    id: string,
    label: string,
  ) {
    const canvas = make("canvas", { role: "img", "aria-label": label, id: `scene-${id}` });
    this.host = make("div", { class: "plane beside" }, canvas);
    this.plate = new Plate(this.host, id);
    this.host.hidden = true;
    panes.append(this.host);
    this.scene = new Scene(canvas, first.shown, { onDrawn: () => undefined }, first.clock);
    first.follow(this.scene);
  }

  open(shown: Shown): void {
    this.host.hidden = false;
    this.scene.show(shown);
    this.scene.still = this.first.still;
    this.scene.sleep(false);
    this.scene.setEnds(this.first.target, this.first.base);
  }

  close(): void {
    this.host.hidden = true;
    this.scene.sleep(true);
    this.clear();
  }

  clear(): void {
    this.scene.motion.clear();
    this.plate.show({});
    delete this.scene.canvas.dataset.frame;
    delete this.scene.canvas.dataset.distance;
  }

  frame(frame: Frame): void {
    this.scene.setFrame(frame);
    this.scene.canvas.dataset.frame = String(frame.step);
  }

  facts(facts: Facts): void {
    this.plate.show(facts);
    const { distance } = facts;
    if (distance) this.scene.canvas.dataset.distance = String(distance.value);
  }
}
