// The Worker client over worker_threads and over a MessagePort.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { MessageChannel, Worker } from "node:worker_threads";
import { connect, createWorker, PathflowError, serve } from "pathflow";
import { bytes, dist, refusal, shared, slack, sleep, small } from "./support.mjs";

const api = await shared;
const worker = await createWorker();
after(() => worker.dispose());

test("knows what the api knows", () => {
  for (const fact of ["version", "variant", "names", "datasets", "defaults"]) {
    assert.deepEqual(worker[fact], api[fact], fact);
  }
});

test("every method of the api, with the same answers", async () => {
  assert.deepEqual(await worker.dataset("moons", { n: 9 }), api.dataset("moons", { n: 9 }));
  assert.deepEqual(
    await worker.density("8gaussians", { grid: 5 }),
    api.density("8gaussians", { grid: 5 }),
  );
  const times = [0, 0.5, 1];
  assert.deepEqual(await worker.schedule("ve", { times }), api.schedule("ve", { times }));
  const { points: a } = api.dataset("moons", { n: 30, seed: 1 });
  const { points: b } = api.dataset("rings", { n: 30, seed: 1 });
  assert.equal(await worker.distance("energy", a, b), api.distance("energy", a, b));
  assert.equal(a.data.length, 60, "arguments are copied, not moved");
  assert.equal(await worker.floor("energy", "moons", 30), api.floor("energy", "moons", 30));
  const file = api.writeNpy(a);
  assert.deepEqual(await worker.writeNpy(a), file);
  assert.deepEqual(await worker.readNpy(file), a);
  assert.ok((await worker.bytesInUse()) > 0);
});

test("every method of a trainer, with the same answers", async () => {
  const there = new worker.Trainer(small);
  const here = new api.Trainer(small);
  assert.throws(() => there.options, refusal("InvalidArgument", /await trainer\.ready/));
  await there.ready;
  assert.deepEqual(there.options, here.options);
  assert.equal(there.parameters, here.parameters);
  const report = await there.step(12);
  assert.equal(report.loss, here.step(12).loss);
  assert.equal(there.steps, 12);
  const sampling = { n: 7, steps: 5, trajectories: 4 };
  assert.deepEqual(await there.sample(sampling), here.sample(sampling));
  assert.deepEqual(await there.field({ t: 0.5, grid: 3 }), here.field({ t: 0.5, grid: 3 }));
  const asked = { grid: 20, rtol: 1e-2, divergence: "hutchinson" }; // two blocks of rows
  assert.deepEqual(await there.logDensity(asked), here.logDensity(asked));
  const plane = { grid: 8, times: 3, diffusion: "sigma" };
  assert.deepEqual(await there.fokkerPlanck(plane), here.fokkerPlanck(plane));
  assert.deepEqual(await there.start({ n: 4 }), here.start({ n: 4 }));
  assert.deepEqual(await there.data({ n: 4 }), here.data({ n: 4 }));
  const file = await there.save();
  assert.deepEqual(file, here.save());
  const again = await worker.restore(file);
  assert.equal(again.steps, 12);
  assert.equal((await again.step()).loss, here.step().loss);
  for (const one of [there, here, again]) one.dispose();
});

test("calls take effect in the order they were made", async () => {
  const trainer = new worker.Trainer(small);
  const twin = new api.Trainer(small);
  const [first, points, second] = await Promise.all([
    trainer.step(10),
    trainer.sample({ n: 5, steps: 3 }),
    trainer.step(10),
  ]);
  assert.equal(first.step, 10);
  assert.equal(second.step, 20);
  twin.step(10);
  assert.deepEqual(points, twin.sample({ n: 5, steps: 3 }));
  trainer.dispose();
  twin.dispose();
});

test("errors keep code and where, and are of this side's class", async () => {
  await assert.rejects(worker.dataset("mons"), refusal("InvalidArgument", /moons/));
  const bad = new worker.Trainer({ width: 0 });
  await assert.rejects(bad.step(), refusal("InvalidArgument", /width/, "Trainer"));
  await assert.rejects(bad.ready, refusal("InvalidArgument", /width/, "Trainer"));
  await assert.rejects(worker.restore(new Uint8Array(3)), refusal("IoError", /./));
  const trainer = new worker.Trainer(small);
  await assert.rejects(trainer.step(0), refusal("InvalidArgument", /k must be/, "step"));
  await assert.rejects(trainer.sample({ n: 0 }), refusal("InvalidArgument", /n must be/));
  assert.equal((await trainer.step(2)).step, 2);
  trainer.dispose();
});

test("an abort reaches a long training while it runs", async () => {
  const trainer = new worker.Trainer(small);
  const controller = new AbortController();
  const seen = [];
  const long = trainer.step(10_000_000, {
    signal: controller.signal,
    onProgress: ({ step }) => {
      seen.push(step);
      if (seen.length === 3) controller.abort();
    },
  });
  await assert.rejects(long, { name: "AbortError" });
  const { step } = await trainer.step(1);
  assert.ok(step > seen[2] && step < 10_000_000, `${step} after ${seen}`);
  await assert.rejects(trainer.step(1, { signal: AbortSignal.abort() }), { name: "AbortError" });
  trainer.dispose();
});

