#!/usr/bin/env node
// Puts the module together: the library's file with its vector kernels in a custom section, so that
// there is one file to host and any engine starts it. js/src/kernels.ts takes them out again.
//
//   node wasm/pack.mjs FOLDER OUT.wasm     FOLDER holds pathflow.wasm and kernels/*.wasm
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { orderFunctions } from "./order.mjs";
import { standardiseRelaxedSimd } from "./relaxed-simd.mjs";

/** The library's data begin here (-sGLOBAL_BASE in wasm/CMakeLists.txt): kernels keep below it. */
const libraryBase = 65536;
/** Of the interleaved kernels, the same in js/src/kernels.ts: within the 32 KB that gzip looks back. */
const blockSize = 8192;

function leb(value) {
  const bytes = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

function customSection(name, content) {
  const title = Buffer.from(name);
  const body = Buffer.concat([Buffer.from(leb(title.length)), title, content]);
  return Buffer.concat([Buffer.from([0, ...leb(body.length)]), body]);
}

/**
 * Two files as one, block by block in turn: compression then finds most of the second in the first
 * (12 KB of 29). A word with the first one's length comes first. js/src/kernels.ts takes it apart.
 */
export function interleave(first, second) {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(first.length);
  const blocks = [length];
  for (let at = 0; at < Math.max(first.length, second.length); at += blockSize) {
    blocks.push(first.subarray(at, at + blockSize), second.subarray(at, at + blockSize));
  }
  return Buffer.concat(blocks);
}

/** Throws where data or stack of the kernels would lie over the library's. */
async function checkPlace(name, bytes) {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 32768 });
  const { instance } = await WebAssembly.instantiate(bytes, {
    env: { memory, sin: Math.sin, cos: Math.cos },
  });
  const end = instance.exports.__heap_base.value;
  if (end > libraryBase) {
    throw new Error(
      `${name}: kernels must end below ${libraryBase}, their data and stack end at ${end}`,
    );
  }
}

export async function pack(folder, out) {
  const read = (name) => readFileSync(join(folder, name));
  const simd = read("kernels/pathflow_kernels_simd.wasm");
  const relaxed = read("kernels/pathflow_kernels_relaxed.wasm");
  standardiseRelaxedSimd(relaxed);
  await checkPlace("simd", simd); // relaxed differs in instructions only, and Node 20 cannot start it
  const file = Buffer.concat([
    orderFunctions(read("pathflow.wasm")),
    customSection("pathflow.kernels", interleave(simd, relaxed)),
  ]);
  if (!WebAssembly.validate(file)) throw new Error(`${out}: the packed file is not valid`);
  writeFileSync(out, file);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [folder, out] = process.argv.slice(2);
  if (!folder || !out) {
    console.error("usage: node wasm/pack.mjs FOLDER OUT.wasm");
    process.exit(2);
  }
  await pack(folder, out);
}
