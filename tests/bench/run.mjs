#!/usr/bin/env node
// npm run bench: one table of training and sampling speed, native, WASM and the browser libraries a
// user would otherwise train with, all interleaved in one run so that a slow minute hits them alike.
// Every contender is timed in many short slices; what counts is the mean of the best tenth of them,
// its speed while nothing else ran. Medians stand beside it.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { sampleFlops, stepFlops } from "./peers/job.mjs";
import { sections } from "./sections.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "20" },
    seconds: { type: "string", default: "0.3" },
    only: { type: "string" },
    json: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (flags.help) {
  console.log(`npm run bench -- [--rounds 20] [--seconds 0.3] [--only PART,...] [--json FILE]
native, node, chromium: trains the reference network (3-128-128-128-2, SiLU, Adam; batch 256 and
1,024) and samples 2,000 particles with 100 Euler steps. Prints the best tenth of all slices, and
medians; --json keeps each.
methods: a step of each sampler, log-density, Fokker-Planck, a reflow round, couplings, exact
transport beside LEMON's (${sections.methods.takes}).
tables: the 2-D table of distances, one seed at n = 2,000 (${sections.tables.takes}; goes on where
it was stopped). The whole table: build/bench/tests/bench/bench_tables --help
Example: npm run bench -- --rounds 5 --only chromium,native`);
  process.exit(0);
}
const rounds = positive("rounds");
const seconds = positive("seconds");
const places = ["native", "node", "chromium"];
const parts = [...places, ...Object.keys(sections)];
const wanted = new Set(flags.only?.split(",") ?? parts);
for (const name of wanted) {
  if (!parts.includes(name)) fail(`--only: unknown part "${name}" (valid: ${parts.join(", ")})`);
}

