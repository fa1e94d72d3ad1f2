// The two mixes of the ends, as the library has them: what a point of the path is, and what the
// network is asked for.
import type { Prediction, Schedule, WorkerApi } from "pathflow";

/** Weights of data and of source at equally spaced times from t = 1 to t = 0. */
export interface Curves {
  data: Float64Array;
  source: Float64Array;
}

export interface Mix {
  path: Curves;
  target: Curves;
}

const intervals = 100;
const times = Array.from({ length: intervals + 1 }, (_, k) => 1 - k / intervals);

export class Mixes {
  private readonly known = new Map<string, Promise<Mix>>();

  constructor(private readonly api: WorkerApi) {}

  of(schedule: Schedule, predict: Prediction): Promise<Mix> {
    const key = `${schedule} ${predict}`;
    let mix = this.known.get(key);
    if (!mix) {
      mix = this.api.schedule(schedule, { times, predict }).then(({ alpha, sigma, a, b }) => ({
        path: { data: alpha, source: sigma },
        target: { data: a, source: b },
      }));
      mix.catch(() => this.known.delete(key));
      this.known.set(key, mix);
    }
    return mix;
  }
}

/** A weight at time t, between the times that the library was asked for. */
export function weightAt(weights: Float64Array, t: number): number {
  const place = (1 - Math.min(1, Math.max(0, t))) * intervals;
  const low = Math.min(intervals - 1, Math.floor(place));
  const share = place - low;
  return share === 0 ? weights[low] : weights[low] + (weights[low + 1] - weights[low]) * share;
}
