// The reference job for the library itself. Its step draws its own batch and also clips, decays and
// keeps an EMA: a little more work than the peers do.
import { WIDTH } from "./peers/job.mjs";

export async function own(load, options, batch) {
  const api = await load(options);
  const trainer = new api.Trainer({ data: "8gaussians", width: WIDTH, depth: 3, batch, lr: 1e-3 });
  return {
    async train(steps) {
      return trainer.step(steps).loss;
    },
    async sample(n, steps) {
      return trainer.sample({ n, sampler: "euler", steps }).points.data;
    },
  };
}
