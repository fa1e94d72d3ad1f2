// Everything of the api but trainers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "pathflow";
import { difference, refusal, shared, slack } from "./support.mjs";

const api = await shared;

test("names, datasets and defaults come from the library", () => {
  assert.deepEqual(api.names.schedules, [
    "linear",
    "linear-sigma-min",
    "polynomial",
    "trig",
    "vp-linear",
    "vp-cosine",
    "sub-vp",
    "ve",
    "edm",
    "ddpm-linear",
    "ddpm-scaled-linear",
    "ddpm-cosine",
  ]);
  assert.ok(api.names.samplers.includes("dopri5"));
  assert.ok(api.names.lrSchedules.includes("cosine"));
  assert.equal(Object.keys(api.names).length, 13);
  for (const [list, names] of Object.entries(api.names)) assert.ok(names.length > 0, list);
  const moons = api.datasets.find(({ name }) => name === "moons");
  assert.ok(moons.title.length > 0 && moons.description.length > 0);
  assert.equal(api.defaults.predict, "velocity");
  assert.equal(api.defaults.lrSchedule, "constant");
});

test("every data set draws, with labels where it has classes", () => {
  for (const { name, classes } of api.datasets) {
    const { points, labels } = api.dataset(name === "text:" ? "text:HI" : name, { n: 50, seed: 2 });
    assert.deepEqual(points.shape, [50, 2]);
    assert.ok(points.data.every(Number.isFinite), name);
    assert.equal(labels?.length, classes > 0 ? 50 : undefined, name);
    assert.ok(labels?.every((label) => label >= 0 && label < classes) ?? true);
  }
});

test("draws are a function of the seed, and longer ones begin the same", () => {
  const draw = (n, seed) => api.dataset("rings", { n, seed }).points.data;
  assert.deepEqual(draw(10, 1), draw(20, 1).subarray(0, 20));
  assert.notDeepEqual(draw(10, 1), draw(10, 2));
});

test("bad arguments are refused by name", () => {
  assert.throws(() => api.dataset("mons"), refusal("InvalidArgument", /did you mean "moons"/));
  for (const n of [0, -1, 1.5, NaN, Infinity, "10", 2 ** 32 + 5]) {
    const check = refusal("InvalidArgument", /n must be a whole number/, "dataset");
    assert.throws(() => api.dataset("moons", { n }), check);
  }
  for (const seed of [-1, 0.5, 2 ** 53, null]) {
    assert.throws(() => api.dataset("moons", { seed }), refusal("InvalidArgument", /seed/));
  }
});

test("a schedule's derivatives are its slopes, and a prediction's weights what they are named", () => {
  const close = (a, b, what) => assert.ok(Math.abs(a - b) < 1e-5 * (1 + Math.abs(a)), what);
  const h = 1e-6;
  for (const name of api.names.schedules) {
    const times = Float64Array.of(0.3, 0.3 + h, 0.8, 0.8 + h);
    const { alpha, sigma, alphaDot, sigmaDot, a, b } = api.schedule(name, { times });
    for (const k of [0, 2]) {
      close(alphaDot[k], (alpha[k + 1] - alpha[k]) / h, `${name}: alpha`);
      close(sigmaDot[k], (sigma[k + 1] - sigma[k]) / h, `${name}: sigma`);
    }
    assert.deepEqual([a, b], [alphaDot, sigmaDot], "velocity is the default");
    const v = api.schedule(name, { times, predict: "v" });
    assert.deepEqual([v.a.map((x) => -x), v.b], [sigma, alpha]);
  }
  const { alpha, sigma } = api.schedule("linear", { times: [0, 0.25, 1] });
  assert.deepEqual([...alpha, ...sigma], [1, 0.75, 0, 0, 0.25, 1]);
});

test("a schedule says where it is singular, and refuses bad times", () => {
  const score = api.schedule("linear", { times: [0, 1], predict: "score" });
  assert.deepEqual([...score.b], [-Infinity, -1]);
  assert.ok(score.tMin > 0 && score.tMax < 1, "a score alone tells no velocity at either end");
  const velocity = api.schedule("linear", { times: [0] });
  assert.deepEqual([velocity.tMin, velocity.tMax], [0, 1]);
  const refused = refusal("InvalidArgument", /times/, "schedule");
  for (const times of [[], [2], [-1], [NaN], ["0"]]) {
    assert.throws(() => api.schedule("linear", { times }), refused);
  }
  assert.throws(
    () => api.schedule("linea", { times: [0] }),
    refusal("InvalidArgument", /did you mean "linear"/),
  );
});

test("a density integrates to one", () => {
  const { data, shape, bounds } = api.density("8gaussians", { grid: 200, bounds: [-8, 8, -8, 8] });
  assert.deepEqual(shape, [200, 200]);
  assert.deepEqual(bounds, [-8, 8, -8, 8]);
  const mass = data.reduce((sum, p) => sum + p, 0) * (16 / 200) ** 2;
  assert.ok(Math.abs(mass - 1) < 0.01, `mass ${mass}`);
  const log = api.density("8gaussians", { grid: 200, bounds: [-8, 8, -8, 8], log: true }).data;
  assert.ok(difference(data, log.map(Math.exp)) < 1e-6);
});

