// Fast kernels for engines with SIMD. The library's file carries them as custom sections, one small
// module an instruction set, so that there is one file to host; the best that the engine runs is
// started over the library's memory and entered into its function table.
import { hasRelaxedSimd, hasSimd } from "./engine.js";
import { PathflowError } from "./errors.js";
import type { Variant } from "./types.js";

const sections = { relaxed: "pathflow.kernels.relaxed", simd: "pathflow.kernels.simd" } as const;

function sectionOf(module: WebAssembly.Module, variant: Variant): ArrayBuffer | undefined {
  if (variant === "scalar") return undefined;
  return WebAssembly.Module.customSections(module, sections[variant])[0];
}

/** What this file holds and this engine runs, best first. "scalar" is always there. */
export function variantsOf(module: WebAssembly.Module): Variant[] {
  const runs = { relaxed: hasRelaxedSimd, simd: hasSimd, scalar: () => true };
  const held = (variant: Variant) =>
    variant === "scalar" || sectionOf(module, variant) !== undefined;
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
  const bytes = sectionOf(module, variant);
  if (bytes === undefined) return "scalar"; // built into the library itself

  const memory = library.exports.memory as WebAssembly.Memory;
  const kernels = await WebAssembly.compile(bytes);
  const { exports } = await WebAssembly.instantiate(kernels, { env: { memory } });
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
