// Distance of the samples from the data, with the floor that no model can be expected to beat.
import type { FloatArray, WorkerApi, WorkerTrainer } from "pathflow";
import type { Frame } from "./frame";

/** Sliced W2: in the units of the plane, and cheap enough to watch. */
const metric = "sliced";
const referenceRows = 4000;
const floorDraws = 5;

export interface Distance {
  value: number;
  floor: number;
}

/** Measures one trainer's samples against draws of its data. */
export class Measure {
  private reference: Promise<{ rows: FloatArray; floor: number }> | undefined;

  constructor(
    private readonly api: WorkerApi,
    private readonly trainer: WorkerTrainer,
    private readonly n: number,
  ) {}

  async distance(frame: Frame): Promise<Distance> {
    this.reference ??= this.prepare();
    const { rows, floor } = await this.reference;
    const last = frame.points.length - 2 * frame.n;
    const points = { data: frame.points.slice(last), shape: [frame.n, 2] };
    return { value: await this.api.distance(metric, points, rows), floor };
  }

  /** The floor is the mean distance of fresh draws of the data, as many as there are particles. */
  private async prepare(): Promise<{ rows: FloatArray; floor: number }> {
    const draw = async (n: number, seed: number) => (await this.trainer.data({ n, seed })).points;
    const rows = await draw(referenceRows, 1001);
    let floor = 0;
    for (let k = 0; k < floorDraws; k++) {
      floor += (await this.api.distance(metric, await draw(this.n, 2001 + k), rows)) / floorDraws;
    }
    return { rows, floor };
  }
}
