// The kernels agree: the same draws to the bit, the same training within a stated bound.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "pathflow";
import { difference, variants } from "./support.mjs";

/** Products sum in another order and exp is another polynomial: after 20 steps of the reference net
 * the samples differ by less than this, for points of size about 4. */
const bound = 2e-3;

async function outcome(variant) {
  const api = await load({ variant });
  const trainer = new api.Trainer({ data: "8gaussians", seed: 3 });
  const losses = [];
  for (let i = 0; i < 20; ++i) losses.push(trainer.step().loss);
  return {
    start: trainer.start({ n: 100 }).data,
    data: api.dataset("spirals", { n: 100 }).points.data,
    losses: Float64Array.from(losses),
    points: trainer.sample({ n: 100, steps: 20 }).points.data,
    moments: trainer.field({ t: 0.5, grid: 8 }).data,
  };
}

const reference = await outcome("scalar");
for (const variant of variants.filter((one) => one !== "scalar")) {
  test(`${variant} trains as scalar does`, async () => {
    const other = await outcome(variant);
    assert.deepEqual(other.start, reference.start, "starting points are the same bits");
    assert.deepEqual(other.data, reference.data, "data are the same bits");
    assert.ok(difference(other.losses, reference.losses) < bound * 4);
    assert.ok(difference(other.points, reference.points) < bound, "samples");
    assert.ok(difference(other.moments, reference.moments) < bound, "field");
    assert.ok(reference.points.some((x) => Math.abs(x) > 0.5));
  });
}
