// Trainers in this thread.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "pathflow";
import { difference, refusal, shared, slack, small, withTrainer } from "./support.mjs";

const api = await shared;

test("training lowers the loss and the distance to the data", () => {
  withTrainer({ data: "moons", width: 64, depth: 2, batch: 128, seed: 1 }, (trainer) => {
    const { points } = api.dataset("moons", { n: 1000, seed: 9 });
    const distance = () => api.distance("sliced", trainer.sample({ n: 1000 }).points, points);
    const before = distance();
    const first = trainer.step(50);
    const last = trainer.step(600);
    assert.equal(last.step, 650);
    assert.equal(trainer.steps, 650);
    assert.ok(last.meanLoss < first.meanLoss, `${first.meanLoss} then ${last.meanLoss}`);
    assert.ok(last.gradientNorm > 0 && last.learningRate > 0);
    const after = distance();
    assert.ok(after < before / 2 && after < 0.35, `distance ${before} then ${after}`);
  });
});

test("options come back in full, in camelCase", () => {
  withTrainer({ ...small, lrSchedule: "cosine", timeFeatures: "fourier" }, ({ options }) => {
    assert.equal(options.lrSchedule, "cosine");
    assert.equal(options.timeFeatures, "fourier");
    assert.equal(options.width, 16);
    assert.equal(options.dimension, 2);
    assert.deepEqual(
      Object.keys(options).filter((key) => key.includes("_")),
      [],
    );
    assert.throws(() => (options.width = 3), TypeError);
  });
  withTrainer(undefined, (trainer) => {
    assert.deepEqual(trainer.options, api.defaults);
    assert.equal(trainer.parameters, 3 * 128 + 128 + 2 * (128 * 128 + 128) + 128 * 2 + 2);
  });
});

test("bad options are refused by name, with the nearest", () => {
  const refused = (options, words) =>
    assert.throws(() => new api.Trainer(options), refusal("InvalidArgument", words));
  refused({ width: 0 }, /width/);
  refused({ lr: NaN }, /lr/);
  refused({ schedule: "linaer" }, /did you mean "linear"/);
  refused({ batchSize: 3 }, /batch/);
  refused({ data: "mons" }, /moons/);
  refused({ seed: -1 }, /seed/);
  const rows = { data: new Float32Array(5), shape: [2, 2] };
  assert.throws(() => new api.Trainer({ data: rows }), refusal("ShapeError", /must hold 4/));
});

test("numbers that break a rule are refused with function, argument, rule and value", () => {
  const cases = [
    [{ steps: 0 }, /^Trainer: steps must be at least 1, got 0$/],
    [{ batch: 0 }, /^Trainer: batch must .*, got 0$/],
    [{ batch: 1.5 }, /^Trainer: batch must be an integer, got 1\.5$/],
    [{ lr: 0 }, /^Trainer: lr must be finite and positive, got 0$/],
    [{ lr: -0.1 }, /^Trainer: lr must be finite and positive, got -0\.1$/],
    [{ lr: NaN }, /^Trainer: lr must be a number, got "NaN"$/],
    [{ lr: Infinity }, /^Trainer: lr must be a number, got "Infinity"$/],
    [{ ema: 1 }, /^Trainer: ema must be in \[0, 1\), got 1$/],
    [{ clip: -1 }, /^Trainer: clip must be finite and not negative, got -1$/],
    [{ labelDropout: 2 }, /^Trainer: label_dropout must .*, got 2$/],
  ];
  for (const [options, words] of cases) {
    assert.throws(() => new api.Trainer(options), refusal("InvalidArgument", words));
  }
  withTrainer(small, (trainer) => {
    for (const [options, words] of [
      [{ n: 0 }, /^sample: n must be at least 1, got 0$/],
      [{ n: -3 }, /^sample: n must be at least 1, got -3$/],
      [{ n: NaN }, /^sample: n must be a whole number, got "NaN"$/],
      [{ steps: 0 }, /^sample: steps must .*, got 0$/],
      [{ sampler: "dopri5", rtol: NaN }, /^sample: rtol must be a number, got "NaN"$/],
      [{ sampler: "dopri5", rtol: -1 }, /^sample: rtol must .*, got -1$/],
      [{ sampler: "ddim", eta: -1 }, /^sample: eta must .*, got -1$/],
    ]) {
      assert.throws(() => trainer.sample(options), refusal("InvalidArgument", words));
    }
  });
});

