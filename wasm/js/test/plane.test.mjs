// Densities on a grid: the Fokker-Planck equation of a trained model, histograms, distances.
import assert from "node:assert/strict";
import { test } from "node:test";
import { planeDistance, planeHistogram } from "pathflow";
import { difference, refusal, small, withTrainer } from "./support.mjs";

const bounds = [-5, 5, -5, 5];

/** The density at the last time. */
function last({ densities: { data, shape } }) {
  const [times, rows, columns] = shape;
  return { data: data.slice((times - 1) * rows * columns), shape: [rows, columns] };
}

test("it is the density that the likelihood gives, and the particles' too", () => {
  withTrainer(small, (trainer) => {
    trainer.step(100);
    const grid = 40;
    const result = trainer.fokkerPlanck({ grid, bounds, times: 5 });
    assert.deepEqual(result.densities.shape, [5, grid, grid]);
    assert.deepEqual(result.times, Float64Array.of(1, 0.75, 0.5, 0.25, 0));
    assert.deepEqual(result.bounds, bounds);
    assert.ok(Math.abs(result.mass - 1) < 1e-9 && Math.abs(result.massChange) < 1e-12);
    assert.ok(result.least >= 0 && result.steps > 20);
    assert.equal(result.evaluations, 33);
    const solver = { sampler: "rk4", steps: 20 };
    const { logDensity } = trainer.logDensity({ grid, bounds, ...solver });
    const exact = { data: Float32Array.from(logDensity, Math.exp), shape: [grid, grid] };
    const error = planeDistance(last(result), exact, bounds);
    assert.ok(error < 0.06, `${error} from the likelihood's`);
    // Particles: their distance is their own noise, which falls as 1 / sqrt(n).
    const far = [1000, 16000].map((n) => {
      const { points } = trainer.sample({ n, ...solver });
      return planeDistance(last(result), planeHistogram(points, { grid, bounds }), bounds);
    });
    assert.ok(far[1] < 0.4 * far[0] && far[1] < 0.2, `${far}`);
  });
});

test("every diffusion leads to the same density", () => {
  withTrainer(small, (trainer) => {
    trainer.step(300);
    const at = (diffusion) =>
      last(trainer.fokkerPlanck({ grid: 32, bounds, times: [0.5], diffusion, knots: 17 }));
    const ode = at("zero");
    const sde = at("sigma");
    // A network this small knows no law exactly, and so leaves the two apart; strangers are at 2.
    const far = planeDistance(ode, sde, bounds);
    assert.ok(far < 0.25, `${far}`);
  });
});

test("from the data to the source, and from a density of one's own", () => {
  withTrainer(small, (trainer) => {
    const there = trainer.fokkerPlanck({ grid: 16, bounds, times: [0, 1], toward: "source" });
    assert.deepEqual(there.times, Float64Array.of(0, 1));
    const { points } = trainer.data({ n: 2 ** 18 });
    const data = planeHistogram(points, { grid: 16, bounds });
    const first = { data: there.densities.data.slice(0, 256), shape: [16, 16] };
    assert.ok(difference(first.data, data.data) < 1e-6);
    const own = trainer.fokkerPlanck({
      grid: 16,
      bounds,
      times: [0, 1],
      toward: "source",
      density: first,
    });
    assert.ok(difference(own.densities.data, there.densities.data) < 1e-5);
  });
  withTrainer({ ...small, source: "rings" }, (trainer) => {
    const { mass } = trainer.fokkerPlanck({ grid: 16, times: 2 });
    assert.ok(mass > 0.99 && mass < 1.001);
  });
});

test("progress, abort and refusals", () => {
  withTrainer(small, (trainer) => {
    const shares = [];
    trainer.fokkerPlanck({ grid: 8, onProgress: (share) => shares.push(share) });
    assert.equal(shares[0], 0);
    assert.equal(shares.at(-1), 1);
    const controller = new AbortController();
    const onProgress = (share) => share > 0.4 && controller.abort();
    assert.throws(() => trainer.fokkerPlanck({ grid: 8, signal: controller.signal, onProgress }), {
      name: "AbortError",
    });
    const refused = (options, words, code = "InvalidArgument") =>
      assert.throws(() => trainer.fokkerPlanck(options), refusal(code, words));
    refused({ grid: 1 }, /grid must .* got 1$/);
    refused({ bounds: [1, 0, 0, 1] }, /bounds must be/);
    refused({ bounds: [0, 1, 0, 1] }, /the grid must hold the law it begins with/);
    refused({ diffusion: "g3" }, /g2/);
    refused({ diffusion: "sigma", diffusionScale: -1 }, /diffusion_scale must .* got -1$/);
    refused({ times: 1 }, /times must be a whole number/);
    refused({ times: [0.5, 0.7] }, /must not lie behind/);
    refused({ times: [2] }, /t must lie/);
    refused({ knots: 1 }, /knots must/);
    refused(
      { density: { data: new Float32Array(4), shape: [2, 2] } },
      /density rows/,
      "ShapeError",
    );
    assert.equal(trainer.step().step, 1);
  });
  withTrainer({ ...small, source: "rings" }, (trainer) => {
    const check = refusal("InvalidArgument", /needs the score/);
    assert.throws(() => trainer.fokkerPlanck({ diffusion: "sigma" }), check);
  });
});

test("histograms count, and distances integrate", () => {
  const points = { data: Float32Array.of(0.5, 0.5, 1.5, 1.5, 1.5, 1.5, -1, 0), shape: [4, 2] };
  const counted = planeHistogram(points, { grid: 2, bounds: [0, 2, 0, 2] });
  assert.deepEqual([...counted.data], [0.25, 0, 0, 0.5]);
  assert.equal(counted.outside, 1);
  const even = { data: new Float32Array(4).fill(0.25), shape: [2, 2] };
  assert.equal(planeDistance(counted, even, [0, 2, 0, 2]), 0.75);
  const flat = { data: new Float32Array(4), shape: [4] };
  assert.throws(() => planeDistance(even, flat, bounds), refusal("ShapeError", /shape of a/));
  assert.throws(() => planeHistogram(flat), refusal("ShapeError", /must be \[n, 2\]/));
});
