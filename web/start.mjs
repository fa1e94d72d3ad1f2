#!/usr/bin/env node
// npm start: installs what is missing, builds what is not current, serves the page.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "../lib/build/build.mjs";
import { Failure, root, runMain } from "../lib/build/progress.mjs";
import { setUp } from "../lib/build/setup.mjs";
import { serve } from "./serve.mjs";

const help = `npm start -- [--port N] [--host H]

Installs what is missing, builds the library to WebAssembly and the page, and serves the page.

  --port N   port to serve on, 0 to 65535; 0 takes any free one (8080, or the next that is free)
  --host H   address to serve on (127.0.0.1); 0.0.0.0 lets other machines in
  --help     this text

Example: npm start -- --port 9000`;

function options() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        port: { type: "string" },
        host: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }));
  } catch (error) {
    throw new Failure(`start: ${error.message}\n\n${help}`);
  }
  const { port, host = "127.0.0.1" } = values;
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65535)) {
    throw new Failure(`start: --port must be a whole number from 0 to 65535, got "${port}"`);
  }
  if (host.trim() === "") throw new Failure('start: --host must not be empty, got ""');
  return { help: values.help, host, port: port === undefined ? undefined : Number(port) };
}

/** Listens on the wanted port or, where it is taken, says so and tries the next ones. */
async function listen(folder, { host, port = 8080 }) {
  for (let tried = port; ; ++tried) {
    try {
      return await serve(folder, { host, port: tried });
    } catch (error) {
      const last = tried - port >= 99 || tried >= 65535;
      if (error.code === "EADDRINUSE" && !last) {
        console.log(`Port ${tried} is taken; trying ${tried + 1}.`);
      } else if (error.code === "EADDRINUSE") {
        throw new Failure(`start: no free port from ${port} to ${tried}`);
      } else if (error.code === "EACCES") {
        throw new Failure(`start: this user may not serve on port ${tried}; take one above 1023`);
      } else if (error.code === "ENOTFOUND" || error.code === "EADDRNOTAVAIL") {
        throw new Failure(`start: --host must be an address of this machine, got "${host}"`);
      } else {
        throw error;
      }
    }
  }
}

function address(server, host) {
  const { port } = server.address();
  const everywhere = host === "0.0.0.0" || host === "::";
  const name = everywhere ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}/`;
}

await runMain(async () => {
  const wanted = options();
  if (wanted.help) {
    console.log(help);
    return;
  }
  await setUp("start");
  await build();
  const server = await listen(join(root, "web/dist"), wanted);
  console.log(`\nPathflow is at ${address(server, wanted.host)}  (Ctrl-C stops it)`);
  const stop = () => {
    server.close();
    server.closeAllConnections();
    console.log("\nStopped.");
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
});
