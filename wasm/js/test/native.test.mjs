// One file for both: trained here it samples natively to the same numbers, and the reverse.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { difference, root, shared } from "./support.mjs";

/** 40 RK4-free Heun steps of float32 networks whose products sum in another order. */
const tolerance = 1e-4;

const command = [
  process.env.PATHFLOW_COMMAND ?? "",
  join(root, "build/release/lib/cli/pathflow"),
  join(root, "build/dev/lib/cli/pathflow"),
].find((path) => path !== "" && existsSync(path));
const skip = command === undefined && "no native pathflow command is built (PATHFLOW_COMMAND)";

const api = await shared;
const folder = mkdtempSync(join(tmpdir(), "pathflow-js-"));
after(() => rmSync(folder, { recursive: true }));
const native = (...args) => promisify(execFile)(command, args, { cwd: folder });

test("trained here, it samples natively to the same numbers", { skip }, async () => {
  const trainer = new api.Trainer({ data: "moons", width: 64, depth: 3, batch: 128, seed: 11 });
  trainer.step(300);
  writeFileSync(join(folder, "here.safetensors"), trainer.save());
  const options = ["--n", "500", "--steps", "40", "--sampler", "heun", "--seed", "4"];
  await native("sample", "--model", "here.safetensors", ...options, "--out", "there.npy");
  const there = api.readNpy(readFileSync(join(folder, "there.npy")));
  const here = trainer.sample({ n: 500, steps: 40, sampler: "heun", seed: 4 }).points;
  assert.deepEqual(there.shape, here.shape);
  const far = difference(there.data, here.data);
  assert.ok(far < tolerance, `largest difference ${far}`);
  trainer.dispose();
});

test("trained natively, it samples here to the same numbers, and goes on", { skip }, async () => {
  const net = ["--width", "64", "--depth", "3", "--batch", "128", "--seed", "2"];
  const run = ["--data", "rings", "--steps", "300", ...net];
  await native("train", ...run, "--out", "there.safetensors");
  const trainer = api.restore(readFileSync(join(folder, "there.safetensors")));
  assert.equal(trainer.steps, 300);
  assert.equal(trainer.options.data, "rings");
  const options = ["--n", "500", "--steps", "40", "--sampler", "midpoint", "--seed", "4"];
  await native("sample", "--model", "there.safetensors", ...options, "--out", "native.npy");
  const there = api.readNpy(readFileSync(join(folder, "native.npy")));
  const here = trainer.sample({ n: 500, steps: 40, sampler: "midpoint", seed: 4 }).points;
  const far = difference(there.data, here.data);
  assert.ok(far < tolerance, `largest difference ${far}`);
  assert.equal(trainer.step(5).step, 305);
  trainer.dispose();
});