test("the same seed gives the same bits, another seed others", () => {
  const run = (seed) => {
    return withTrainer({ ...small, seed }, (trainer) => [
      trainer.step(20).loss,
      trainer.sample({ n: 5 }).points.data,
    ]);
  };
  assert.deepEqual(run(1), run(1));
  assert.notDeepEqual(run(1)[1], run(2)[1]);
});

test("steps in one call, in many, and with callbacks are the same steps", () => {
  const losses = [];
  const one = withTrainer(small, (trainer) => trainer.step(30));
  const many = withTrainer(small, (trainer) => {
    for (let i = 0; i < 29; ++i) trainer.step();
    return trainer.step();
  });
  const told = withTrainer(small, (trainer) =>
    trainer.step(30, { onProgress: (report) => losses.push(report.step) }),
  );
  assert.equal(many.loss, one.loss);
  assert.equal(told.loss, one.loss);
  assert.ok(Math.abs(told.meanLoss - one.meanLoss) < 1e-9 * Math.abs(one.meanLoss));
  assert.equal(losses.at(-1), 30);
});

test("step refuses bad counts", () => {
  withTrainer(small, (trainer) => {
    for (const k of [0, -1, 0.5, NaN, Infinity, "3", 2 ** 40]) {
      assert.throws(() => trainer.step(k), refusal("InvalidArgument", /k must be a whole/, "step"));
    }
    assert.equal(trainer.steps, 0);
  });
});

test("an abort between slices keeps the steps taken", () => {
  withTrainer(small, (trainer) => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const onProgress = ({ step }) => step >= 10 && controller.abort(reason);
    assert.throws(
      () => trainer.step(1_000_000, { signal: controller.signal, onProgress }),
      (error) => error === reason,
    );
    assert.ok(trainer.steps >= 10 && trainer.steps < 1_000_000);
    assert.throws(() => trainer.step(1, { signal: AbortSignal.abort() }), { name: "AbortError" });
    assert.throws(() => trainer.sample({ signal: AbortSignal.abort() }), { name: "AbortError" });
  });
});

test("sample gives any number of points, from one up", () => {
  withTrainer(small, (trainer) => {
    trainer.step(5);
    const all = trainer.sample({ n: 700, steps: 5 }).points.data;
    for (const n of [1, 2, 3, 63, 64, 65, 257, 700]) {
      const { points, trajectories, times, straightness } = trainer.sample({ n, steps: 5 });
      assert.deepEqual(points.shape, [n, 2]);
      // Row i does not depend on how many there are, to the last bits of a product's order.
      assert.ok(difference(points.data, all.subarray(0, 2 * n)) < 1e-5, `n ${n}`);
      assert.equal(trajectories ?? times ?? straightness, undefined);
    }
  });
});

test("every sampler moves the points, and counts its calls", () => {
  withTrainer({ ...small, schedule: "trig" }, (trainer) => {
    trainer.step(50);
    const calls = { euler: 10, midpoint: 20, heun: 20, rk4: 40, ddim: 10 };
    // "jump" is of few-step models alone: few-step.test.mjs.
    for (const sampler of api.names.samplers.filter((name) => name !== "jump")) {
      const { points, evaluations } = trainer.sample({ n: 20, sampler, steps: 10 });
      assert.ok(points.data.every(Number.isFinite), sampler);
      assert.ok(evaluations >= 10, `${sampler}: ${evaluations}`);
      if (sampler in calls) assert.equal(evaluations, calls[sampler], sampler);
    }
  });
});

test("trajectories: by default, by number, by times", () => {
  withTrainer(small, (trainer) => {
    trainer.step(5);
    const run = (trajectories) => trainer.sample({ n: 8, steps: 16, seed: 3, trajectories });
    const byDefault = run(true);
    assert.deepEqual(byDefault.trajectories.shape, [33, 8, 2]);
    assert.equal(byDefault.times[0], 1);
    assert.equal(byDefault.times[32], 0);
    assert.ok(byDefault.straightness >= 0 && byDefault.energy > 0);
    const start = trainer.start({ n: 8, seed: 3 });
    assert.deepEqual(byDefault.trajectories.data.subarray(0, 16), start.data);
    assert.deepEqual(byDefault.trajectories.data.slice(-16), byDefault.points.data);
    assert.deepEqual(run(5).times, Float64Array.of(1, 0.75, 0.5, 0.25, 0));
    assert.deepEqual(run([1, 0.5]).trajectories.shape, [2, 8, 2]);
    assert.equal(run(false).trajectories, undefined);
    assert.throws(() => run([0, 1]), refusal("InvalidArgument", /./));
    assert.throws(() => run(1), refusal("InvalidArgument", /keep/));
  });
});

