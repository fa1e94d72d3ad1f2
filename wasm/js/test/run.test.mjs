// Training in the background, in this thread.
import assert from "node:assert/strict";
import { test } from "node:test";
import { refusal, shared, sleep, small } from "./support.mjs";

const api = await shared;

test("runs until paused, reports as it goes, and leaves the thread free", async () => {
  const trainer = new api.Trainer(small);
  const reports = [];
  let ticks = 0;
  const timer = setInterval(() => ++ticks, 5);
  const run = trainer.run({ onReport: (report) => reports.push(report), reportMilliseconds: 20 });
  await sleep(400);
  const last = await run.pause();
  clearInterval(timer);
  assert.ok(last.step > 10 && last.step === trainer.steps);
  assert.ok(ticks > 5, `timers fired ${ticks} times`);
  assert.ok(reports.length >= 3, `${reports.length} reports`);
  assert.equal(reports.at(-1).step, last.step);
  assert.ok(reports.at(-1).stepsPerSecond > 0);
  const steps = reports.flatMap(({ losses }) => losses.map(({ step }) => step));
  assert.deepEqual(
    steps,
    [...steps].sort((a, b) => a - b),
  );
  assert.equal(steps.at(-1), last.step);
  await sleep(30);
  assert.equal(trainer.steps, last.step);
  trainer.dispose();
});

test("takes the very steps that step() takes", async () => {
  const trainer = new api.Trainer(small);
  const other = new api.Trainer(small);
  const report = await trainer.run({ untilStep: 40 }).done;
  assert.equal(report.step, 40);
  assert.equal(report.loss, other.step(40).loss);
  trainer.dispose();
  other.dispose();
});

test("keeps to a rate, and to another one when told", async () => {
  const trainer = new api.Trainer(small);
  const run = trainer.run({ stepsPerSecond: 50 });
  await sleep(600);
  const slow = trainer.steps;
  assert.ok(slow >= 5 && slow <= 45, `${slow} steps in 0.6 s at 50 a second`);
  run.setRate(Infinity);
  await sleep(300);
  await run.pause();
  assert.ok(trainer.steps > 2 * slow, `${trainer.steps} after the rate was freed`);
  assert.throws(() => run.setRate(0), refusal("InvalidArgument", /stepsPerSecond/, "run"));
  assert.throws(() => trainer.run({ stepsPerSecond: NaN }), refusal("InvalidArgument", /NaN/));
  trainer.dispose();
});

test("samples between slices", async () => {
  const trainer = new api.Trainer(small);
  const run = trainer.run();
  for (let i = 0; i < 5; ++i) {
    await sleep(10);
    assert.equal(trainer.sample({ n: 10, steps: 3 }).points.shape[0], 10);
  }
  assert.ok((await run.pause()).step > 0);
  trainer.dispose();
});

test("stops by a signal and by dispose; fails with the error that stopped it", async () => {
  const controller = new AbortController();
  const trainer = new api.Trainer(small);
  const run = trainer.run({ signal: controller.signal });
  await sleep(20);
  controller.abort();
  assert.equal((await run.done).step, trainer.steps);
  const other = trainer.run();
  await sleep(20);
  trainer.dispose();
  assert.ok((await other.done).step > 0);
  const diverging = new api.Trainer({ ...small, lr: 1e30, clip: 0, warmup: 0 });
  await assert.rejects(diverging.run().done, refusal("NumericError", /./));
  diverging.dispose();
});
