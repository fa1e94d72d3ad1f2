// What the module's tests share.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { load, PathflowError } from "pathflow";
import { variantsOf } from "../../dist/internals.js";

export const root = fileURLToPath(new URL("../../..", import.meta.url));
export const dist = new URL("../../dist/", import.meta.url);

/** A run that trains in a moment. */
export const small = { data: "moons", width: 16, depth: 2, batch: 32, seed: 5 };

/** One api for tests that leave nothing behind. */
export const shared = load();
const api = await shared;

/** Runs body with a trainer that does not outlive it. */
export function withTrainer(options, body) {
  const trainer = new api.Trainer(options);
  try {
    return body(trainer);
  } finally {
    trainer.dispose();
  }
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The module's one file. */
export const file = new URL("pathflow.wasm", dist);
export const bytes = await readFile(file);

/** The kernels that this engine runs, best first. */
export const variants = variantsOf(await WebAssembly.compile(bytes));

/** Bytes by which the allocator's count may differ for the same contents: it rounds each block to what
 * lay free. A trainer holds a hundred times as much. */
export const slack = 1024;

/** A check for assert.throws and assert.rejects: a PathflowError of this code and these words. */
export function refusal(code, words, where) {
  return (error) => {
    assert.ok(error instanceof PathflowError, `expected a PathflowError, got ${error?.stack}`);
    assert.equal(error.name, "PathflowError");
    assert.equal(error.code, code, error.message);
    assert.match(error.message, words);
    assert.ok(error.where.length > 0);
    assert.ok(error.message.startsWith(`${error.where}: `), error.message);
    if (where !== undefined) assert.equal(error.where, where);
    return true;
  };
}

/** Largest |a - b|. */
export function difference(a, b) {
  assert.equal(a.length, b.length);
  let most = 0;
  for (let i = 0; i < a.length; ++i) most = Math.max(most, Math.abs(a[i] - b[i]));
  return most;
}
