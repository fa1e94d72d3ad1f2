// Sections of `npm run bench` beside the table of contenders: what single methods cost natively, and
// the 2-D table of distances in its quick form.
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";

/** Each section's targets, and how long it takes on two cores. */
export const sections = {
  methods: {
    targets: ["bench_methods", "bench_assignment", "bench_native"],
    takes: "minutes, and 8 GB where LEMON is compared at 10,000 points",
    run: methods,
  },
  tables: { targets: ["bench_tables"], takes: "about six minutes", run: tables },
};

/** The rows of a Google Benchmark program, printed as they come out. */
function rowsOf(program, filter, environment) {
  const text = execFileSync(
    program,
    [`--benchmark_filter=${filter}`, "--benchmark_min_time=0.5", "--benchmark_format=json"],
    { stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 26, env: environment },
  );
  const rows = JSON.parse(text).benchmarks;
  for (const row of rows) console.log(describe(row));
  return rows;
}

const known = new Set(["iterations", "real_time", "cpu_time", "repetitions", "threads"]);
function describe(row) {
  if (row.error_occurred) return `${row.name}: ${row.error_message}`;
  const counters = Object.entries(row)
    .filter(([name, value]) => typeof value === "number" && !known.has(name))
    .filter(([name]) => !name.endsWith("_index"))
    .map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`);
  const time = `${row.real_time.toPrecision(4)} ${row.time_unit}`;
  return [row.name.padEnd(44), time.padStart(12), ...counters, row.label ?? ""].join("  ");
}

function methods(build) {
  const program = (name) => join(build, "tests/bench", name);
  const one = { ...process.env, OMP_WAIT_POLICY: "passive" };
  const rows = [
    ...rowsOf(program("bench_methods"), ".", one),
    ...rowsOf(program("bench_native"), "^(coupled_step|reflow_round)", one),
    ...rowsOf(program("bench_assignment"), ".", one),
  ];
  console.log(slowdown(rows));
  return rows;
}

/** What exact transport costs a training step of batch 256. */
function slowdown(rows) {
  const step = (coupling) =>
    rows.find((row) => row.name.startsWith(`coupled_step/coupling:${coupling}/threads:1`));
  const ratio = step(1).cpu_time / step(0).cpu_time;
  return (
    `${ratio < 2.5 ? "met   " : "MISSED"}  ${ratio.toFixed(2)} (below 2.5)  training with coupling ` +
    "ot against without, batch 256, one thread, processor time"
  );
}

function tables(build) {
  const file = join(build, "tables-quick");
  const { status } = spawnSync(
    join(build, "tests/bench/bench_tables"),
    ["--quick", "--file", `${file}.jsonl`, "--json", `${file}.json`],
    { stdio: "inherit" },
  );
  if (status !== 0) throw new Error(`bench_tables ended with ${status}`);
  return `${file}.json`;
}
