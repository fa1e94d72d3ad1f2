#!/usr/bin/env node
// npm run lint: every check of form, each said to be clean or not. npm run format (--fix): writes the
// form that clang-format and prettier want.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildJs, buildWasm } from "./build.mjs";
import { buildFolder, Failure, root, run, runMain, step } from "./progress.mjs";
import { setUp } from "./setup.mjs";

const tool = (path) => join(root, "node_modules", path);

/** Files of the repository (tracked, or new and not ignored) whose names match. */
function files(pattern) {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard"];
  const listed = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  if (listed.status !== 0) throw new Failure(`lint: git ls-files failed: ${listed.stderr}`);
  return listed.stdout.split("\n").filter((name) => pattern.test(name) && existsSync(join(root, name)));
}

const cpp = () => files(/\.(cpp|hpp|h)$/);

async function clangTidy(tell) {
  // Its own build folder: clang-tidy is of clang, and reads flags that clang understands.
  await run("cmake", ["--preset", "dev", "-B", buildFolder("lint"), "-DCMAKE_CXX_COMPILER=clang++"]);
  const sources = files(/^(lib\/pathflow|lib\/cli|wasm\/capi)\/.*\.cpp$/);
  const bad = [];
  let done = 0;
  const worker = async () => {
    for (let file = sources.pop(); file !== undefined; file = sources.pop()) {
      const args = ["-quiet", "-p", buildFolder("lint"), file];
      const { status, output } = await run("clang-tidy", args, { check: false });
      if (status !== 0) bad.push(output.replace(/^\d+ warnings generated\.\n/gm, ""));
      tell(`${++done} files`);
    }
  };
  await Promise.all(cpus().map(worker));
  if (bad.length > 0) throw new Failure(bad.join("\n"));
}

async function typeCheck() {
  await buildWasm();
  await buildJs(); // the page is checked against the module's declarations
  for (const project of ["wasm/js/tsconfig.json", "web/tsconfig.json"]) {
    await run("node", [tool("typescript/bin/tsc"), "--noEmit", "-p", project]);
  }
}

const checks = {
  "clang-format": () => run("clang-format", ["--dry-run", "-Werror", ...cpp()]),
  prettier: () => run("node", [tool("prettier/bin/prettier.cjs"), "--check", "--log-level", "warn", "."]),
  eslint: () => run("node", [tool("eslint/bin/eslint.js"), "."]),
  tsc: typeCheck,
  "clang-tidy": clangTidy,
};

const fixes = {
  "clang-format": () => run("clang-format", ["-i", ...cpp()]),
  prettier: () => run("node", [tool("prettier/bin/prettier.cjs"), "--write", "--log-level", "warn", "."]),
};

await runMain(async () => {
  const { values } = parseArgs({ options: { fix: { type: "boolean" }, only: { type: "string" } } });
  const table = values.fix ? fixes : checks;
  const names = values.only?.split(",") ?? Object.keys(table);
  const unknown = names.find((name) => !(name in table));
  if (unknown !== undefined) {
    throw new Failure(`lint: unknown check "${unknown}" (valid: ${Object.keys(table).join(", ")})`);
  }
  await setUp("develop");
  const failed = [];
  for (const name of names) {
    try {
      await step(name, table[name]);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      console.error(error.message);
      failed.push(name);
    }
  }
  if (failed.length > 0) throw new Failure(`Not clean: ${failed.join(", ")}`);
});