function positive(name) {
  const value = Number(flags[name]);
  if (!(value > 0)) fail(`--${name} must be a positive number, got ${flags[name]}`);
  return value;
}
function fail(message) {
  console.error(`bench: ${message}`);
  process.exit(2);
}
function step(message, command, args, options = {}) {
  console.error(`bench: ${message}`);
  execFileSync(command, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"], ...options });
}

// Builds -------------------------------------------------------------------------------------------

const build = join(root, "build/bench");
const targets = new Set(wanted.has("native") ? ["bench_native"] : []);
for (const [name, section] of Object.entries(sections)) {
  if (wanted.has(name)) for (const target of section.targets) targets.add(target);
}
if (targets.size > 0) {
  step("building the native library", "cmake", [
    "-S",
    ".",
    "-B",
    build,
    "-G",
    "Ninja",
    "-DCMAKE_BUILD_TYPE=Release",
    "-DPATHFLOW_BENCH=ON",
    "-DPATHFLOW_TESTS=OFF",
    "-DPATHFLOW_CLI=OFF",
  ]);
  step("(this takes a minute the first time)", "cmake", ["--build", build, "--target", ...targets]);
}
const site = join(build, "site");
if (wanted.has("chromium") || wanted.has("node")) {
  if (!existsSync(join(root, "wasm/dist/pathflow.wasm")))
    fail("wasm/dist is missing: run `npm run build` first");
}
if (wanted.has("chromium")) {
  if (!existsSync(join(here, "node_modules/@jax-js/jax"))) {
    step(
      "installing the compared libraries into tests/bench",
      "npm",
      ["install", "--no-audit", "--no-fund", "--ignore-scripts"],
      { cwd: here },
    );
  }
  step("bundling the benchmark page", join(root, "node_modules/.bin/vite"), [
    "build",
    "--config",
    join(here, "vite.config.mjs"),
    "--outDir",
    site,
    "--emptyOutDir",
  ]);
}

// Sections -----------------------------------------------------------------------------------------

const sectionResults = {};
for (const [name, section] of Object.entries(sections)) {
  if (!wanted.has(name)) continue;
  console.error(`bench: ${name}: ${section.takes}`);
  sectionResults[name] = section.run(build);
}
if (!places.some((place) => wanted.has(place))) {
  if (flags.json) writeJson(sectionResults);
  process.exit(0);
}

function writeJson(fields) {
  mkdirSync(dirname(flags.json), { recursive: true });
  const machine = { date: new Date().toISOString(), machine: cpus()[0].model };
  writeFileSync(
    flags.json,
    JSON.stringify({ ...machine, cores: cpus().length, ...fields }, null, 1) + "\n",
  );
}

// Contenders: { name, train(batch) -> steps/s of each slice, sample() -> jobs/s of each } --------------

function native(threads) {
  const repetitions = 10;
  const run = (filter, value) => {
    const text = execFileSync(
      join(build, "tests/bench/bench_native"),
      [
        `--benchmark_filter=${filter}`,
        `--benchmark_min_time=${seconds / repetitions}`,
        `--benchmark_repetitions=${repetitions}`,
        "--benchmark_format=json",
      ],
      { stdio: ["ignore", "pipe", "ignore"] },
    );
    return JSON.parse(text)
      .benchmarks.filter((one) => one.run_type === "iteration")
      .map(value);
  };
  return {
    name: `native, ${threads} thread${threads > 1 ? "s" : ""}`,
    train: async (batch) =>
      run(`^train_step/batch:${batch}/threads:${threads}/`, (one) => one.steps_per_second),
    sample: async () => run(`^sample/threads:${threads}/`, (one) => 1000 / one.real_time),
    peak: async () => run("^multiply_add_peak", (one) => one.gflops),
  };
}

async function node(variant) {
  const { load } = await import(join(root, "wasm/dist/index.js"));
  const { own } = await import("./own.mjs");
  const made = new Map();
  const get = async (batch) => {
    if (!made.has(batch)) {
      made.set(batch, await own(load, { variant }, batch));
      await made.get(batch).train(50);
    }
    return made.get(batch);
  };
  return {
    name: `Node, WASM ${variant}`,
    async train(batch) {
      const one = await get(batch);
      const rates = [];
      const end = performance.now() + 1000 * seconds;
      while (performance.now() < end) {
        const begin = performance.now();
        await one.train(2);
        rates.push(2000 / (performance.now() - begin));
      }
      return rates;
    },
    async sample() {
      const one = await get(256);
      const begin = performance.now();
      await one.sample(2000, 100);
      return [1000 / (performance.now() - begin)];
    },
  };
}

async function chromium() {
  const { openBrowser } = await import("../support/chromium.mjs");
  const { browser, address, close } = await openBrowser(site);
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(`bench page: ${error.message}`));
  await page.goto(address);
  await page.waitForFunction(() => globalThis.bench !== undefined);
  const one = (name) => ({
    name: `Chromium, ${name}`,
    train: (batch) =>
      page.evaluate(([n, b, s]) => globalThis.bench.train(n, b, s), [name, batch, seconds]),
    sample: () => page.evaluate((n) => globalThis.bench.sample(n), name),
  });
  return {
    contenders: ["wasm-relaxed", "wasm-simd", "wasm-scalar", "jax-js", "TF.js"].map(one),
    close,
  };
}

const contenders = [];
const nativeOne = wanted.has("native") ? native(1) : null;
if (nativeOne) contenders.push(nativeOne, native(2));
if (wanted.has("node")) {
  contenders.push(await node("simd"), await node("scalar"));
}
let browser = null;
if (wanted.has("chromium")) {
  browser = await chromium();
  contenders.push(...browser.contenders);
}

// Rounds -------------------------------------------------------------------------------------------