test("points of one's own go to the source and come back", () => {
  withTrainer(small, (trainer) => {
    trainer.step(100);
    const start = { data: Float32Array.of(0.1, 0.2, -0.5, 0.7), shape: [2, 2] };
    const rk4 = { sampler: "rk4", steps: 50 };
    const { points } = trainer.sample({ ...rk4, start, toward: "source" });
    assert.ok(difference(points.data, start.data) > 0.01);
    const back = trainer.sample({ ...rk4, start: points });
    assert.ok(difference(back.points.data, start.data) < 1e-3);
    const wide = { data: new Float32Array(3), shape: [1, 3] };
    assert.throws(() => trainer.sample({ start: wide }), refusal("ShapeError", /start/));
  });
});

test("progress of sampling, its end, and its errors", () => {
  withTrainer(small, (trainer) => {
    const shares = [];
    trainer.sample({ n: 5, steps: 10, onProgress: (share) => shares.push(share) });
    assert.equal(shares.at(-1), 1);
    assert.deepEqual(
      shares,
      [...shares].sort((a, b) => a - b),
    );
    const own = new Error("mine");
    const stop = () => {
      throw own;
    };
    assert.throws(
      () => trainer.sample({ onProgress: stop }),
      (error) => error === own,
    );
    const inside = () => trainer.step();
    const check = refusal("InvalidArgument", /own progress callback/, "step");
    assert.throws(() => trainer.sample({ onProgress: inside }), check);
    const controller = new AbortController();
    const abort = () => controller.abort();
    const options = { signal: controller.signal, onProgress: abort };
    assert.throws(() => trainer.sample(options), { name: "AbortError" });
    assert.equal(trainer.sample({ n: 3 }).points.shape[0], 3);
  });
});

test("labels: learned, asked for, refused", () => {
  const rows = { data: new Float32Array(400), shape: [200, 2] };
  const labels = new Int32Array(200);
  for (let i = 0; i < 200; ++i) {
    labels[i] = i % 2;
    rows.data[2 * i] = labels[i] === 0 ? -2 : 2;
  }
  const options = {
    data: rows,
    labels,
    conditional: true,
    width: 32,
    depth: 2,
    batch: 64,
    lr: 0.01,
  };
  withTrainer(options, (trainer) => {
    assert.equal(trainer.options.classes, 2);
    trainer.step(400);
    for (const label of [0, 1]) {
      const { data } = trainer.sample({ n: 100, label, steps: 20 }).points;
      const near = data.filter((x, i) => i % 2 === 0 && Math.sign(x) === (label === 0 ? -1 : 1));
      assert.ok(near.length >= 90, `label ${label}: ${near.length} of 100`);
    }
    const mixed = trainer.sample({ n: 2, label: [0, 1] });
    assert.deepEqual(mixed.points.shape, [2, 2]);
    assert.throws(() => trainer.sample({ label: 2 }), refusal("InvalidArgument", /label/));
    const { points, labels: drawn } = trainer.data({ n: 40, seed: 1 });
    drawn.forEach((label, i) => assert.equal(points.data[2 * i], label === 0 ? -2 : 2));
  });
  withTrainer(small, (trainer) => {
    assert.throws(() => trainer.sample({ label: 0 }), refusal("InvalidArgument", /label/));
  });
});

test("a source of one's own is where samples start", () => {
  const source = { data: Float32Array.of(5, 5, 6, 6), shape: [2, 2] };
  withTrainer({ ...small, source }, (trainer) => {
    const { data } = trainer.start({ n: 50 });
    for (let i = 0; i < 50; ++i)
      assert.ok([5, 6].includes(data[2 * i]), `row ${i}: ${data[2 * i]}`);
  });
});

