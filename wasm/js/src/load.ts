// Finding the WebAssembly file, and saying something useful when it is not what came back.
import { createApi } from "./api.js";
import { checkEngine } from "./engine.js";
import { PathflowError } from "./errors.js";
import { builtin, isNode } from "./node.js";
import { Native } from "./native.js";
import type { Api, LoadOptions } from "./types.js";

const remedies =
  "Three remedies: pass `wasmUrl` (with Vite: import url from 'pathflow/pathflow.wasm?url'), pass " +
  "`wasmBinary` (the file's bytes), or exclude the package from your bundler's pre-bundling " +
  "(Vite: optimizeDeps: { exclude: ['pathflow'] }).";

/**
 * Starts the library in this thread.
 *
 * With no options the file beside this module is used, and of its kernels the best that the engine
 * runs: relaxed SIMD, SIMD or scalar.
 *
 * Errors: `Unsupported` where the engine lacks WebAssembly or its exceptions; `IoError` where the
 * file could not be fetched or is something else; `InvalidArgument` for a variant that the file does
 * not hold or the engine does not run.
 */
export async function load(options: LoadOptions = {}): Promise<Api> {
  checkEngine();
  const module = options.module ?? (await WebAssembly.compile(await findBytes(options)));
  return createApi(await Native.start(module, options.variant));
}

async function findBytes(options: LoadOptions): Promise<Uint8Array<ArrayBuffer>> {
  if (options.wasmBinary !== undefined) {
    // Copied only where the bytes are shared: WebAssembly.compile refuses those.
    const bytes = new Uint8Array(options.wasmBinary as ArrayBuffer);
    return checkMagic(bytes, "wasmBinary");
  }
  const url = options.wasmUrl === undefined ? ownFile() : absolute(options.wasmUrl);
  return checkMagic(await read(url), url.href);
}

/** The literal form is what bundlers look for: they copy the file and put its new address here. */
function ownFile(): URL {
  return new URL("./pathflow.wasm", import.meta.url);
}

/** Relative addresses are meant from the page, or from Node's working directory. */
function absolute(address: string | URL): URL {
  if (address instanceof URL) return address;
  const here = (globalThis as { location?: { href: string } }).location?.href;
  const process = (globalThis as { process?: { cwd?(): string } }).process;
  const base = isNode ? `file://${process?.cwd?.() ?? ""}/` : here;
  return new URL(address, base);
}

async function read(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  try {
    if (isNode && url.protocol === "file:") {
      type Files = { readFile(url: URL): Promise<Uint8Array<ArrayBuffer>> };
      return await (await builtin<Files>("node:fs/promises")).readFile(url);
    }
    const response = await fetch(url);
    if (!response.ok) throw new Error(`status ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PathflowError(
      "IoError",
      "load",
      `the WebAssembly file could not be read from ${url.href} (${reason}). ${remedies}`,
      { cause },
    );
  }
}

/** A server that answers every address with a page gives HTML and status 200: seen here. */
function checkMagic(bytes: Uint8Array<ArrayBuffer>, from: string): Uint8Array<ArrayBuffer> {
  const [a, b, c, d] = bytes;
  if (a === 0 && b === 0x61 && c === 0x73 && d === 0x6d) return bytes;
  const start = new TextDecoder().decode(bytes.subarray(0, 16)).replace(/[^\x20-\x7e]/g, ".");
  const got =
    bytes.length === 0
      ? "nothing"
      : `${bytes.length} bytes that begin with ${JSON.stringify(start)}`;
  throw new PathflowError(
    "IoError",
    "load",
    `expected a WebAssembly file from ${from}, got ${got}. ${remedies}`,
  );
}
