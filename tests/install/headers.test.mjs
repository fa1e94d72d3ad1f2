// What is installed to be included and linked: every header compiles by itself under strict flags, and
// the shared library shows the public interface and nothing else.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { installHeaders } from "../../lib/build/docs.mjs";
import { root } from "../../lib/build/progress.mjs";
import { emptyFolder, sh } from "../support/scratch.mjs";

let folder;
let include;
let headers;

before(async () => {
  folder = emptyFolder("headers");
  await installHeaders(join(folder, "prefix"));
  include = join(folder, "prefix/include");
  headers = readdirSync(include, { recursive: true }).filter((name) => name.endsWith(".hpp"));
  assert.ok(headers.length > 30, `${headers.length} headers are installed`);
});

after(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

/** Runs task(item) for every item, as many at a time as there are processors. */
async function forAll(items, task) {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await task(item);
  };
  await Promise.all(cpus().map(worker));
}

test("each header compiles alone", async () => {
  // By clang where there is one: it is quicker, and everything else here is gcc's.
  const compiler = await sh("clang++", ["--version"]).then(
    () => "clang++",
    () => "g++",
  );
  const bad = [];
  await forAll(headers, async (header) => {
    const file = join(folder, `${header.replaceAll("/", "_")}.cpp`);
    writeFileSync(file, `#include "${header}"\n`);
    const flags = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror"];
    await sh(compiler, [...flags, "-I", include, file]).catch(({ message }) => bad.push(message));
  });
  assert.deepEqual(bad, []);
});

test("each header is marked as public, to be seen outside the shared library", () => {
  const unmarked = headers.filter((header) => {
    const text = readFileSync(join(include, header), "utf8");
    const begin = text.indexOf("#pragma GCC visibility push(default)");
    const open = text.indexOf("\nnamespace pathflow");
    return begin < 0 || begin > open || text.indexOf("#pragma GCC visibility pop") < open;
  });
  // constants alone: no symbol
  assert.deepEqual(unmarked, ["pathflow/base/version.hpp"]);
});

test("the shared library shows the public interface alone", async () => {
  const file = join(root, "build/release/libpathflow.so");
  const listed = await sh("nm", ["--dynamic", "--defined-only", "--demangle", file]);
  const symbols = listed
    .trim()
    .split("\n")
    .map((line) => line.replace(/^\w* *\w /, ""));
  const ours =
    /^(non-virtual thunk to |typeinfo (name )?for |vtable for |VTT for )?([\w:<>, ]+ |std::function<.*> )?pathflow::/;
  const internal =
    /\(anonymous|::detail::|::ops::|::reference::|::(avx2|avx512|baseline)::|_table\(/;
  assert.deepEqual(
    symbols.filter((name) => !ours.test(name) || internal.test(name)),
    [],
  );
  for (const name of [
    "pathflow::train::Trainer::step(long)",
    "typeinfo for pathflow::Error",
    "typeinfo for pathflow::path::Schedule",
    "pathflow::path::make_schedule(",
    // function templates: the pragma does not reach them, each says it itself
    "pathflow::sample::SampleResult<float> pathflow::sample::sample<float>(",
    "pathflow::graph::Plan<double> pathflow::graph::compile<double>(",
    "void pathflow::cpu::gemm<float>(",
    "void pathflow::sample::combine<float>(",
    "pathflow::io::write_npy(float const*, ",
  ])
    assert.ok(
      symbols.some((symbol) => symbol.startsWith(name)),
      `${name} is there`,
    );
});
