#!/usr/bin/env node
// npm run bench: one table of training and sampling speed, native, WASM and the browser libraries a
// user would otherwise train with, all interleaved in one run so that a slow minute hits them alike.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { sampleFlops, stepFlops } from "./peers/job.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "1.5" },
    only: { type: "string" },
    json: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (flags.help) {
  console.log(`npm run bench -- [--rounds 5] [--seconds 1.5] [--only native,node,chromium] [--json FILE]
Trains the reference network (3-128-128-128-2, SiLU, Adam; batch 256 and 1,024) and samples 2,000
particles with 100 Euler steps. Prints medians of the rounds and the spread; --json keeps every round.
Example: npm run bench -- --rounds 3 --only chromium,native`);
  process.exit(0);
}
const rounds = positive("rounds");
const seconds = positive("seconds");
const wanted = new Set((flags.only ?? "native,node,chromium").split(","));
for (const name of wanted) {
  if (!["native", "node", "chromium"].includes(name))
    fail(`--only: unknown place "${name}" (valid: native, node, chromium)`);
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
if (wanted.has("native")) {
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
  step("(this takes a minute the first time)", "cmake", [
    "--build",
    build,
    "--target",
    "bench_native",
  ]);
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

// Contenders: each is { name, train(batch) -> steps/s, sample() -> s } -------------------------------

function native(threads) {
  const run = (filter) => {
    const text = execFileSync(
      join(build, "tests/bench/bench_native"),
      [
        `--benchmark_filter=${filter}`,
        `--benchmark_min_time=${seconds}`,
        "--benchmark_format=json",
      ],
      { stdio: ["ignore", "pipe", "ignore"] },
    );
    return JSON.parse(text).benchmarks[0];
  };
  return {
    name: `native, ${threads} thread${threads > 1 ? "s" : ""}`,
    train: async (batch) => run(`^train_step/batch:${batch}/threads:${threads}/`).steps_per_second,
    sample: async () => run(`^sample/threads:${threads}/`).real_time / 1000,
    peak: async () => run("^multiply_add_peak").gflops,
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
      const begin = performance.now();
      let steps = 0;
      let elapsed = 0;
      while (elapsed < seconds) {
        await one.train(10);
        steps += 10;
        elapsed = (performance.now() - begin) / 1000;
      }
      return steps / elapsed;
    },
    async sample() {
      const one = await get(256);
      const begin = performance.now();
      await one.sample(2000, 100);
      return (performance.now() - begin) / 1000;
    },
  };
}

async function chromium() {
  const { chromium: browserType } = await import("playwright-core");
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, "http://x").pathname.replace(/\/$/, "/index.html");
    const types = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };
    try {
      const body = await readFile(join(site, path));
      response.writeHead(200, {
        "content-type": types[extname(path)] ?? "application/octet-stream",
      });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await browserType.launch({
    executablePath: process.env.PATHFLOW_CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(`bench page: ${error.message}`));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction(() => globalThis.bench !== undefined);
  const one = (name) => ({
    name: `Chromium, ${name}`,
    train: (batch) =>
      page.evaluate(([n, b, s]) => globalThis.bench.train(n, b, s), [name, batch, seconds]),
    sample: () => page.evaluate((n) => globalThis.bench.sample(n), name),
  });
  return {
    contenders: ["wasm-relaxed", "wasm-simd", "wasm-scalar", "jax-js", "TF.js"].map(one),
    async close() {
      await browser.close();
      server.close();
    },
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

const results = new Map(
  contenders.map(({ name }) => [name, { train256: [], train1024: [], sample: [] }]),
);
const peaks = [];
for (let round = 1; round <= rounds; ++round) {
  console.error(`bench: round ${round} of ${rounds}`);
  if (nativeOne) peaks.push(await nativeOne.peak());
  for (const one of contenders) results.get(one.name).train256.push(await one.train(256));
  for (const one of contenders) results.get(one.name).train1024.push(await one.train(1024));
  for (const one of contenders) results.get(one.name).sample.push(await one.sample());
}
await browser?.close();

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};
const peak = peaks.length > 0 ? median(peaks) : NaN;
const share = (gflops) => (Number.isNaN(peak) ? "" : `${((100 * gflops) / peak).toFixed(0)} %`);
const rows = [
  [
    "",
    "batch 256 steps/s",
    "GFLOP/s",
    "of peak",
    "batch 1024 steps/s",
    "GFLOP/s",
    "2000 x 100 Euler, s",
  ],
];
for (const [name, { train256, train1024, sample }] of results) {
  const small = (median(train256) * stepFlops(256)) / 1e9;
  const large = (median(train1024) * stepFlops(1024)) / 1e9;
  rows.push([
    name,
    median(train256).toFixed(0),
    small.toFixed(1),
    share(small),
    median(train1024).toFixed(0),
    large.toFixed(1),
    median(sample).toFixed(3),
  ]);
}
const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
console.log(
  `${cpus()[0].model}, ${cpus().length} cores; median of ${rounds} interleaved rounds; ` +
    `one-core multiply-add peak ${peak.toFixed(0)} GFLOP/s; sampling is ${(sampleFlops(2000, 100) / 1e9).toFixed(1)} GFLOP`,
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

const of = (name, field) => (results.has(name) ? median(results.get(name)[field]) : NaN);
const best = "Chromium, wasm-relaxed"; // what the module picks there
const ratios = [
  [
    "Chromium training, batch 256, against the better library",
    of(best, "train256") /
      Math.max(of("Chromium, jax-js", "train256"), of("Chromium, TF.js", "train256")),
    4,
  ],
  [
    "Chromium training, batch 1024, against the better library",
    of(best, "train1024") /
      Math.max(of("Chromium, jax-js", "train1024"), of("Chromium, TF.js", "train1024")),
    2.5,
  ],
  [
    "Chromium sampling, against the better library",
    Math.min(of("Chromium, jax-js", "sample"), of("Chromium, TF.js", "sample")) /
      of(best, "sample"),
    1.6,
  ],
  [
    "Chromium training against native one thread",
    of(best, "train256") / of("native, 1 thread", "train256"),
    0.33,
  ],
  [
    "native one thread, share of the multiply-add peak",
    (of("native, 1 thread", "train256") * stepFlops(256)) / 1e9 / peak,
    0.5,
  ],
  [
    "native two threads against one",
    of("native, 2 threads", "train256") / of("native, 1 thread", "train256"),
    1.6,
  ],
].filter(([, value]) => Number.isFinite(value));
for (const [what, value, least] of ratios) {
  console.log(
    `${value >= least ? "met   " : "MISSED"}  ${value.toFixed(2)} (at least ${least})  ${what}`,
  );
}

if (flags.json) {
  mkdirSync(dirname(flags.json), { recursive: true });
  writeFileSync(
    flags.json,
    JSON.stringify(
      {
        date: new Date().toISOString(),
        machine: cpus()[0].model,
        cores: cpus().length,
        rounds,
        seconds,
        peak_gflops: peaks,
        results: Object.fromEntries(results),
        ratios,
      },
      null,
      1,
    ) + "\n",
  );
}
