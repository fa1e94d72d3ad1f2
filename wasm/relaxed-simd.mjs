#!/usr/bin/env node
// Rewrites the draft opcodes of relaxed SIMD that LLVM 14 (Debian 12's emcc 3.1.6) emits into the
// standard ones that engines run. A current emsdk emits the standard ones: nothing is rewritten then.
//
//   node wasm/relaxed-simd.mjs FILE.wasm     rewrites in place, prints how many
//
// Only f32x4 and f64x2 multiply-add are known, the only relaxed instructions the kernels use. Draft
// and standard opcode have the same length, so no size or offset changes. Code is decoded instruction
// by instruction: a constant that happens to look like an opcode is never touched.
// Source: WebAssembly core specification, binary format; relaxed-simd proposal, opcode tables of
// February 2022 (draft) and of release 2.0.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

// Second byte pair after the 0xfd prefix: LEB128 of draft -> LEB128 of standard.
const STANDARD = new Map([
  [0xaf, 0x105], // f32x4.relaxed_madd
  [0xcf, 0x107], // f64x2.relaxed_madd
]);

class Reader {
  constructor(bytes, at, end) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }
  byte() {
    if (this.at >= this.end) throw new Error(`unexpected end of code at offset ${this.at}`);
    return this.bytes[this.at++];
  }
  /** LEB128, value unsigned modulo 2^32 (enough for indices and sizes). */
  leb() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }
  skip(count) {
    this.at += count;
  }
}

const memory = (code) => {
  code.leb(); // alignment
  code.leb(); // offset
};

/** Reads the immediates of one instruction after its opcode byte. */
function immediates(opcode, code) {
  if (opcode >= 0x28 && opcode <= 0x3e) return memory(code);
  switch (opcode) {
    case 0x02:
    case 0x03:
    case 0x04:
    case 0x06: // block, loop, if, try: block type
    case 0x07:
    case 0x08:
    case 0x09: // catch, throw, rethrow
    case 0x0c:
    case 0x0d:
    case 0x10:
    case 0x18: // br, br_if, call, delegate
    case 0x20:
    case 0x21:
    case 0x22:
    case 0x23:
    case 0x24:
    case 0x25:
    case 0x26: // locals, globals, tables
    case 0x3f:
    case 0x40:
    case 0x41:
    case 0x42: // memory.size, memory.grow, i32.const, i64.const
    case 0xd0:
    case 0xd2: // ref.null, ref.func
      code.leb();
      return undefined;
    case 0x0e: {
      // br_table
      for (let count = code.leb() + 1; count > 0; --count) code.leb();
      return undefined;
    }
    case 0x11: // call_indirect
      code.leb();
      code.leb();
      return undefined;
    case 0x1c: // select with types
      for (let count = code.leb(); count > 0; --count) code.leb();
      return undefined;
    case 0x43:
      return code.skip(4); // f32.const
    case 0x44:
      return code.skip(8); // f64.const
    case 0xfc: {
      const extended = code.leb();
      const count = extended < 8 ? 0 : [9, 11, 13, 15, 16, 17].includes(extended) ? 1 : 2;
      for (let k = 0; k < count; ++k) code.leb();
      return undefined;
    }
    default: {
      const plain =
        opcode <= 0x01 ||
        opcode === 0x05 ||
        opcode === 0x0b ||
        opcode === 0x0f ||
        opcode === 0x19 ||
        opcode === 0x1a ||
        opcode === 0x1b ||
        opcode === 0xd1 ||
        (opcode >= 0x45 && opcode <= 0xc4);
      if (!plain)
        throw new Error(`unknown opcode 0x${opcode.toString(16)} at offset ${code.at - 1}`);
      return undefined;
    }
  }
}

/** Reads a SIMD instruction after 0xfd; returns how many opcodes it rewrote (0 or 1). */
function simd(code) {
  const start = code.at;
  const opcode = code.leb();
  if (STANDARD.has(opcode)) {
    const standard = STANDARD.get(opcode);
    if (code.at - start !== 2) throw new Error(`unusual opcode length at offset ${start}`);
    code.bytes[start] = (standard & 0x7f) | 0x80;
    code.bytes[start + 1] = standard >> 7;
    return 1;
  }
  if (opcode <= 0x0b || opcode === 0x5c || opcode === 0x5d) memory(code);
  else if (opcode === 0x0c || opcode === 0x0d)
    code.skip(16); // v128.const, i8x16.shuffle
  else if (opcode >= 0x15 && opcode <= 0x22)
    code.skip(1); // extract_lane, replace_lane
  else if (opcode >= 0x54 && opcode <= 0x5b) {
    memory(code);
    code.skip(1); // load_lane, store_lane
  }
  return 0;
}

/** Rewrites draft relaxed-SIMD opcodes of a module in place and returns their number. */
export function standardiseRelaxedSimd(bytes) {
  if (
    bytes.length < 8 ||
    bytes[0] !== 0 ||
    bytes[1] !== 0x61 ||
    bytes[2] !== 0x73 ||
    bytes[3] !== 0x6d
  ) {
    throw new Error("not a WebAssembly module: the first bytes must be 00 61 73 6d");
  }
  let rewritten = 0;
  const sections = new Reader(bytes, 8, bytes.length);
  while (sections.at < bytes.length) {
    const id = sections.byte();
    const size = sections.leb();
    const end = sections.at + size;
    if (id === 10) {
      const bodies = new Reader(bytes, sections.at, end);
      for (let count = bodies.leb(); count > 0; --count) {
        const length = bodies.leb();
        const code = new Reader(bytes, bodies.at, bodies.at + length);
        for (let groups = code.leb(); groups > 0; --groups) {
          code.leb(); // how many locals
          code.byte(); // of which type
        }
        while (code.at < code.end) {
          const opcode = code.byte();
          if (opcode === 0xfd) rewritten += simd(code);
          else immediates(opcode, code);
        }
        bodies.skip(length);
      }
    }
    sections.at = end;
  }
  return rewritten;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const file = process.argv[2];
  if (!file) {
    console.error("usage: node wasm/relaxed-simd.mjs FILE.wasm");
    process.exit(2);
  }
  const bytes = readFileSync(file);
  const count = standardiseRelaxedSimd(bytes);
  if (count > 0) writeFileSync(file, bytes);
  console.log(`${file}: ${count} draft relaxed-SIMD opcodes rewritten`);
}
