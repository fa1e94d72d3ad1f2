// One contender at a time, one short job at a time: the runner (../run.mjs) interleaves them.
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

async function contender(name, batch) {
  const key = `${name}/${batch}`;
  if (!contenders.has(key)) {
    const made = await makers[name](batch);
    contenders.set(key, { made, draw: batches(batch), start: startPoints(2000) });
    await train(name, batch, 0.5); // compiled, tiered up, caches warm
  }
  return contenders.get(key);
}

/** Trains for about `seconds` and returns steps per second. */
async function train(name, batch, seconds) {
  const { made, draw } = await contender(name, batch);
  let steps = 0;
  const begin = performance.now();
  let elapsed = 0;
  while (elapsed < seconds) {
    await made.train(10, draw);
    steps += 10;
    elapsed = (performance.now() - begin) / 1000;
  }
  return steps / elapsed;
}

/** Seconds to carry 2,000 particles through 100 Euler steps. */
async function sample(name) {
  const { made, start } = await contender(name, 256);
  const begin = performance.now();
  const points = await made.sample(2000, 100, start);
  if (points.length !== 4000 || !points.every(Number.isFinite))
    throw new Error(`${name}: bad samples`);
  return (performance.now() - begin) / 1000;
}

globalThis.bench = { train, sample };
