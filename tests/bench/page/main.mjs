// One contender at a time, one short job at a time: the runner (../run.mjs) interleaves them. Training
// is timed in slices of a few milliseconds, so that on a busy machine some of them are undisturbed.
import { load } from "pathflow";
import * as jaxjs from "../peers/jaxjs.mjs";
import { batches, startPoints } from "../peers/job.mjs";
import * as tfjs from "../peers/tfjs.mjs";
import { own } from "../own.mjs";

const makers = {
  "wasm-relaxed": (batch) => own(load, { variant: "relaxed" }, batch),
  "wasm-simd": (batch) => own(load, { variant: "simd" }, batch),
  "wasm-scalar": (batch) => own(load, { variant: "scalar" }, batch),
  "jax-js": (batch) => jaxjs.create({ batch }),
  "TF.js": (batch) => tfjs.create({ batch, wasmPath: new URL("./tfjs/", location.href).href }),
};
const contenders = new Map();
const sliceMilliseconds = 6;

async function contender(name, batch) {
  const key = `${name}/${batch}`;
  if (!contenders.has(key)) {
    const one = { made: await makers[name](batch), draw: batches(batch), start: startPoints(2000) };
    const warm = performance.now(); // compiled, tiered up, caches warm
    let steps = 0;
    for (; performance.now() - warm < 500; steps += 5) await one.made.train(5, one.draw);
    const perStep = (performance.now() - warm) / steps;
    one.slice = Math.max(1, Math.round(sliceMilliseconds / perStep));
    contenders.set(key, one);
  }
  return contenders.get(key);
}

/** Trains for about `seconds`; steps per second of each slice. */
async function train(name, batch, seconds) {
  const { made, draw, slice } = await contender(name, batch);
  const rates = [];
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end) {
    const begin = performance.now();
    await made.train(slice, draw);
    rates.push((1000 * slice) / (performance.now() - begin));
  }
  return rates;
}

/** Jobs a second; a job carries 2,000 particles through 100 Euler steps. */
async function sample(name) {
  const { made, start } = await contender(name, 256);
  const begin = performance.now();
  const points = await made.sample(2000, 100, start);
  const elapsed = performance.now() - begin;
  if (points.length !== 4000 || !points.every(Number.isFinite))
    throw new Error(`${name}: bad samples`);
  return [1000 / elapsed];
}

globalThis.bench = { train, sample };
