// Starts the library and the page; says what is wrong where that fails.
import type { WorkerApi } from "pathflow";
import { App } from "./app";
import { Status } from "./controls/status";

declare global {
  interface Window {
    pathflowTrouble(kind: "file" | "wasm" | "old" | "load", detail?: string): void;
  }
}

/** Where the two things come from that the page cannot make itself. */
export interface Supply {
  engine(): Promise<WorkerApi>;
  /** The small trained network that the page opens with. */
  weights(): Promise<Uint8Array>;
}

export function start(supply: Supply): void {
  run(supply).catch((error: unknown) => {
    const detail = error instanceof Error ? error.message : String(error);
    const code = (error as { code?: string } | null)?.code;
    const blocked = typeof WebAssembly !== "object" || /unsafe-eval|Content Security/i.test(detail);
    // What follows in the library's sentence is for people who write programs.
    const words = detail.split(" Three remedies:")[0];
    window.pathflowTrouble(code === "Unsupported" ? "old" : blocked ? "wasm" : "load", words);
  });
}

async function run(supply: Supply): Promise<void> {
  const status = new Status();
  status.greet("Starting…");
  // The page is whole without the trained network: it then begins with a fresh one.
  const weights = supply.weights().catch((error: Error) => {
    status.warn(error.message);
    return undefined;
  });
  new App(await supply.engine(), await weights, status);
}
