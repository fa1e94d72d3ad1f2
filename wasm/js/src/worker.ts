// The Worker's script: `new Worker(new URL("pathflow/worker", ...), { type: "module" })`.
import { builtinNow } from "./node.js";
import type { PortLike } from "./port.js";
import { serve } from "./worker-server.js";

type Threads = { parentPort: PortLike | null };

const scope = globalThis as unknown as PortLike & { importScripts?: unknown };
const port =
  builtinNow<Threads>("node:worker_threads")?.parentPort ??
  (typeof scope.postMessage === "function" ? scope : undefined);
if (port !== undefined) serve(port);
