#!/usr/bin/env node
// npm run coverage: the lines of the library that the native tests reach, by room, as a table and as
// HTML in build/coverage/html; and every function of the public interface that none of them calls,
// which fails.
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { cmakeBuild } from "./build.mjs";
import { buildFolder, Failure, root, run, runMain, step } from "./progress.mjs";
import { setUp } from "./setup.mjs";

const folder = buildFolder("coverage");

const filesEnding = (end) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(end))
    .map((name) => join(folder, name));

async function runTests(tell) {
  for (const file of filesEnding(".gcda")) rmSync(file);
  // Where the test of kills and failing saves lets a command write nothing, its counters cannot be
  // written either, and the command's last words are about them.
  const args = ["--preset", "coverage", "--exclude-regex", "^cli/kill$"];
  args.push("--parallel", String(cpus().length));
  await run("ctest", args, {
    onLine: (line) => /^ *(\d+)\/(\d+) Test/.test(line) && tell(line.trim().split(" Test")[0]),
  });
}

/** What gcov counted: { lines: file -> line -> count, functions: mangled name -> count }. */
async function counts() {
  const lines = new Map();
  const functions = new Map();
  for (const data of filesEnding(".gcda")) {
    const { output } = await run("gcov", ["--json-format", "--stdout", data]);
    for (const json of output.split("\n").filter((line) => line.startsWith("{"))) {
      for (const file of JSON.parse(json).files) {
        const path = resolve(root, file.file);
        if (!path.startsWith(join(root, "lib/pathflow/"))) continue;
        const name = path.slice(root.length + 1);
        const known = lines.get(name) ?? lines.set(name, new Map()).get(name);
        for (const { line_number: line, count } of file.lines)
          known.set(line, (known.get(line) ?? 0) + count);
        for (const { name: mangled, execution_count: count } of file.functions)
          functions.set(mangled, (functions.get(mangled) ?? 0) + count);
      }
    }
  }
  return { lines, functions };
}

function table(lines) {
  const rooms = new Map();
  const add = (room, reached, all) => {
    const [a, b] = rooms.get(room) ?? [0, 0];
    rooms.set(room, [a + reached, b + all]);
  };
  for (const [file, counted] of lines) {
    const reached = [...counted.values()].filter((count) => count !== 0).length;
    add(file.split("/")[2], reached, counted.size);
  }
  const rows = [...rooms].sort(([a], [b]) => a.localeCompare(b));
  for (const [, [reached, all]] of rows) add("all", reached, all);
  rows.push(["all", rooms.get("all")]);
  return rows
    .map(([room, [reached, all]]) => {
      const share = ((100 * reached) / all).toFixed(1);
      return `${room.padEnd(10)}${share.padStart(6)} %  ${String(reached).padStart(6)} of ${all} lines`;
    })
    .join("\n");
}

/** Functions that libpathflow.so shows and no test called. A template called with either float or double
 * counts, and so does either of the symbols that a compiler makes of one constructor; lambdas are their
 * function's. Those that gcov does not know were inlined into every caller. */
async function uncalled(functions) {
  const args = ["--dynamic", "--defined-only", join(folder, "libpathflow.so")];
  const { output } = await run("nm", args);
  const mangled = [...output.matchAll(/^\w+ [TW] (\S+)$/gm)]
    .map(([, name]) => name)
    .filter((name) => functions.has(name));
  const names = (await run("c++filt", mangled)).output.trim().split("\n");
  const calls = new Map();
  for (const [index, name] of names.entries()) {
    if (name.includes("{lambda")) continue;
    const source = name.replace(/\bdouble\b/g, "float").replace(/\[abi:\w+\]/g, "");
    calls.set(source, (calls.get(source) ?? 0) + functions.get(mangled[index]));
  }
  return [...calls].filter(([, count]) => count === 0).map(([name]) => name);
}

async function writeHtml() {
  const html = join(folder, "html");
  rmSync(html, { recursive: true, force: true });
  mkdirSync(html, { recursive: true });
  const args = ["--root", root, "--object-directory", folder, "--filter", "lib/pathflow/"];
  // Counters are not atomic (a tenth of the time): what two threads count at once may come out below 0.
  args.push("--gcov-ignore-parse-errors");
  await run("gcovr", [...args, "--html-details", join(html, "index.html"), folder]);
}

await runMain(async () => {
  await setUp("develop");
  await step("Building with counters", (tell) =>
    cmakeBuild("coverage", [], tell, ["-DPATHFLOW_TESTS=ON"]),
  );
  await step("Running the native tests", runTests);
  const { lines, functions } = await step("Reading the counters", counts);
  await step("Writing build/coverage/html", writeHtml);
  console.log(`\n${table(lines)}\n`);
  const missed = await uncalled(functions);
  if (missed.length > 0)
    throw new Failure(`Public functions that no test calls:\n  ${missed.join("\n  ")}`);
});
