// Reflow: straighter paths round by round, and distillation to one step.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createWorker } from "pathflow";
import { difference, refusal, shared, small } from "./support.mjs";

const api = await shared;
const worker = await createWorker();
after(() => worker.dispose());

const solver = { sampler: "heun", steps: 12, seed: 3, pairs: 2048 };
const trained = () => {
  const trainer = new api.Trainer({ ...small, width: 32, batch: 128, lr: 8e-3, ema: 0.98 });
  trainer.step(600);
  return trainer;
};

test("paths grow straighter, and one step comes to do", () => {
  const first = trained();
  const sampling = { n: 500, sampler: "heun", steps: 32, trajectories: true };
  const before = first.sample(sampling);
  let share = 0;
  const second = first.reflow({ ...solver, onProgress: (now) => (share = Math.max(share, now)) });
  assert.equal(share, 1);
  assert.equal(second.steps, 0);
  assert.deepEqual(
    [second.options.coupling, second.options.source, second.options.data],
    ["pairs", "gaussian", "moons"],
  );
  second.step(400);
  const after = second.sample(sampling);
  // Measured: straightness 1.0 to 0.01, energy 2.6 to 1.5.
  assert.ok(after.straightness < 0.1 * before.straightness, `${after.straightness}`);
  assert.ok(after.energy < before.energy);
  const one = second.reflow({ ...solver, seed: 4, distill: 1, train: { lr: 2e-3 } });
  assert.equal(one.options.timeLaw, "source-end:1");
  assert.equal(one.options.lr, 2e-3);
  one.step(200);
  const { points } = api.dataset("moons", { n: 500, seed: 9 });
  const oneStep = { n: 500, sampler: "euler", steps: 1 };
  const [curved, straight] = [first, one].map((run) =>
    api.distance("energy", run.sample(oneStep).points, points),
  );
  assert.ok(straight < 0.5 * curved, `${straight} of ${curved}`);
  for (const run of [first, second, one]) run.dispose();
});

test("the student begins as its teacher, unless it is told not to", () => {
  const teacher = new api.Trainer(small);
  teacher.step(50);
  const asked = { n: 64, sampler: "euler", steps: 3 };
  const expected = teacher.sample(asked).points;
  const same = teacher.reflow({ ...solver, pairs: 300 });
  const fresh = teacher.reflow({ ...solver, pairs: 300, keepWeights: false });
  assert.deepEqual(same.sample(asked).points, expected);
  assert.ok(difference(fresh.sample(asked).points.data, expected.data) > 0.01);
  for (const run of [teacher, same, fresh]) run.dispose();
});

test("a student has a density and no score; a distilled one has its steps alone", () => {
  const teacher = new api.Trainer({ ...small, conditional: true });
  const student = teacher.reflow({ ...solver, pairs: 300 });
  assert.equal(student.options.classes, 2);
  assert.throws(
    () => student.sample({ sampler: "ddpm" }),
    refusal("InvalidArgument", /"independent"/),
  );
  assert.throws(
    () => student.fokkerPlanck({ grid: 8, diffusion: "sigma" }),
    refusal("InvalidArgument", /"independent"/),
  );
  const { points } = student.data({ n: 3 });
  assert.equal(student.logDensity({ points, label: 1 }).logDensity.length, 3);
  const few = student.reflow({ ...solver, pairs: 300, distill: 2 });
  assert.throws(() => few.sample(), refusal("InvalidArgument", /euler with steps 2/));
  assert.throws(() => few.logDensity({ points }), refusal("InvalidArgument", /at all times/));
  assert.throws(() => few.fokkerPlanck({ grid: 8 }), refusal("InvalidArgument", /at all times/));
  assert.equal(few.sample({ sampler: "euler", steps: 2 }).evaluations, 2);
  for (const run of [teacher, student, few]) run.dispose();
});

test("refusals", () => {
  const teacher = new api.Trainer(small);
  const refused = (options, words) =>
    assert.throws(() => teacher.reflow(options), refusal("InvalidArgument", words));
  refused({ pairs: 0 }, /pairs/);
  refused({ distill: -1 }, /distill/);
  refused({ ...solver, sampler: "ddpm" }, /draws noise/);
  refused({ ...solver, train: { stepz: 3 } }, /steps/);
  assert.throws(
    () => teacher.reflow({ ...solver, signal: AbortSignal.abort(new Error("enough")) }),
    /enough/,
  );
  teacher.dispose();
  assert.throws(() => teacher.reflow(), refusal("Disposed", /disposed/));
});

test("in a Worker: the same bits, progress, an abort between blocks", async () => {
  const here = new api.Trainer(small);
  const there = new worker.Trainer(small);
  here.step(20);
  await there.step(20);
  let calls = 0;
  const options = { ...solver, pairs: 1000, train: { steps: 77 } };
  const [student, twin] = [
    await there.reflow({ ...options, onProgress: () => calls++ }),
    here.reflow(options),
  ];
  assert.ok(calls >= 4, `${calls}`);
  assert.deepEqual(student.options, twin.options);
  assert.equal(student.options.steps, 77);
  await student.step(5);
  twin.step(5);
  assert.deepEqual(await student.save(), twin.save());

  const controller = new AbortController();
  const long = there.reflow({
    ...solver,
    pairs: 2 ** 20,
    signal: controller.signal,
    onProgress: () => controller.abort(new Error("enough")),
  });
  await assert.rejects(long, /enough/);
  await assert.rejects(there.reflow({ pairs: 0 }), refusal("InvalidArgument", /pairs/));
  const used = await worker.bytesInUse();
  student.dispose();
  await there.step(1); // a round trip, so that the Worker has heard
  assert.ok((await worker.bytesInUse()) < used);
  for (const run of [here, there, twin]) run.dispose();
});