test("a density is refused where it is unknown, and for bad grids", () => {
  assert.throws(() => api.density("mons"), refusal("InvalidArgument", /moons/));
  for (const { name } of api.datasets.filter(({ hasDensity }) => !hasDensity)) {
    assert.throws(() => api.density(name), refusal("InvalidArgument", /density/));
  }
  const upside = { bounds: [1, 0, 0, 1] };
  assert.throws(() => api.density("8gaussians", upside), refusal("InvalidArgument", /xmin < xmax/));
  assert.throws(() => api.density("moons", { grid: 0 }), refusal("InvalidArgument", /grid/));
});

test("distances of two shifted samples are the shift, of equal ones zero", () => {
  const { points } = api.dataset("moons", { n: 100 });
  const shifted = { data: points.data.map((x, i) => (i % 2 === 0 ? x + 3 : x)), shape: [100, 2] };
  assert.ok(Math.abs(api.distance("w2", points, shifted) - 3) < 1e-5);
  for (const metric of api.names.metrics) {
    assert.ok(api.distance(metric, points, points) < 1e-6, metric);
    assert.ok(api.distance(metric, points, shifted) > 0.1, metric);
  }
});

test("distances refuse what does not fit", () => {
  const a = { data: new Float32Array(8), shape: [4, 2] };
  const refused = (b, code, words) =>
    assert.throws(() => api.distance("w2", a, b), refusal(code, words));
  refused({ data: new Float32Array(6), shape: [3, 2] }, "ShapeError", /./);
  refused({ data: new Float32Array(6), shape: [4, 2] }, "ShapeError", /must hold 8 numbers/);
  refused({ data: new Float32Array(0), shape: [0, 2] }, "ShapeError", /at least 1/);
  refused({ data: [1, 2], shape: [1, 2] }, "InvalidArgument", /Float32Array/);
  refused(undefined, "InvalidArgument", /must not be NULL|Float32Array/);
  assert.throws(() => api.distance("w9", a, a), refusal("InvalidArgument", /w2/));
});

test("a floor falls as the sample grows", () => {
  const at = (n) => api.floor("sliced", "moons", n, { repeats: 8 });
  const few = at(50);
  const many = at(2000);
  assert.ok(many > 0 && many < few, `${few} then ${many}`);
  assert.equal(at(50), few);
  const check = refusal("InvalidArgument", /repeats/);
  assert.throws(() => api.floor("sliced", "moons", 50, { repeats: 0 }), check);
});

test("npy files: written, read, refused", () => {
  const array = { data: Float32Array.of(1, 2, 3, 4, 5.5, -6), shape: [3, 2] };
  const file = api.writeNpy(array);
  assert.equal(String.fromCharCode(...file.subarray(1, 6)), "NUMPY");
  assert.deepEqual(api.readNpy(file), array);
  assert.deepEqual(api.readNpy(file.buffer), array);
  const cube = api.writeNpy({ data: new Float32Array(24), shape: [2, 3, 4] });
  assert.match(new TextDecoder().decode(cube.subarray(0, 128)), /\(2, 3, 4\)/);
  assert.throws(() => api.readNpy(new Uint8Array([1, 2, 3])), refusal("IoError", /./));
  const four = { data: new Float32Array(1), shape: [1, 1, 1, 1] };
  assert.throws(() => api.writeNpy(four), refusal("ShapeError", /1 to 3/));
});

test("results outlive the growth of memory", async () => {
  const own = await load();
  const first = own.dataset("moons", { n: 1000 });
  const before = first.points.data.slice();
  const large = own.dataset("moons", { n: 4_000_000 }); // more than the memory it starts with
  assert.equal(large.points.data.length, 8_000_000);
  assert.deepEqual(first.points.data, before);
  assert.deepEqual(large.points.data.subarray(0, 2000), before);
  assert.deepEqual(own.dataset("moons", { n: 1000 }).points.data, before);
});

test("more than there is memory for is an error, and the next call works", async () => {
  const own = await load();
  const before = own.bytesInUse();
  const ask = () => own.native.scoped((scope) => scope.room(3e9));
  assert.throws(ask, refusal("OutOfMemory", /out of memory/, "pf_allocate_bytes"));
  assert.equal(own.dataset("moons", { n: 10 }).points.data.length, 20);
  assert.ok(own.bytesInUse() - before < slack);
});

test("dispose frees the trainers and refuses everything after", async () => {
  const own = await load();
  const trainer = new own.Trainer({ width: 4, depth: 1, batch: 4 });
  own.dispose();
  own.dispose();
  assert.throws(() => own.dataset("moons"), refusal("Disposed", /api was disposed/, "dataset"));
  assert.throws(() => trainer.step(), refusal("Disposed", /trainer was disposed/, "step"));
});
