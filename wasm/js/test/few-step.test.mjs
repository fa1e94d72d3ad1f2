// Few-step models: one network evaluation a sample, and students of a teacher.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createWorker } from "pathflow";
import { refusal, shared, small } from "./support.mjs";

const api = await shared;
const worker = await createWorker();
after(() => worker.dispose());

const student = { ...small, objective: "consistency-distillation", consistencySteps: 8 };

test("mean flow and shortcut jump, and have a velocity for every other sampler", () => {
  for (const objective of ["mean-flow", "shortcut"]) {
    const trainer = new api.Trainer({ ...small, objective, flowShare: 0.5 });
    assert.equal(trainer.options.flowShare, 0.5);
    trainer.step(20);
    for (const steps of [1, 2, 4]) {
      const { points, evaluations } = trainer.sample({ sampler: "jump", steps, n: 50 });
      assert.equal(evaluations, steps);
      assert.ok(points.data.every(Number.isFinite));
    }
    trainer.sample({ sampler: "heun", steps: 2, n: 5 });
    trainer.field({ t: 0.5, grid: 3 });
    trainer.dispose();
  }
});

test("a teacher is a trainer or a saved run, to the same bits; its student keeps it", () => {
  const teacher = new api.Trainer(small);
  teacher.step(20);
  const one = new api.Trainer({ ...student, teacher });
  const two = new api.Trainer({ ...student, teacher: teacher.save() });
  teacher.step(1); // the students know the teacher as it was
  assert.equal(one.step(10).loss, two.step(10).loss);
  const three = api.restore(one.save());
  assert.equal(three.step(10).loss, two.step(10).loss);
  const { evaluations } = three.sample({ sampler: "consistency", steps: 1, n: 50 });
  assert.equal(evaluations, 1);
  for (const trainer of [teacher, one, two, three]) trainer.dispose();
});

test("what has no velocity says what to do", () => {
  const trainer = new api.Trainer({ ...small, objective: "consistency" });
  const instead = refusal("InvalidArgument", /use sampler consistency/);
  assert.throws(() => trainer.sample({ n: 5 }), instead);
  assert.throws(() => trainer.logDensity({ grid: 2 }), instead);
  assert.throws(() => trainer.field({ t: 0.5 }), instead);
  assert.throws(() => trainer.fokkerPlanck({ grid: 8 }), instead);
  trainer.dispose();
  const plain = new api.Trainer(small);
  const needs = refusal("InvalidArgument", /mean-flow or shortcut/);
  assert.throws(() => plain.sample({ sampler: "jump" }), needs);
  plain.dispose();
  const alone = refusal("InvalidArgument", /learns from a teacher/);
  assert.throws(() => new api.Trainer(student), alone);
});

test("a Worker's trainer teaches another there", async () => {
  const teacher = new worker.Trainer(small);
  await teacher.step(20);
  const one = new worker.Trainer({ ...student, teacher });
  const two = new worker.Trainer({ ...student, teacher: await teacher.save() });
  assert.equal((await one.step(5)).loss, (await two.step(5)).loss);
  assert.equal(one.options.objective, "consistency-distillation");
});
