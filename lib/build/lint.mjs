#!/usr/bin/env node
// npm run lint: every check of form, each said to be clean or not. npm run format (--fix): writes the
// form that clang-format and prettier want.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
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
  return listed.stdout
    .split("\n")
    .filter((name) => pattern.test(name) && existsSync(join(root, name)));
}

const cpp = () => files(/\.(cpp|hpp|h|inc)$/);

/** A hash of all that clang-tidy's verdict on a source hangs on: rules, flags, the source and what it
 * includes of ours. */
function tidyKey(command, rules) {
  const seen = new Set();
  const hash = createHash("sha256").update(rules).update(command.command);
  const take = (file) => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, "utf8");
    hash.update(text);
    for (const [, name] of text.matchAll(/^#include "(.*)"/gm)) {
      const found = [dirname(file), join(root, "lib"), join(root, "wasm")]
        .map((folder) => join(folder, name))
        .find(existsSync);
      if (found !== undefined) take(found);
    }
  };
  take(command.file);
  return hash.digest("hex");
}

async function clangTidy(tell) {
  // Its own build folder: clang-tidy is of clang, and reads flags that clang understands, and each
  // source with the headers it names itself.
  await run("cmake", [
    "--preset",
    "dev",
    "-B",
    buildFolder("lint"),
    "-DCMAKE_CXX_COMPILER=clang++",
    "-DCMAKE_CXX_COMPILER_LAUNCHER=",
    "-DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON",
  ]);
  const rules =
    readFileSync(join(root, ".clang-tidy"), "utf8") +
    (await run("clang-tidy", ["--version"])).output;
  const ours = /\/(lib\/pathflow|lib\/cli|wasm\/capi)\/.*\.cpp$/;
  const sources = JSON.parse(readFileSync(buildFolder("lint", "compile_commands.json"), "utf8"))
    .filter(({ file }) => ours.test(file))
    .map((command) => ({ file: command.file, key: tidyKey(command, rules) }));
  // What was clean, and has not changed since, still is.
  const record = buildFolder("lint", "clean.json");
  const known = new Set(existsSync(record) ? JSON.parse(readFileSync(record, "utf8")) : []);
  const clean = sources.map(({ key }) => key).filter((key) => known.has(key));
  const queue = sources.filter(({ key }) => !known.has(key));
  const all = queue.length;
  const bad = [];
  let done = 0;
  const worker = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const args = ["-quiet", "-p", buildFolder("lint"), next.file];
      const { status, output } = await run("clang-tidy", args, { check: false });
      if (status !== 0) bad.push(output.replace(/^\d+ warnings generated\.\n/gm, ""));
      else clean.push(next.key);
      writeFileSync(record, JSON.stringify(clean));
      tell(`${++done} of ${all} files`);
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
  prettier: () =>
    run("node", [tool("prettier/bin/prettier.cjs"), "--check", "--log-level", "warn", "."]),
  eslint: () => run("node", [tool("eslint/bin/eslint.js"), "."]),
  tsc: typeCheck,
  "clang-tidy": clangTidy,
};

const fixes = {
  "clang-format": () => run("clang-format", ["-i", ...cpp()]),
  prettier: () =>
    run("node", [tool("prettier/bin/prettier.cjs"), "--write", "--log-level", "warn", "."]),
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
