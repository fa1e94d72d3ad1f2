// What the engine can run, found out by validating the smallest modules that need each feature.
import { PathflowError } from "./errors.js";

/** A module of one function type, one function and its body (locals count and `end` included). */
function probe(type: number[], body: number[]): boolean {
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const types = [1, type.length + 1, 1, ...type];
  const functions = [3, 2, 1, 0];
  const code = [10, body.length + 2, 1, body.length, ...body];
  return WebAssembly.validate(new Uint8Array([...header, ...types, ...functions, ...code]));
}

const nothing = [0x60, 0, 0]; // () -> ()
const vector = [0x60, 0, 1, 0x7b]; // () -> v128

/** try {} catch_all {}: the exceptions the library reports its errors with. */
export function hasExceptions(): boolean {
  return probe(nothing, [0, 0x06, 0x40, 0x19, 0x0b, 0x0b]);
}

/** i8x16.splat. */
export function hasSimd(): boolean {
  return probe(vector, [0, 0x41, 0, 0xfd, 0x0f, 0x0b]);
}

/** f32x4.relaxed_madd of three splats, in the encoding of the finished standard. */
export function hasRelaxedSimd(): boolean {
  const splat = [0x41, 0, 0xfd, 0x0f];
  return probe(vector, [0, ...splat, ...splat, ...splat, 0xfd, 0x85, 0x02, 0x0b]);
}

/** Throws Unsupported, in words for people, where the library cannot run at all. */
export function checkEngine(): void {
  if (typeof WebAssembly !== "object") {
    throw new PathflowError("Unsupported", "load", "this engine has no WebAssembly");
  }
  if (!hasExceptions()) {
    const since = "Chrome 95, Edge 95, Firefox 100, Safari 15.2 and Node 17 have them";
    throw new PathflowError(
      "Unsupported",
      "load",
      `this engine has no WebAssembly exceptions, which the library needs; ${since}`,
    );
  }
}
