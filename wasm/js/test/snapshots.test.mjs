// Action matching from snapshots alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorker } from "pathflow";
import { refusal, shared } from "./support.mjs";

const api = await shared;

/** Moons, shifted by t: what they look like at that time. */
function moonsAt(time, seed) {
  const { points } = api.dataset("moons", { n: 500, seed });
  return { data: points.data.map((value) => value + 3 * time), shape: points.shape };
}
const snapshots = [0, 0.5, 1].map((time, k) => ({ time, points: moonsAt(time, k) }));
const options = {
  snapshots,
  objective: "action",
  coupling: "ot",
  width: 32,
  depth: 2,
  lr: 0.01,
  seed: 1,
};

// Energy distance of 500 rows: 0.05 to 0.09 for two samples of the same moons, 3 between the ends.
test("trajectories go from snapshot to snapshot, and both ways", () => {
  const trainer = new api.Trainer(options);
  trainer.step(400);
  assert.equal(trainer.options.data, "snapshots");
  const moved = trainer.sample({ n: 500, toward: "source", trajectories: [0, 0.5, 1] });
  const at = (k) => ({
    data: moved.trajectories.data.slice(1000 * k, 1000 * (k + 1)),
    shape: [500, 2],
  });
  for (const [k, time] of [0, 0.5, 1].entries()) {
    const distance = api.distance("energy", at(k), moonsAt(time, 9));
    assert.ok(distance < 0.25, `at ${time}: ${distance}`);
  }
  const back = trainer.sample({ n: 500 });
  assert.ok(api.distance("energy", back.points, moonsAt(0, 9)) < 0.25);
  const again = api.restore(trainer.save());
  assert.deepEqual(again.step(3), trainer.step(3));
  for (const one of [again, trainer]) one.dispose();
});

test("entropic action runs SDEs, and plain action says why it cannot", () => {
  const sde = { n: 8, sampler: "euler-maruyama", diffusion: "sigma", toward: "source" };
  const plain = new api.Trainer(options);
  assert.throws(() => plain.sample(sde), refusal("InvalidArgument", /entropic-action/));
  const entropic = new api.Trainer({
    ...options,
    objective: "entropic-action",
    actionDiffusion: 0.5,
  });
  entropic.step(2);
  assert.equal(entropic.sample(sde).points.shape[0], 8);
  for (const one of [plain, entropic]) one.dispose();
});

test("snapshots that are no path are refused", () => {
  const refused = (list, words, code = "InvalidArgument") =>
    assert.throws(
      () => new api.Trainer({ ...options, snapshots: list }),
      refusal(code, words, "Trainer"),
    );
  const [first, middle, last] = snapshots;
  refused([], /number of snapshots/);
  refused([first, last, middle], /ascending times from 0 to 1, got 3 at times \[0, 1, 0.5\]/);
  refused([first, middle], /from 0 to 1, got 2 at times \[0, 0.5\]/);
  refused([first, { time: undefined, points: middle.points }, last], /ascending/);
  refused(
    [first, { time: 1, points: { data: new Float32Array(3), shape: [1, 3] } }],
    /columns/,
    "ShapeError",
  );
  refused([first, { time: 1 }], /snapshot 1 must be/);
  assert.throws(
    () => new api.Trainer({ snapshots }),
    refusal("InvalidArgument", /"regression".*snapshots need/),
  );
});

test("the Worker takes snapshots, too", async () => {
  const worker = await createWorker();
  const trainer = new worker.Trainer(options);
  const here = new api.Trainer(options);
  assert.deepEqual(await trainer.step(3), here.step(3));
  here.dispose();
  worker.dispose();
});
