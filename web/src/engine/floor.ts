// The least that the loss can come down to on the data at hand, whatever the network: measured in small
// pieces, between which the Worker trains and samples.
import type { WorkerTrainer } from "pathflow";

const pieces = 16;
const rows = 256;

export class Floor {
  private sum = 0;
  private count = 0;
  private none = false;

  constructor(private readonly trainer: WorkerTrainer) {}

  get begun(): boolean {
    return this.count > 0;
  }
  get done(): boolean {
    return this.none || this.count === pieces;
  }

  /** The mean of all pieces after one more; nothing where this loss has no such floor. */
  async next(): Promise<number | undefined> {
    if (this.none) return undefined;
    try {
      this.sum += (await this.trainer.lossFloor({ rows, seed: this.count })).floor;
    } catch (error) {
      if ((error as { code?: string }).code !== "InvalidArgument") throw error;
      this.none = true;
      return undefined;
    }
    return this.sum / ++this.count;
  }
}