test("field: cell centres, quantities, the time used", () => {
  withTrainer(small, (trainer) => {
    trainer.step(5);
    const options = { t: 0.25, grid: 4, bounds: [-2, 2, -1, 3] };
    const v = trainer.field(options);
    assert.deepEqual(v.shape, [4, 4, 2]);
    assert.deepEqual(v.bounds, [-2, 2, -1, 3]);
    assert.equal(v.t, 0.25);
    const d = trainer.field({ ...options, quantity: "data" });
    for (let i = 0; i < 16; ++i) {
      const x = [-1.5 + (i % 4), -0.5 + Math.floor(i / 4)];
      for (const axis of [0, 1]) {
        const at = 2 * i + axis;
        assert.ok(Math.abs(d.data[at] - (x[axis] - 0.25 * v.data[at])) < 1e-5);
      }
    }
    assert.throws(() => trainer.field({ t: 1.5 }), refusal("InvalidArgument", /t must/, "field"));
    assert.throws(() => trainer.field({}), refusal("InvalidArgument", /t must be given/));
    assert.throws(() => trainer.field({ t: 0, quantity: "score" }), refusal("NumericError", /./));
  });
});

test("saved and restored, training goes on to the same bits", async () => {
  const own = await load();
  withTrainer(small, (trainer) => {
    trainer.step(25);
    const file = trainer.save();
    const again = own.restore(file);
    assert.equal(again.steps, 25);
    assert.deepEqual(again.options, trainer.options);
    assert.equal(again.step(10).loss, trainer.step(10).loss);
    assert.deepEqual(again.sample({ n: 9 }), trainer.sample({ n: 9 }));
    assert.deepEqual(own.restore(file.buffer).save(), file);
    assert.throws(() => own.restore(file.subarray(0, 100)), refusal("IoError", /./));
    assert.throws(() => own.restore(new Uint8Array()), refusal("IoError", /./));
  });
});

test("a run that diverges says so and stays as it was", () => {
  withTrainer({ ...small, lr: 1e30, clip: 0, warmup: 0 }, (trainer) => {
    assert.throws(() => trainer.step(500), refusal("NumericError", /loss|gradient/));
    const file = trainer.save();
    assert.throws(() => trainer.step(), refusal("NumericError", /./));
    assert.deepEqual(trainer.save(), file);
  });
});

test("dispose: twice, by symbol, and use after it", () => {
  const trainer = new api.Trainer(small);
  trainer.dispose();
  trainer.dispose();
  for (const method of [
    "step",
    "sample",
    "logDensity",
    "fokkerPlanck",
    "field",
    "data",
    "save",
    "run",
  ]) {
    assert.throws(
      () => trainer[method](method === "step" ? 1 : { t: 0.5 }),
      refusal("Disposed", /./, method),
    );
  }
  const other = new api.Trainer(small);
  other[Symbol.dispose ?? Symbol.for("Symbol.dispose")]();
  assert.throws(() => other.step(), refusal("Disposed", /./));
});

test("a hundred trainers leave no byte behind", async () => {
  const own = await load();
  const rows = { data: Float32Array.of(0, 0, 1, 1, 2, 0), shape: [3, 2] };
  const once = () => {
    const trainer = new own.Trainer({ ...small, data: rows });
    trainer.step(2);
    trainer.sample({ n: 50, trajectories: 3 });
    trainer.field({ t: 0.5 });
    trainer.logDensity({ grid: 3 });
    trainer.fokkerPlanck({ grid: 8, times: 2 });
    assert.throws(() => trainer.fokkerPlanck({ grid: 8, times: [0.5, 0.7] }));
    own.restore(trainer.save()).dispose();
    assert.throws(() => trainer.sample({ n: 0 }));
    trainer.dispose();
  };
  for (let i = 0; i < 5; ++i) once();
  const before = own.bytesInUse();
  for (let i = 0; i < 100; ++i) once();
  const grown = own.bytesInUse() - before;
  assert.ok(grown < slack, `${grown} bytes more after 100 trainers`);
});

test("forgotten trainers are freed by the collector", async (t) => {
  if (globalThis.gc === undefined) return t.skip("node runs without --expose-gc");
  const own = await load();
  new own.Trainer(small).dispose(); // what the library makes once and keeps
  const before = own.bytesInUse();
  (() => void new own.Trainer(small))();
  for (let i = 0; i < 20 && own.bytesInUse() > before + slack; ++i) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.ok(own.bytesInUse() <= before + slack);
});
