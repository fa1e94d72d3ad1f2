#!/usr/bin/env node
// npm test: everything, in stages. A stage that fails does not keep the others from running; the last
// line is `N passed, N failed` (and `, N skipped` where any were), and every skip says why.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build, buildJs, buildWasm, cmakeBuild } from "../lib/build/build.mjs";
import {
  buildFolder,
  duration,
  Failure,
  root,
  run,
  runMain,
  step,
} from "../lib/build/progress.mjs";
import { setUp } from "../lib/build/setup.mjs";
import { fuzzAll } from "./fuzz/fuzz.mjs";

const help = `npm test -- [--only STAGE,...] [--fuzz-seconds N] [--list]

  --only STAGE,...   only these stages
  --fuzz-seconds N   how long each fuzzer runs (60)
  --list             the stages
  --help             this text

Example: npm test -- --only wasm,page`;

// Each stage gives { passed, failed, skipped: ["name: why"], output? } or throws ----------------------

let fuzzSeconds = 60;

/** Unescapes what XML escapes in attribute values. */
const unescape = (text) =>
  text.replace(/&(quot|lt|gt|apos|amp|#\d+);/g, (all, name) =>
    name[0] === "#"
      ? String.fromCodePoint(name.slice(1))
      : { quot: '"', lt: "<", gt: ">", apos: "'", amp: "&" }[name],
  );

// Rooms in one piece save processor time. That each source compiles alone, with no headers but its own,
// is seen by npm run lint.
const inOnePiece = ["-DCMAKE_UNITY_BUILD=ON", "-DCMAKE_UNITY_BUILD_BATCH_SIZE=0"];

/** Builds a preset with its tests and runs them by CTest. */
async function native(preset = "release", options = ["-DPATHFLOW_SHARED=ON", ...inOnePiece]) {
  await step(`Building the library, the command and the tests natively (${preset})`, (tell) =>
    cmakeBuild(preset, [], tell, ["-DPATHFLOW_TESTS=ON", "-DPATHFLOW_WERROR=ON", ...options]),
  );
  const report = buildFolder("logs", `ctest-${preset}.xml`);
  rmSync(report, { force: true });
  const args = ["--preset", preset, "--parallel", String(cpus().length), "--output-junit", report];
  const { status, output } = await step("Running the native tests", () =>
    run("ctest", args, { check: false }),
  );
  if (!existsSync(report)) throw new Failure(`${output}\nctest left no report`);
  const text = readFileSync(report, "utf8");
  const counts = { passed: 0, failed: 0, skipped: [], output: "" };
  for (const [, name, state, rest] of text.matchAll(
    /<testcase name="([^"]*)"[^>]*status="(\w+)"([\s\S]*?)<\/testcase>/g,
  )) {
    if (state === "run") ++counts.passed;
    else if (state === "disabled")
      counts.skipped.push(`${unescape(name)}: disabled, for running by hand`);
    else if (state === "notrun")
      counts.skipped.push(`${unescape(name)}: ${skipReason(unescape(rest))}`);
    else {
      ++counts.failed;
      const said = /<system-out>([\s\S]*?)<\/system-out>/.exec(rest)?.[1] ?? "";
      counts.output += `-- ${unescape(name)}\n${unescape(said)}\n`;
    }
  }
  if (status !== 0 && counts.failed === 0) throw new Failure(`${output}\nctest failed (${status})`);
  return counts;
}

/** What GTEST_SKIP() was given: the line after gtest's "file:line: Skipped". */
function skipReason(output) {
  return /: Skipped\n(.+)/.exec(output)?.[1].trim() ?? "no reason given";
}

