// Runs a GoogleTest binary that emcc built: node tests/wasm/run.cjs TEST.js [gtest flags]
"use strict";
const { resolve } = require("node:path");

// emcc 3.1.6 takes a global fetch for a browser's and hands it a path; Node has had one since 18.
delete globalThis.fetch;
process.on("uncaughtException", (error) => {
  // Node would print the failing line first: the whole minified program.
  console.error(error?.stack ?? error);
  process.exit(1);
});
process.argv.splice(1, 1);
process.argv[1] = resolve(process.argv[1]);
require(process.argv[1]);
