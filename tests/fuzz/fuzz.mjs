// The stage `fuzz` of npm test: builds the fuzzers and runs each for a while, two at a time, from the
// corpus kept in corpus/NAME. A crash, a hang, a leak or too much memory fails its target and prints
// the input that did it, with the command that shows it again.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { cmakeBuild } from "../../lib/build/build.mjs";
import { buildFolder, root, run, step } from "../../lib/build/progress.mjs";

export const targets = ["npy", "safetensors", "config", "capi"];

const folder = join(root, "tests/fuzz");

/** What libFuzzer says at its end: "#123 DONE cov: 45 ft: 67 ...", "Done 123 runs in 60 second(s)". */
function numbers(output) {
  const last = [...output.matchAll(/^#\d+\s+\w+\s+cov: (\d+) ft: (\d+) corp: (\d+)/gm)].at(-1);
  const runs = /^Done (\d+) runs in (\d+) second/m.exec(output);
  return last && runs
    ? { coverage: last[1], features: last[2], inputs: last[3], runs: Number(runs[1]) }
    : undefined;
}

/** The input that failed, to be put together again anywhere, and what was said of it. */
function failure(name, output, artifacts) {
  const said = output.slice(-6000);
  const found = readdirSync(artifacts).sort();
  const lines = found.map((file) => {
    const bytes = readFileSync(join(artifacts, file));
    return (
      `base64 -d > ${file} <<< ${bytes.toString("base64")}\n` +
      `build/fuzz/tests/fuzz/fuzz_${name} ${file}`
    );
  });
  return `${said}\n\nfuzz_${name} failed. To see it again, after cmake --build --preset fuzz:\n${lines.join("\n")}`;
}

async function fuzz(name, seconds) {
  const found = buildFolder("fuzz-found", name);
  const artifacts = buildFolder("fuzz-artifacts", name);
  for (const path of [found, artifacts]) {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
  }
  const dictionary = join(folder, "dictionaries", `${name}.dict`);
  const args = [
    `-max_total_time=${seconds}`,
    "-max_len=4096",
    "-timeout=20",
    "-rss_limit_mb=2048",
    "-print_final_stats=0",
    ...(existsSync(dictionary) ? [`-dict=${dictionary}`] : []),
    `-artifact_prefix=${artifacts}/`,
    found, // new inputs go to the first folder; the kept ones are only read
    join(folder, "corpus", name),
  ];
  const program = buildFolder("fuzz", "tests/fuzz", `fuzz_${name}`);
  const log = buildFolder("logs", `fuzz-${name}.log`);
  const { status, output } = await run(program, args, { check: false, log });
  const seen = numbers(output);
  if (status !== 0 || seen === undefined || seen.runs === 0) {
    return { failed: 1, output: failure(name, output, artifacts) };
  }
  console.log(
    `  ${name}: ${seen.runs} runs, coverage ${seen.coverage}, features ${seen.features}, ` +
      `${seen.inputs} inputs`,
  );
  return { failed: 0, output: "" };
}

/** Runs every target; each counts as one test. */
export async function fuzzAll(seconds) {
  await step("Building the fuzzers", (tell) => cmakeBuild("fuzz", ["fuzzers"], tell));
  const total = { passed: 0, failed: 0, skipped: [], output: "" };
  await step(`Fuzzing ${targets.join(", ")} for ${seconds} s each`, async (tell) => {
    const queue = [...targets];
    const worker = async () => {
      for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
        tell(name);
        const { failed, output } = await fuzz(name, seconds);
        total.failed += failed;
        total.passed += 1 - failed;
        if (output) total.output += `\n${output}`;
      }
    };
    await Promise.all(cpus().slice(0, 2).map(worker));
  });
  return total;
}