test("an abort ends a long sampling early", async () => {
  const trainer = new worker.Trainer(small);
  await trainer.ready;
  const begin = performance.now();
  const controller = new AbortController();
  const long = trainer.sample({
    n: 2000,
    steps: 200_000,
    signal: controller.signal,
    onProgress: (share) => share > 0 && controller.abort(),
  });
  await assert.rejects(long, { name: "AbortError" });
  assert.equal((await trainer.sample({ n: 2, steps: 2 })).points.shape[0], 2);
  assert.ok(performance.now() - begin < 20_000);
  trainer.dispose();
});

test("a long density lets messages through, ends at an abort, and holds a run's weights", async () => {
  const trainer = new worker.Trainer(small);
  const run = trainer.run();
  await sleep(50);
  const long = { grid: 256, rtol: 1e-7, atol: 1e-7 };
  const controller = new AbortController();
  const shares = [];
  const density = trainer.logDensity({
    ...long,
    signal: controller.signal,
    onProgress: (share) => shares.push(share),
  });
  density.catch(() => undefined);
  while (shares.length < 3) await sleep(5);
  const during = trainer.steps;
  assert.equal((await worker.dataset("moons", { n: 3 })).points.shape[0], 3);
  assert.ok(trainer.steps <= during + 1, "no step while the density is under way");
  controller.abort();
  await assert.rejects(density, { name: "AbortError" });
  assert.ok(shares.at(-1) < 1);
  await sleep(200);
  assert.ok(trainer.steps > during, "and steps again after it");
  await run.pause();
  const freed = trainer.logDensity(long);
  freed.catch(() => undefined);
  await sleep(20);
  trainer.dispose();
  await assert.rejects(freed, refusal("Disposed", /./));
});

test("progress of sampling comes through", async () => {
  const trainer = new worker.Trainer(small);
  const shares = [];
  await trainer.sample({ n: 5, steps: 8, onProgress: (share) => shares.push(share) });
  assert.equal(shares.at(-1), 1);
  trainer.dispose();
});

test("run: reports, lets other calls through, changes its rate, pauses", async () => {
  const trainer = new worker.Trainer(small);
  const reports = [];
  const run = trainer.run({ onReport: (report) => reports.push(report), stepsPerSecond: 40 });
  await sleep(300);
  const points = await trainer.sample({ n: 5, steps: 3 });
  assert.equal(points.points.shape[0], 5);
  const slow = trainer.steps;
  run.setRate(1e9);
  await sleep(300);
  const last = await run.pause();
  assert.equal(trainer.steps, last.step);
  assert.ok(last.step > slow);
  assert.ok(reports.length > 2 && reports.at(-1).losses.length > 0);
  assert.equal((await trainer.step(1)).step, last.step + 1);
  const controller = new AbortController();
  const other = trainer.run({ signal: controller.signal });
  await sleep(50);
  controller.abort();
  assert.ok((await other.done).step > last.step);
  assert.equal((await trainer.run({ untilStep: trainer.steps + 5 }).done).step, trainer.steps);
  trainer.dispose();
});

test("a run that fails rejects with the error", async () => {
  const trainer = new worker.Trainer({ ...small, lr: 1e30, clip: 0, warmup: 0 });
  await assert.rejects(trainer.run().done, refusal("NumericError", /./));
  trainer.dispose();
});

test("dispose of a trainer frees it there", async () => {
  const make = async () => {
    const trainer = new worker.Trainer(small);
    await trainer.step(1);
    trainer.dispose();
    await assert.rejects(trainer.step(), refusal("Disposed", /./, "step"));
  };
  await make();
  const before = await worker.bytesInUse();
  for (let i = 0; i < 10; ++i) await make();
  assert.ok((await worker.bytesInUse()) - before < slack);
});

test("dispose of the client ends what was waiting, and the Worker", async () => {
  const own = await createWorker({ variant: "scalar" });
  assert.equal(own.variant, "scalar");
  const trainer = new own.Trainer(small);
  const waiting = trainer.step(10_000_000);
  await sleep(50);
  own.dispose();
  own.dispose();
  await assert.rejects(waiting, refusal("Disposed", /./));
  await assert.rejects(own.dataset("moons"), refusal("Disposed", /./));
});

test("connect: a Worker of one's own, with bytes handed over", async () => {
  const thread = new Worker(new URL("worker.js", dist));
  after(() => thread.terminate());
  const own = await connect(thread, { wasmBinary: bytes, variant: "scalar" });
  assert.equal(own.variant, "scalar");
  assert.equal((await own.dataset("moons", { n: 3 })).points.shape[0], 3);
  own.dispose();
});

test("connect and serve: a MessagePort", async () => {
  const { port1, port2 } = new MessageChannel();
  serve(port2);
  const own = await connect(port1);
  const trainer = new own.Trainer(small);
  assert.equal((await trainer.step(3)).step, 3);
  own.dispose();
  port1.close();
});

test("a Worker that cannot start, or cannot load, says why", async () => {
  const nowhere = new URL("no-such-worker.js", dist);
  await assert.rejects(createWorker({ workerUrl: nowhere }), refusal("IoError", /Worker failed/));
  const wasmUrl = new URL("nowhere.wasm", dist);
  await assert.rejects(createWorker({ wasmUrl }), refusal("IoError", /nowhere\.wasm/, "load"));
  assert.ok(PathflowError.prototype instanceof Error);
});
