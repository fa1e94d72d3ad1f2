// Makes public/pretrained.safetensors: the network that the page opens with, trained by the module
// in Node with the page's own first choices. Run it after changing those or the file's format:
//   npm run build:js && node web/make-pretrained.mjs
import { writeFileSync } from "node:fs";
import { load } from "../wasm/dist/index.js";

// As `defaults` in src/choices.ts; tests/web/open.spec.mjs finds out if they part.
const options = {
  data: "8gaussians",
  source: "gaussian",
  schedule: "linear",
  predict: "velocity",
  coupling: "independent",
  width: 48,
  depth: 3,
  batch: 256,
  lr: 0.002,
  seed: 7,
};
const steps = 3000;

const api = await load();
const trainer = new api.Trainer(options);
const { meanLoss } = trainer.step(steps);
const bytes = trainer.save();
writeFileSync(new URL("public/pretrained.safetensors", import.meta.url), bytes);
const { points } = trainer.sample({ n: 1200, steps: 16 });
const distance = api.distance("sliced", points, trainer.data({ n: 1200, seed: 1 }).points);
console.log(`${steps} steps, loss ${meanLoss.toFixed(3)}, sliced W2 ${distance.toFixed(3)}`);
console.log(`${(bytes.length / 1024).toFixed(1)} KB`);
api.dispose();
