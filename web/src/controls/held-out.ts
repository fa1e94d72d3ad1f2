// How far the crowd is from a snapshot that was never trained on.
import type { FloatArray, WorkerApi } from "pathflow";
import { element } from "../dom";
import { crowdOf, type Frame } from "../engine/frame";
import { crowdAt, heldOutAt } from "../snapshots";
import { digits } from "./readouts";

const seedOfHeldOut = 91;
const metric = "sliced";

export class HeldOut {
  private readonly line = element("held-out");
  private floor: Promise<number> | undefined;
  private asked = 0;

  constructor(
    private readonly api: WorkerApi,
    private readonly onProblem: (error: Error) => void,
  ) {}

  clear(): void {
    this.asked++;
    this.line.hidden = true;
    delete this.line.dataset.distance;
  }

  async show(frame: Frame, wanted: boolean): Promise<void> {
    if (!wanted) return this.clear();
    const mine = ++this.asked;
    try {
      const crowd = crowdOf(frame, heldOutAt);
      const truth = crowdAt(heldOutAt, frame.n, seedOfHeldOut);
      const distance = await this.api.distance(metric, crowd, truth);
      const floor = await (this.floor ??= this.apart(truth));
      if (mine !== this.asked) return;
      this.line.textContent =
        `Held out, at t = ${heldOutAt.toFixed(2)}: distance ${digits(distance)}, ` +
        `floor ${digits(floor)}`;
      this.line.hidden = false;
      Object.assign(this.line.dataset, { distance: String(distance), floor: String(floor) });
    } catch (error) {
      if (mine === this.asked) this.onProblem(error as Error);
    }
  }

  /** What another draw of the same crowd measures. */
  private apart(truth: FloatArray): Promise<number> {
    const again = crowdAt(heldOutAt, truth.shape[0], seedOfHeldOut + 1);
    return this.api.distance(metric, again, truth);
  }
}
