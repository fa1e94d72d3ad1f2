// Disassembles what the module ships: the library itself must run on an engine with no SIMD, and the
// kernels it carries in a custom section must be made of SIMD.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root } from "../../lib/build/progress.mjs";
import { kernelsOf } from "../../wasm/dist/internals.js";
import { emptyFolder } from "../support/scratch.mjs";

const shipped = join(root, "wasm/dist/pathflow.wasm");
const parts = {};
let folder;

before(async () => {
  folder = emptyFolder("simd");
  const module = await WebAssembly.compile(readFileSync(shipped));
  for (const name of ["simd", "relaxed"]) {
    const bytes = kernelsOf(module, name);
    assert.ok(bytes, `pathflow.wasm carries ${name} kernels`);
    parts[name] = join(folder, `${name}.wasm`);
    writeFileSync(parts[name], bytes);
  }
});

after(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

/** How often each instruction occurs, by name. */
function instructions(file) {
  const text = execFileSync("wasm-objdump", ["-d", file], { encoding: "utf8", maxBuffer: 1 << 28 });
  const counts = new Map();
  for (const [, op] of text.matchAll(
    /^ [0-9a-f]+:(?: [0-9a-f]{2})+ *\|\s+([a-z]\w*(?:\.\w+)*)/gm,
  )) {
    counts.set(op, (counts.get(op) ?? 0) + 1);
  }
  return counts;
}

test("the SIMD kernels multiply, add, load and store four floats at a time", (context) => {
  const counts = instructions(parts.simd);
  for (const op of ["f32x4.mul", "f32x4.add", "v128.load", "v128.store"]) {
    context.diagnostic(`${op}: ${counts.get(op)}`);
    assert.ok(counts.get(op) >= 50, `${op} occurs ${counts.get(op) ?? 0} times`);
  }
});

test("the library has no SIMD instruction", () => {
  const counts = instructions(shipped);
  assert.ok(counts.get("f32.mul") >= 10, "wasm-objdump's text is read");
  const vector = /^(v128|i8x16|i16x8|i32x4|i64x2|f32x4|f64x2)\./;
  assert.deepEqual(
    [...counts.keys()].filter((op) => vector.test(op)),
    [],
  );
});

test("the relaxed kernels hold the finished standard's multiply-add", (context) => {
  // wabt 1.0.32 does not know relaxed SIMD, so the encoding itself is looked for: 0xfd, then 0x105
  // in LEB128.
  const bytes = readFileSync(parts.relaxed);
  let found = 0;
  for (let at = bytes.indexOf(0xfd); at >= 0; at = bytes.indexOf(0xfd, at + 1)) {
    if (bytes[at + 1] === 0x85 && bytes[at + 2] === 0x02) ++found;
  }
  context.diagnostic(`f32x4.relaxed_madd: ${found}`);
  assert.ok(found >= 20, `f32x4.relaxed_madd occurs ${found} times`);
});

test("every part validates with no more than its features", () => {
  assert.ok(WebAssembly.validate(readFileSync(shipped)));
  assert.ok(WebAssembly.validate(readFileSync(parts.simd)));
  // Node 20 runs relaxed SIMD only where asked to.
  const script = `process.exit(WebAssembly.validate(require("node:fs").readFileSync(process.argv[1])) ? 0 : 1)`;
  const flags = process.versions.node.startsWith("20.") ? ["--experimental-wasm-relaxed-simd"] : [];
  execFileSync("node", [...flags, "-e", script, parts.relaxed]);
});
