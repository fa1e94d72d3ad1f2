// Fast kernels for engines with SIMD. The library's file carries them in a custom section, one small
// module an instruction set, so that there is one file to host; the best that the engine runs is
// started over the library's memory and entered into its function table.
import { hasRelaxedSimd, hasSimd } from "./engine.js";
import { PathflowError } from "./errors.js";
import type { Variant } from "./types.js";

/** Of the interleaved files, as in pack.mjs. */
const blockSize = 8192;

/**
 * The module of one variant out of the section: the length of the one for SIMD, then blocks of it and of the one for
 * relaxed SIMD in turn (so that compression finds how alike they are).
 */
export function kernelsOf(
  module: WebAssembly.Module,
  variant: Variant,
): Uint8Array<ArrayBuffer> | undefined {
  const [section] = WebAssembly.Module.customSections(module, "pathflow.kernels");
  if (section === undefined || variant === "scalar") return undefined;
  const simdLength = new DataView(section).getUint32(0, true);
  const left = [simdLength, section.byteLength - 4 - simdLength];
  const wanted = variant === "simd" ? 0 : 1;
  const bytes = new Uint8Array(left[wanted]!);
  for (let at = 4, done = 0, turn = 0; at < section.byteLength; turn = 1 - turn) {
    const size = Math.min(blockSize, left[turn]!);
    if (turn === wanted) {
      bytes.set(new Uint8Array(section, at, size), done);
      done += size;
    }
    left[turn]! -= size;
    at += size;
  }
  return bytes;
}

/** What this file holds and this engine runs, best first. "scalar" is always there. */
export function variantsOf(module: WebAssembly.Module): Variant[] {
  const runs = { relaxed: hasRelaxedSimd, simd: hasSimd, scalar: () => true };
  const held = (variant: Variant) =>
    variant === "scalar" || kernelsOf(module, variant) !== undefined;
  return (["relaxed", "simd", "scalar"] as const).filter((one) => runs[one]() && held(one));
}

/**
 * Starts the kernels of a variant and installs them; without one, the best there is. Returns which.
 * Errors: `InvalidArgument` for a variant the file does not hold or the engine does not run.
 */
export async function installKernels(
  module: WebAssembly.Module,
  library: WebAssembly.Instance,
  wanted: Variant | undefined,
): Promise<Variant> {
  const available = variantsOf(module);
  const variant = wanted ?? available[0]!;
  if (!available.includes(variant)) {
    const rule = "variant must be one that this file holds and this engine runs";
    const got = `${available.join(", ")}; got ${String(variant)}`;
    throw new PathflowError("InvalidArgument", "load", `${rule}: ${got}`);
  }
  const bytes = kernelsOf(module, variant);
  if (bytes === undefined) return "scalar"; // built into the library itself

  const memory = library.exports.memory as WebAssembly.Memory;
  const kernels = await WebAssembly.compile(bytes);
  const env = { memory, sin: Math.sin, cos: Math.cos };
  const { exports } = await WebAssembly.instantiate(kernels, { env });
  const call = (name: string) => (exports[name] as () => number)();
  if ("_initialize" in exports) call("_initialize");
  const address = call("pf_get_kernels") >>> 0;
  const first = address + call("pf_get_kernel_offset");
  const numbers = new Uint32Array(memory.buffer, first, call("pf_count_kernels"));
  const from = exports.__indirect_function_table as WebAssembly.Table;
  const to = library.exports.__indirect_function_table as WebAssembly.Table;
  const base = to.grow(numbers.length);
  numbers.forEach((number, i) => {
    to.set(base + i, from.get(number));
    numbers[i] = base + i;
  });
  (library.exports.pf_install_kernels as (table: number) => void)(address);
  return variant;
}