/** Runs one GoogleTest binary in Node. */
async function gtestInNode(preset, name) {
  const report = buildFolder("logs", `${preset}-${name}.json`);
  rmSync(report, { force: true });
  const script = buildFolder(preset, "tests", `${name}.js`);
  const args = ["tests/wasm/run.cjs", script, `--gtest_output=json:${report}`, "--gtest_brief=1"];
  const { status, output } = await run("node", args, { check: false });
  const counts = {
    passed: 0,
    failed: 0,
    skipped: [],
    output: status === 0 ? "" : output.slice(-20_000),
  };
  if (!existsSync(report))
    return { ...counts, failed: 1, output: `${name} stopped (${status})\n${counts.output}` };
  for (const suite of JSON.parse(readFileSync(report, "utf8")).testsuites) {
    for (const test of suite.testsuite) {
      if (test.failures !== undefined) ++counts.failed;
      else if (test.result === "SKIPPED")
        counts.skipped.push(`${suite.name}.${test.name} (WASM): ${skippedWhy(output, test)}`);
      else if (test.result === "COMPLETED") ++counts.passed;
    }
  }
  if (status !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

/** gtest 1.12 keeps no reason in its report; its text has it at the test's file and line. */
function skippedWhy(output, test) {
  return skipReason(output.slice(Math.max(0, output.indexOf(`${test.file}:`))));
}

function add(total, counts) {
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped.push(...counts.skipped);
  total.output = [total.output, counts.output].filter(Boolean).join("\n");
}

const nothing = () => ({ passed: 0, failed: 0, skipped: [], output: "" });

async function wasm() {
  const total = nothing();
  // Everything with SIMD; then the kernels without it and the C interface, compiled as the module is
  // (the module itself has its own tests, from JavaScript).
  const builds = [
    ["wasm-simd", []],
    ["wasm", ["test_cpu", "test_capi"]],
  ];
  for (const [preset, targets] of builds) {
    await step(`Building the tests to WebAssembly (${preset})`, (tell) =>
      cmakeBuild(preset, targets, tell, ["-DPATHFLOW_TESTS=ON"]),
    );
    const folder = buildFolder(preset, "tests");
    const built = readdirSync(folder).filter((name) => /^test_\w+\.js$/.test(name));
    const names = targets.length > 0 ? targets : built.map((name) => name.slice(0, -3)).sort();
    await step(
      `Running them in Node (${names.map((name) => name.slice(5)).join(", ")})`,
      async (tell) => {
        const queue = [...names];
        const worker = async () => {
          for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
            tell(name);
            add(total, await gtestInNode(preset, name));
          }
        };
        await Promise.all(cpus().map(worker));
      },
    );
  }
  return total;
}

/** Runs files of tests with Node's test runner. */
async function nodeTests(name, folder, pattern, flags = []) {
  const path = join(root, folder);
  const found = existsSync(path)
    ? readdirSync(path)
        .filter((file) => pattern.test(file))
        .sort()
    : [];
  if (found.length === 0) throw new Failure(`no file in ${folder} matches ${pattern}`);
  const log = buildFolder("logs", `${name}.tap`);
  mkdirSync(buildFolder("logs"), { recursive: true });
  const args = [
    "--test",
    ...flags,
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    "--test-reporter=tap",
    `--test-reporter-destination=${log}`,
    ...found.map((file) => join(path, file)),
  ];
  const { status, output } = await step(`Running ${folder}`, () =>
    run("node", args, { check: false }),
  );
  const tap = readFileSync(log, "utf8");
  const count = (what) => Number(new RegExp(`^# ${what} (\\d+)$`, "m").exec(tap)?.[1] ?? 0);
  const skipped = [...tap.matchAll(/^ *ok \d+ - (.*?) # SKIP ?(.*)$/gm)].map(
    ([, test, why]) => `${test}: ${why || "no reason given"}`,
  );
  const failed = count("fail") + count("cancelled");
  if (status !== 0 && failed === 0) throw new Failure(`${output}\nnode --test failed (${status})`);
  return { passed: count("pass"), failed, skipped, output: failed > 0 ? output : "" };
}

async function js() {
  await buildWasm();
  await buildJs();
  return nodeTests("js", "wasm/js/test", /\.test\.mjs$/, ["--expose-gc"]);
}

async function simd() {
  await buildWasm();
  await buildJs();
  return nodeTests("simd", "tests/wasm", /\.test\.mjs$/);
}

async function npmPackage() {
  await buildWasm();
  await buildJs();
  return nodeTests("package", "tests/package", /\.test\.mjs$/, ["--test-concurrency=1"]);
}

async function install() {
  await step("Building the library and the command natively", (tell) =>
    cmakeBuild("release", ["pathflow", "pathflow_command"], tell, [
      "-DPATHFLOW_SHARED=ON",
      ...inOnePiece,
    ]),
  );
  return nodeTests("install", "tests/install", /\.test\.mjs$/, ["--test-concurrency=1"]);
}

async function tools() {
  await build();
  return nodeTests("tools", "tests/tools", /\.test\.mjs$/, ["--test-concurrency=1"]);
}

async function page() {
  await build();
  // Two browsers at a time: a page waits more than it works.
  return nodeTests("page", "tests/web", /\.spec\.mjs$/, ["--test-concurrency=2"]);
}

async function docs() {
  return nodeTests("docs", "tests/docs", /\.test\.mjs$/);
}

async function determinism() {
  await buildWasm();
  await buildJs();
  await step("Building the runs with gcc", (tell) =>
    cmakeBuild("release", ["test_determinism"], tell, ["-DPATHFLOW_TESTS=ON", ...inOnePiece]),
  );
  return nodeTests("determinism", "tests/determinism", /\.test\.mjs$/);
}

const fuzz = () => fuzzAll(fuzzSeconds);

// The last item of a stage: whether it runs only when asked for, because it takes long.
const stages = {
  native: ["the library built with warnings as errors, and ctest", () => native()],
  fuzz: ["libFuzzer on npy, safetensors, configurations and the C ABI, sanitizers on", fuzz],
  wasm: ["the same tests compiled to WebAssembly and run in Node", wasm],
  simd: ["SIMD instructions in the binaries that should have them, and in no other", simd],
  js: ["the JS module in Node", js],
  package: [
    "the packed module in an empty folder: Node, Vite, its size, publint, attw, README",
    npmPackage,
  ],
  install: [
    "the C++ library as other projects find it, its headers and options, the README's examples",
    install,
  ],
  tools: ["npm start, its server and its set-up", tools],
  page: ["the page in Chromium", page],
  docs: ["Doxygen without a warning, links that lead somewhere", docs],
  determinism: ["the same bits from gcc, clang and WebAssembly", determinism],
  asan: [
    "native, with address and undefined behaviour sanitizers",
    () => native("asan-ubsan", []),
    true,
  ],
  tsan: ["native, with the thread sanitizer (clang)", () => native("tsan", []), true],
};

// The run ---------------------------------------------------------------------------------------------

async function runStage(name) {
  console.log(`\n== ${name}: ${stages[name][0]}`);
  const begin = performance.now();
  let result;
  try {
    result = await stages[name][1]();
    if (result.passed + result.failed === 0) {
      result = { ...result, failed: 1, output: `${result.output}\n${name}: no test ran` };
    }
  } catch (error) {
    result = {
      ...nothing(),
      failed: 1,
      output: error instanceof Failure ? error.message : error.stack,
    };
  }
  if (result.failed > 0) console.log(result.output);
  for (const why of result.skipped) console.log(`skipped ${why}`);
  const time = duration(performance.now() - begin);
  console.log(
    `== ${name}: ${result.passed} passed, ${result.failed} failed, ${result.skipped.length} skipped in ${time}`,
  );
  return { name, time, ...result };
}

function options() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        only: { type: "string" },
        "fuzz-seconds": { type: "string", default: "60" },
        list: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }));
  } catch (error) {
    throw new Failure(`test: ${error.message}\n\n${help}`);
  }
  const always = Object.keys(stages).filter((name) => !stages[name][2]);
  const names = values.only?.split(",") ?? always;
  const unknown = names.find((name) => !(name in stages));
  if (unknown !== undefined) {
    throw new Failure(
      `test: unknown stage "${unknown}" (valid: ${Object.keys(stages).join(", ")})`,
    );
  }
  fuzzSeconds = Number(values["fuzz-seconds"]);
  if (!Number.isInteger(fuzzSeconds) || fuzzSeconds < 1) {
    throw new Failure(
      `test: --fuzz-seconds must be a whole number of at least 1, got "${values["fuzz-seconds"]}"`,
    );
  }
  return { ...values, names };
}

await runMain(async () => {
  const { help: wantsHelp, list, names } = options();
  if (wantsHelp) {
    console.log(help);
    return;
  }
  if (list)
    return Object.entries(stages).forEach(([name, [what, , optional]]) =>
      console.log(`${name.padEnd(12)}${what}${optional ? " (only when named)" : ""}`),
    );

  const begin = performance.now();
  await setUp(names.includes("tsan") ? "develop" : "test"); // clang's OpenMP is a developer's package
  const results = [];
  for (const name of names) results.push(await runStage(name));

  const rows = results.map(
    ({ name, passed, failed, skipped, time }) =>
      `${name.padEnd(12)}${String(passed).padStart(6)} passed ${String(failed).padStart(4)} failed ` +
      `${String(skipped.length).padStart(4)} skipped  ${time}`,
  );
  console.log(`\n${rows.join("\n")}\nall in ${duration(performance.now() - begin)}\n`);
  const total = nothing();
  for (const result of results) add(total, { ...result, output: "" });
  const skips = total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : "";
  console.log(`${total.passed} passed, ${total.failed} failed${skips}`);
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
});