const jobs = {
  train256: (one) => one.train(256),
  train1024: (one) => one.train(1024),
  sample: (one) => one.sample(),
};
const results = new Map(
  contenders.map(({ name }) => [name, { train256: [], train1024: [], sample: [] }]),
);
const peaks = [];
for (let round = 1; round <= rounds; ++round) {
  console.error(`bench: round ${round} of ${rounds}`);
  if (nativeOne) peaks.push(...(await nativeOne.peak()));
  for (const [job, run] of Object.entries(jobs)) {
    for (const one of contenders) results.get(one.name)[job].push(...(await run(one)));
  }
}
await browser?.close();

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
/** The mean of the best tenth. */
const best = (values) => {
  const sorted = [...values].sort((a, b) => b - a);
  return mean(sorted.slice(0, Math.max(1, Math.floor(sorted.length / 10))));
};
const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};
const peak = peaks.length > 0 ? best(peaks) : NaN;
const share = (gflops) => (Number.isNaN(peak) ? "" : `${((100 * gflops) / peak).toFixed(0)} %`);
const rows = [
  [
    "",
    "batch 256 steps/s",
    "median",
    "GFLOP/s",
    "of peak",
    "batch 1024 steps/s",
    "median",
    "GFLOP/s",
    "2000 x 100 Euler, s",
    "median",
  ],
];
for (const [name, { train256, train1024, sample }] of results) {
  const small = (best(train256) * stepFlops(256)) / 1e9;
  const large = (best(train1024) * stepFlops(1024)) / 1e9;
  rows.push([
    name,
    best(train256).toFixed(0),
    median(train256).toFixed(0),
    small.toFixed(1),
    share(small),
    best(train1024).toFixed(0),
    median(train1024).toFixed(0),
    large.toFixed(1),
    (1 / best(sample)).toFixed(3),
    (1 / median(sample)).toFixed(3),
  ]);
}
const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
console.log(
  `${cpus()[0].model}, ${cpus().length} cores; the best tenth (and the median) of all slices of ` +
    `${rounds} interleaved rounds; one-core multiply-add peak ${peak.toFixed(0)} GFLOP/s; ` +
    `sampling is ${(sampleFlops(2000, 100) / 1e9).toFixed(1)} GFLOP`,
);
for (const row of rows) {
  console.log(
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]),
      )
      .join("  "),
  );
}

// Ratios the project promises ------------------------------------------------------------------------

const ours = "Chromium, wasm-relaxed"; // what the module picks there
const peers = ["Chromium, jax-js", "Chromium, TF.js"];
/** How often `name` is as fast at a job as the best of `others`, by best tenths and by medians. */
function against(name, others, job) {
  const by = (statistic) => {
    const of = (one) => (results.has(one) ? statistic(results.get(one)[job]) : NaN);
    return of(name) / Math.max(...others.map(of));
  };
  return [by(best), by(median)];
}
const one = "native, 1 thread";
const oneGflops = (statistic) =>
  results.has(one) ? (statistic(results.get(one).train256) * stepFlops(256)) / 1e9 : NaN;
const ratios = [
  ["Chromium training, batch 256, against the better library", against(ours, peers, "train256"), 4],
  [
    "Chromium training, batch 1024, against the better library",
    against(ours, peers, "train1024"),
    2.5,
  ],
  ["Chromium sampling, against the better library", against(ours, peers, "sample"), 1.6],
  ["Chromium training against native one thread", against(ours, [one], "train256"), 0.33],
  [
    "native one thread, share of the multiply-add peak",
    [oneGflops(best) / peak, oneGflops(median) / (peaks.length > 0 ? median(peaks) : NaN)],
    0.5,
  ],
  ["native two threads against one", against("native, 2 threads", [one], "train256"), 1.6],
].filter(([, [value]]) => Number.isFinite(value));
for (const [what, [value, middle], least] of ratios) {
  console.log(
    `${value >= least ? "met   " : "MISSED"}  ${value.toFixed(2)} (at least ${least}; by medians ` +
      `${middle.toFixed(2)})  ${what}`,
  );
}

if (flags.json) {
  writeJson({
    rounds,
    seconds,
    peak_gflops: peaks,
    results: Object.fromEntries(results),
    ratios,
    ...sectionResults,
  });
}
