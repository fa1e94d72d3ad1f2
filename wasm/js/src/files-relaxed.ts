// files.ts for a package that has the relaxed SIMD build too; the build puts it in files.js's place.
import type { Variant } from "./types.js";

export const files: Partial<Record<Variant, () => URL>> = {
  relaxed: () => new URL("./pathflow-relaxed.wasm", import.meta.url),
  simd: () => new URL("./pathflow.wasm", import.meta.url),
  scalar: () => new URL("./pathflow-scalar.wasm", import.meta.url),
};
