// The runs of determinism_test.cpp, compiled by gcc and by clang, and by the module in
// WebAssembly: lib/docs/numerics.md says which of the bits agree, and why.
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { load } from "../../wasm/dist/index.js";
import { variantsOf } from "../../wasm/dist/internals.js";
import { cmakeBuild } from "../../lib/build/build.mjs";
import { buildFolder, root } from "../../lib/build/progress.mjs";
import { emptyFolder, sh } from "../support/scratch.mjs";

let folder;
let gcc;

before(async () => {
  folder = emptyFolder("determinism");
  gcc = await hashes(buildFolder("release/tests/test_determinism"));
});

after(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

/** The hashes that the native test finds on this machine: { exact: { unfused, fused }, library }. */
async function hashes(program) {
  const report = join(folder, "report.json");
  await sh(program, ["--gtest_filter=Determinism.*", `--gtest_output=json:${report}`]);
  const tests = JSON.parse(readFileSync(report, "utf8")).testsuites[0].testsuite;
  assert.equal(tests.length, 2);
  const [exact, library] = tests.map(({ unfused, fused }) => ({ unfused, fused }));
  return { exact, library };
}

const clang = await sh("clang++", ["--version"]).then(
  () => false,
  () => "clang is not installed",
);

test("clang gives gcc's bits", { skip: clang }, async () => {
  // With the fuzzers' library: another compiler, another level of optimisation, and sanitizers watching.
  await cmakeBuild("fuzz", ["test_determinism"], () => {});
  assert.deepEqual(await hashes(buildFolder("fuzz/tests/test_determinism")), gcc);
});

/** FNV-1a over the bits of floats, as determinism_test.cpp. */
function hashOf(floats) {
  let hash = 14695981039346656037n;
  for (const bits of new Uint32Array(Float32Array.from(floats).buffer))
    hash = BigInt.asUintN(64, (hash ^ BigInt(bits)) * 1099511628211n);
  return hash.toString(16).padStart(16, "0");
}

async function moduleHash(variant) {
  const api = await load({ variant });
  const trainer = new api.Trainer({
    data: "moons",
    coupling: "ot",
    width: 40,
    depth: 2,
    batch: 300,
    lrSchedule: "cosine",
    steps: 30,
    warmup: 5,
    seed: 11,
  });
  const { loss } = trainer.step(30);
  const { points } = trainer.sample({ n: 400, sampler: "heun", steps: 10, seed: 5 });
  return hashOf([loss, ...points.data]);
}

const wasm = readFileSync(join(root, "wasm/dist/pathflow.wasm"));
for (const variant of variantsOf(await WebAssembly.compile(wasm))) {
  test(`the module gives native's bits (${variant})`, async () => {
    const { unfused, fused } = gcc.exact;
    const hash = await moduleHash(variant);
    // Relaxed SIMD fuses where the processor does.
    if (variant.startsWith("relaxed")) assert.ok([unfused, fused].includes(hash));
    else assert.equal(hash, unfused);
  });
}
