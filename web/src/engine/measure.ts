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

interface Reference {
  rows: FloatArray;
  floor: number;
  least: number;
  most: number;
}

/** Measures one trainer's samples against draws of its data. */
export class Measure {
  private reference: Promise<Reference> | undefined;

  constructor(
    private readonly api: WorkerApi,
    private readonly trainer: WorkerTrainer,
    private readonly n: number,
  ) {}

  async distance(frame: Frame): Promise<Distance> {
    const { floor } = await this.known();
    return { value: await this.rows(crowd(frame, frame.times.length - 1)), floor };
  }

  /** Distance of any rows from the data. */
  async rows(points: FloatArray): Promise<number> {
    return this.api.distance(metric, points, (await this.known()).rows);
  }

  /** The least and the most that fresh draws of the data measured. */
  async floors(): Promise<[number, number]> {
    const { least, most } = await this.known();
    return [least, most];
  }

  private known(): Promise<Reference> {
    return (this.reference ??= this.prepare());
  }

  /** The floor is the mean distance of fresh draws of the data, as many as there are particles. */
  private async prepare(): Promise<Reference> {
    const draw = async (n: number, seed: number) => (await this.trainer.data({ n, seed })).points;
    const rows = await draw(referenceRows, 1001);
    const floors: number[] = [];
    for (let k = 0; k < floorDraws; k++) {
      floors.push(await this.api.distance(metric, await draw(this.n, 2001 + k), rows));
    }
    const floor = floors.reduce((sum, each) => sum + each, 0) / floorDraws;
    return { rows, floor, least: Math.min(...floors), most: Math.max(...floors) };
  }
}

/** Distance between the crowds of two frames at one of their kept times. */
export function apart(api: WorkerApi, a: Frame, b: Frame, time: number): Promise<number> {
  return api.distance(metric, crowd(a, time), crowd(b, time));
}

/** All particles at a kept time. */
function crowd({ points, n }: Frame, time: number): FloatArray {
  return { data: points.slice(2 * n * time, 2 * n * (time + 1)), shape: [n, 2] };
}
