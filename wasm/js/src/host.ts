// What the library imports from its host, written by hand: a handful of functions with a meaning.
import { PathflowError } from "./errors.js";

/** What the imports need of the module they serve. */
export interface Host {
  memory(): WebAssembly.Memory;
  /** false: stop. */
  progress(share: number): boolean;
}

const ok = 0; // WASI errno values
const badDescriptor = 8;
const invalid = 28;

/** Text the C library writes (nothing in Pathflow prints): shown, a line at a time. */
function writer(host: Host): (fd: number, list: number, count: number, written: number) => number {
  let line = "";
  const decoder = new TextDecoder();
  return (fd, list, count, written) => {
    if (fd !== 1 && fd !== 2) return badDescriptor;
    const buffer = host.memory().buffer;
    const view = new DataView(buffer);
    let total = 0;
    for (let i = 0; i < count; ++i) {
      const pointer = view.getUint32(list + 8 * i, true);
      const length = view.getUint32(list + 8 * i + 4, true);
      line += decoder.decode(new Uint8Array(buffer, pointer, length), { stream: true });
      total += length;
    }
    view.setUint32(written, total, true);
    const lines = line.split("\n");
    line = lines.pop() ?? "";
    for (const one of lines) console.error(one);
    return ok;
  };
}

function clock(host: Host): (id: number, precision: bigint, out: number) => number {
  return (id, _precision, out) => {
    if (id !== 0 && id !== 1) return invalid;
    const milliseconds = id === 0 ? Date.now() : performance.now();
    const nanoseconds = BigInt(Math.round(milliseconds * 1e6));
    new DataView(host.memory().buffer).setBigUint64(out, nanoseconds, true);
    return ok;
  };
}

/** No variables: count and total size are 0. */
function environSizes(host: Host): (count: number, size: number) => number {
  return (count, size) => {
    const view = new DataView(host.memory().buffer);
    view.setUint32(count, 0, true);
    view.setUint32(size, 0, true);
    return ok;
  };
}

/**
 * The imports `module` asks for: those below, else Math's function of that name (host_math.cpp). One
 * that is not known is given as a function that throws its name when called, so that a file built by
 * another toolchain still starts.
 */
export function hostImports(module: WebAssembly.Module, host: Host): WebAssembly.Imports {
  const known: Record<string, (...args: never[]) => unknown> = {
    pf_host_progress: (_user: number, share: number) => (host.progress(share) ? 1 : 0),
    emscripten_notify_memory_growth: () => undefined, // views are never kept
    fd_write: writer(host),
    fd_close: () => badDescriptor,
    fd_seek: () => badDescriptor,
    fd_read: () => badDescriptor,
    clock_time_get: clock(host),
    environ_sizes_get: environSizes(host),
    environ_get: () => ok,
    proc_exit: (code: number) => {
      throw new PathflowError("InternalError", "proc_exit", `the library ended with ${code}`);
    },
  };
  const math = Math as unknown as typeof known;
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  for (const { module: space, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind !== "function") {
      throw new PathflowError("IoError", "load", `this file asks for a ${kind} ${space}.${name}`);
    }
    const missing = () => {
      throw new PathflowError("InternalError", name, `the host has no ${space}.${name}`);
    };
    (imports[space] ??= {})[name] = known[name] ?? math[name] ?? missing;
  }
  return imports;
}
