// The page opened as a file, where nothing can be fetched: everything is in this script.
import { connect } from "pathflow";
import Engine from "../../wasm/dist/worker.js?worker&inline";
import { start } from "./start";

/** Filled in by vite.config.ts. */
declare const EMBEDDED_WASM: string;
declare const EMBEDDED_WEIGHTS: string;

const bytes = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

start({
  engine: () => connect(new Engine(), { wasmBinary: bytes(EMBEDDED_WASM) }),
  weights: () => Promise.resolve(bytes(EMBEDDED_WEIGHTS)),
});
