// Disassembles the WebAssembly files: SIMD must be in the builds that promise it, and in no other.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../../lib/build/progress.mjs";

const file = (name) => join(root, "wasm/dist", name);

/** How often each instruction occurs, by name. */
function instructions(name) {
  const args = ["-d", file(name)];
  const text = execFileSync("wasm-objdump", args, { encoding: "utf8", maxBuffer: 1 << 28 });
  const counts = new Map();
  for (const [, op] of text.matchAll(/\| (?:<.*> )?([a-z][\w.]*)/g)) {
    counts.set(op, (counts.get(op) ?? 0) + 1);
  }
  return counts;
}

const vector = /^(v128|i8x16|i16x8|i32x4|i64x2|f32x4|f64x2)\./;
const total = (counts, pattern) =>
  [...counts].reduce((sum, [op, count]) => (pattern.test(op) ? sum + count : sum), 0);

test("the SIMD build multiplies, adds, loads and stores four floats at a time", () => {
  const counts = instructions("pathflow.wasm");
  assert.ok(counts.size > 50, "wasm-objdump's text is read");
  for (const op of ["f32x4.mul", "f32x4.add", "v128.load", "v128.store"]) {
    assert.ok(counts.get(op) >= 50, `${op} occurs ${counts.get(op) ?? 0} times`);
  }
});

test("the scalar build has no SIMD instruction", () => {
  const counts = instructions("pathflow-scalar.wasm");
  assert.ok(counts.get("f32.mul") >= 10, "wasm-objdump's text is read");
  assert.equal(total(counts, vector), 0);
});

test("the relaxed build holds the finished standard's multiply-add", () => {
  // wabt 1.0.32 does not know relaxed SIMD, so the encoding itself is looked for:
  // 0xfd, then 0x105 in LEB128.
  const bytes = readFileSync(file("pathflow-relaxed.wasm"));
  let found = 0;
  for (let at = bytes.indexOf(0xfd); at >= 0; at = bytes.indexOf(0xfd, at + 1)) {
    if (bytes[at + 1] === 0x85 && bytes[at + 2] === 0x02) ++found;
  }
  assert.ok(found >= 20, `f32x4.relaxed_madd occurs ${found} times`);
});

test("each build validates with no more than its features", () => {
  for (const name of ["pathflow.wasm", "pathflow-scalar.wasm"]) {
    assert.ok(WebAssembly.validate(readFileSync(file(name))), name);
  }
  // Node 20 runs relaxed SIMD only where asked to.
  const script = `process.exit(WebAssembly.validate(require("node:fs").readFileSync(process.argv[1])) ? 0 : 1)`;
  const flags = process.versions.node.startsWith("20.") ? ["--experimental-wasm-relaxed-simd"] : [];
  execFileSync("node", [...flags, "-e", script, file("pathflow-relaxed.wasm")]);
});
