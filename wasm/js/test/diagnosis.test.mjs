// The floor of the loss, errors over time, Langevin chains, guides and other schedules.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorker, load } from "pathflow";
import { difference, refusal, shared, small, withTrainer } from "./support.mjs";

const api = await shared;
const rows = {
  data: new Float32Array([0, 0, 1, 1, -1, 1, 2, 0, -1, -1, 0.5, -2]),
  shape: [6, 2],
};
const few = { ...small, data: rows, batch: 128, ema: 0, lrSchedule: "cosine", steps: 150 };

// The loss at rest over 40 steps of 128 rows and 4,096 draws: both standard errors are near 2 %.
test("floor and excess are the loss of a network at rest", () => {
  withTrainer(few, (trainer) => {
    trainer.step(150);
    const { meanLoss } = trainer.step(80);
    const found = trainer.lossFloor({ seed: 3 });
    assert.ok(found.floor > 0 && found.excess > 0);
    assert.ok(found.floorStandardError > 0 && found.excessStandardError > 0);
    const share = (found.floor + found.excess) / meanLoss;
    assert.ok(Math.abs(share - 1) < 0.12, `${share}`);
    assert.deepEqual(trainer.lossFloor({ seed: 3 }), found, "the same seed, the same bits");
  });
});

test("errors over time fall with training", () => {
  withTrainer(few, (trainer) => {
    const times = [0, 0.5, 0.9];
    const before = trainer.errors({ times, rows: 200 });
    trainer.step(150);
    const after = trainer.errors({ times, rows: 200 });
    for (const key of ["velocity", "velocityRelative"]) {
      assert.equal(after[key].length, 3);
      assert.ok(after[key][1] < before[key][1] && after[key][2] < before[key][2], key);
    }
    assert.ok(Number.isNaN(after.score[0]), "no score at sigma = 0");
    assert.ok(after.scoreRelative[2] < 1);
  });
});

test("Langevin chains keep points and count what they cost", () => {
  withTrainer(small, (trainer) => {
    trainer.step(20);
    const options = { t: 0.5, step: 0.05, n: 40 };
    const plain = trainer.langevin({ ...options, steps: 10, keep: [0, 10] });
    assert.deepEqual(plain.trajectories.shape, [2, 40, 2]);
    assert.deepEqual(plain.trajectories.data.slice(80), plain.points.data);
    assert.deepEqual([plain.acceptance, plain.evaluations], [1, 10]);
    const exact = trainer.langevin({ ...options, steps: 3, metropolis: true, likelihoodSteps: 4 });
    assert.ok(exact.acceptance > 0.3 && exact.acceptance <= 1);
    assert.equal(exact.evaluations, 4 + 4 * 16);
    assert.equal(exact.trajectories, undefined);
    const from = trainer.langevin({ t: 0.5, step: 1e-8, steps: 1, start: rows });
    assert.ok(difference(from.points.data, rows.data) < 1e-2);
  });
});

test("a guide leads by both conventions, and runs are seen on other schedules", () => {
  withTrainer(small, (trainer) => {
    withTrainer(small, (guide) => {
      trainer.step(40);
      const led = trainer.sample({ n: 20, steps: 4, guide, guidance: 2 });
      const excess = { guidance: 1, guidanceConvention: "excess" };
      assert.deepEqual(trainer.sample({ n: 20, steps: 4, guide, ...excess }), led);
      assert.notDeepEqual(trainer.sample({ n: 20, steps: 4 }), led);
      assert.throws(() => trainer.sample({ guide }), refusal("InvalidArgument", /guidance/));
    });
    const own = trainer.sample({ n: 20, steps: 40, sampler: "rk4" });
    const moved = trainer.sample({ n: 20, steps: 40, sampler: "rk4", schedule: "trig" });
    assert.ok(difference(own.points.data, moved.points.data) < 0.05);
    const grid = trainer.sample({ n: 20, times: [1, 0.3, 0], sampler: "euler" });
    assert.equal(grid.evaluations, 2);
  });
});

test("what does not fit is refused in a sentence", async () => {
  const bad = (call, words, code = "InvalidArgument") => assert.throws(call, refusal(code, words));
  withTrainer(small, (trainer) => {
    bad(() => trainer.lossFloor({ rows: 10 }), /rows must be at least 256, got 10/);
    bad(() => trainer.errors({ times: [] }), /times/);
    bad(() => trainer.errors({ times: [2] }), /time/);
    bad(() => trainer.langevin({ step: 0 }), /step/);
    bad(() => trainer.langevin({ t: 3 }), /t must/);
    bad(() => trainer.langevin({ n: 3, start: rows }), /n must not/);
    bad(() => trainer.sample({ times: [] }), /times must be at least two/);
    bad(() => trainer.sample({ times: [1, 0.5, 0.6] }), /rise or fall/);
    bad(() => trainer.sample({ schedule: "trigg" }), /trig/);
    bad(() => trainer.sample({ schedule: "trig", logDensity: true, sampler: "rk4" }), /schedule/);
  });
  withTrainer({ ...small, source: "8gaussians" }, (trainer) => {
    bad(() => trainer.langevin(), /score/);
    bad(() => trainer.lossFloor(), /source/);
    bad(() => trainer.sample({ schedule: "trig" }), /score/);
  });
  const other = await load();
  const stranger = new other.Trainer(small);
  withTrainer(small, (trainer) => {
    bad(() => trainer.sample({ guide: stranger, guidance: 2 }), /same api/);
  });
  other.dispose();
});

test("the Worker gives the same", async () => {
  const worker = await createWorker();
  try {
    const [trainer, guide] = [new worker.Trainer(small), new worker.Trainer(small)];
    await trainer.step(40);
    const [led, floor, chains] = withTrainer(small, (here) =>
      withTrainer(small, (weak) => {
        here.step(40);
        return [
          here.sample({ n: 10, steps: 3, guide: weak, guidance: 2 }),
          here.lossFloor({ rows: 256 }),
          here.langevin({ n: 10, steps: 5, t: 0.5 }),
        ];
      }),
    );
    assert.deepEqual(await trainer.sample({ n: 10, steps: 3, guide, guidance: 2 }), led);
    assert.deepEqual(await trainer.lossFloor({ rows: 256 }), floor);
    assert.deepEqual(await trainer.langevin({ n: 10, steps: 5, t: 0.5 }), chains);
    const errors = await trainer.errors({ times: [0.5], rows: 50 });
    assert.ok(errors.velocity[0] > 0);
    const stranger = new api.Trainer(small);
    const refused = trainer.sample({ guide: stranger, guidance: 2 });
    await assert.rejects(refused, refusal("InvalidArgument", /same Worker/));
    stranger.dispose();
  } finally {
    worker.dispose();
  }
});
