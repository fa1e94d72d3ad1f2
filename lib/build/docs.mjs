#!/usr/bin/env node
// npm run docs: the public headers as HTML in build/docs/html. Any warning of Doxygen's is a failure.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildFolder, Failure, root, run, runMain, step } from "./progress.mjs";
import { setUp } from "./setup.mjs";

/** Puts the public headers, as installed, into `prefix`; nothing is compiled. */
export async function installHeaders(prefix) {
  const off = ["TESTS", "CLI", "OPENMP"].map((name) => `-DPATHFLOW_${name}=OFF`);
  await run("cmake", ["--preset", "dev", "-B", buildFolder("docs"), ...off]);
  rmSync(prefix, { recursive: true, force: true });
  const args = ["--install", buildFolder("docs"), "--component", "headers", "--prefix", prefix];
  await run("cmake", args);
}

export async function buildDocs() {
  await installHeaders(buildFolder("docs", "prefix"));
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const { status, output } = await run("doxygen", ["lib/docs/Doxyfile"], {
    env: { PATHFLOW_VERSION: version },
    check: false,
  });
  if (status !== 0 || /: (warning|error): /.test(output))
    throw new Failure(`${output}\nDoxygen has complaints`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await runMain(async () => {
    await setUp("test");
    await step("Writing build/docs/html", buildDocs);
  });
}
