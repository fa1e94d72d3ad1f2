// The WebAssembly files of this package. The literal form `new URL("...", import.meta.url)` is what
// bundlers look for: they copy each file and put its new address here.
import type { Variant } from "./types.js";

export const files: Partial<Record<Variant, () => URL>> = {
  simd: () => new URL("./pathflow.wasm", import.meta.url),
  scalar: () => new URL("./pathflow-scalar.wasm", import.meta.url),
};
