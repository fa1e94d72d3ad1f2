// Starts the library and the page; says what is wrong where that fails.
import "./style/page.css";
import { App } from "./app";
import { Status } from "./controls/status";
import { fetchPretrained, startEngine } from "./engine/load";

declare global {
  interface Window {
    pathflowTrouble(kind: "file" | "wasm" | "old" | "load", detail?: string): void;
  }
}

async function main(): Promise<void> {
  const status = new Status();
  status.greet("Starting…");
  // The page is whole without the trained network: it then begins with a fresh one.
  const weights = fetchPretrained().catch((error: Error) => {
    status.warn(error.message);
    return undefined;
  });
  new App(await startEngine(), await weights, status);
}

main().catch((error: unknown) => {
  const detail = error instanceof Error ? error.message : String(error);
  const code = (error as { code?: string } | null)?.code;
  const blocked = typeof WebAssembly !== "object" || /unsafe-eval|Content Security/i.test(detail);
  window.pathflowTrouble(code === "Unsupported" ? "old" : blocked ? "wasm" : "load", detail);
});
