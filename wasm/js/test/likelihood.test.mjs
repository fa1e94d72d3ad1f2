// Densities of trained models in this thread.
import assert from "node:assert/strict";
import { test } from "node:test";
import { difference, refusal, small, withTrainer } from "./support.mjs";

test("the density of any model integrates to 1 on a grid", () => {
  for (const options of [small, { ...small, schedule: "trig", predict: "v" }]) {
    withTrainer(options, (trainer) => {
      trainer.step(30);
      const bounds = [-7, 7, -7, 7];
      const { logDensity, shape, mass, evaluations, ...rest } = trainer.logDensity({
        grid: 56,
        bounds,
        rtol: 1e-4,
        atol: 1e-4,
      });
      assert.deepEqual(shape, [56, 56]);
      assert.deepEqual(rest.bounds, bounds);
      assert.equal(logDensity.length, 56 * 56);
      assert.ok(Math.abs(mass - 1) < 2e-3, `mass ${mass}`);
      assert.ok(evaluations > 10);
    });
  }
});

test("what was learned of N(0, I) is its closed form", () => {
  const options = { data: "gaussian", width: 32, depth: 2, batch: 256, seed: 3 };
  withTrainer(options, (trainer) => {
    trainer.step(400);
    const { points } = trainer.data({ n: 300, seed: 5 });
    const { logDensity } = trainer.logDensity({ points, rtol: 1e-4, atol: 1e-4 });
    const mean = logDensity.reduce((sum, value) => sum + value, 0) / 300;
    const square = (i) => points.data[2 * i] ** 2 + points.data[2 * i + 1] ** 2;
    let exact = 0;
    for (let i = 0; i < 300; ++i) exact += (-square(i) / 2 - Math.log(2 * Math.PI)) / 300;
    assert.ok(mean < exact + 0.02 && mean > exact - 0.1, `${mean} for ${exact}`);
  });
});

test("samples with their density agree with the density at the samples", () => {
  withTrainer(small, (trainer) => {
    trainer.step(30);
    const solver = { sampler: "rk4", steps: 40 };
    const { points, logDensity } = trainer.sample({ ...solver, n: 300, logDensity: true });
    assert.deepEqual(points, trainer.sample({ ...solver, n: 300 }).points, "the same points");
    const there = trainer.logDensity({ ...solver, points });
    assert.deepEqual(there.shape, [300]);
    assert.equal(there.mass ?? there.bounds, undefined);
    assert.equal(there.evaluations, 160);
    assert.ok(difference(logDensity, there.logDensity) < 1e-3);
  });
});

test("random directions cost less and have the exact mean", () => {
  withTrainer(small, (trainer) => {
    trainer.step(30);
    const { points } = trainer.data({ n: 600, seed: 1 });
    const solver = { points, sampler: "rk4", steps: 10 };
    const exact = trainer.logDensity(solver).logDensity;
    const of = (options) =>
      trainer.logDensity({ ...solver, divergence: "hutchinson", ...options }).logDensity;
    const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const spread = (values) => Math.sqrt(mean(values.map((value, i) => (value - exact[i]) ** 2)));
    const one = of({ seed: 2 });
    // Five standard errors: a false alarm in 1.7 million.
    assert.ok(Math.abs(mean(one) - mean(exact)) < (5 * spread(one)) / Math.sqrt(600));
    assert.ok(spread(of({ probes: 16, seed: 2 })) < spread(one) / 2);
    assert.deepEqual(of({ seed: 2 }), one);
    assert.notDeepEqual(of({ seed: 3 }), one);
    // Rows of the second block have probes of their own.
    const twice = { data: new Float32Array(2 * 512), shape: [512, 2] };
    for (let i = 0; i < 512; ++i) twice.data.set(points.data.subarray(0, 2), 2 * i);
    const same = of({ points: twice });
    assert.notEqual(new Set(same.subarray(0, 256)).size, 1);
    assert.notDeepEqual(same.subarray(0, 256), same.subarray(256));
  });
});

test("refusals say what to do", () => {
  const refused = (options, words, trainerOptions = small, code = "InvalidArgument") =>
    withTrainer(trainerOptions, (trainer) =>
      assert.throws(() => trainer.logDensity(options), refusal(code, words)),
    );
  const points = { data: new Float32Array(4), shape: [2, 2] };
  refused({}, /^logDensity: either points or a grid must be given, got neither$/);
  refused({ points, grid: 3 }, /got both$/);
  refused({ grid: 0 }, /^logDensity: grid must be a whole number from 1 to 1024, got 0$/);
  refused({ grid: 3, bounds: [1, 1, 0, 1] }, /bounds must be/);
  refused({ grid: 3, divergence: "hutchinson", probes: 0 }, /probes must lie in .* got 0$/);
  refused({ grid: 3, divergence: "hutchison" }, /did you mean "hutchinson"/);
  refused({ grid: 3, sampler: "ddim" }, /solver \(a Runge-Kutta method\)/);
  refused({ grid: 3, rtol: NaN }, /rtol must be a number/);
  refused({ grid: 3, label: [0, 1] }, /one a row of 9, got 2$/, small, "ShapeError");
  refused({ grid: 3, label: 0 }, /unconditional/);
  const broken = { data: Float32Array.of(0, 0, 1, NaN), shape: [2, 2] };
  refused({ points: broken }, /^logDensity: points must be finite, got NaN in row 1$/);
  const wide = { data: new Float32Array(3), shape: [1, 3] };
  refused({ points: wide }, /a row/, small, "ShapeError");
  const general = { ...small, source: "rings" };
  refused({ grid: 3 }, /the source's density must be known/, general);
  withTrainer(small, (trainer) => {
    const sampled = (options, words) =>
      assert.throws(
        () => trainer.sample({ logDensity: true, ...options }),
        refusal("InvalidArgument", words),
      );
    sampled({ sampler: "euler-maruyama" }, /a Runge-Kutta method/);
    sampled({ trajectories: 3 }, /beside kept times/);
    sampled({ toward: "source" }, /lead to the data/);
  });
});

test("progress and abort", () => {
  withTrainer(small, (trainer) => {
    const shares = [];
    trainer.logDensity({ grid: 20, rtol: 1e-3, onProgress: (share) => shares.push(share) });
    assert.equal(shares.at(-1), 1);
    assert.deepEqual(
      shares,
      [...shares].sort((a, b) => a - b),
    );
    const controller = new AbortController();
    const stopped = {
      grid: 20,
      signal: controller.signal,
      onProgress: (share) => share > 0.3 && controller.abort(),
    };
    assert.throws(() => trainer.logDensity(stopped), { name: "AbortError" });
    assert.equal(trainer.step(1).step, 1);
  });
});
