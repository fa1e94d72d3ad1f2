// The build's options: each documented with its default, contradictions refused with a sentence, and
// one version everywhere.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root } from "../../lib/build/progress.mjs";
import { emptyFolder, sh } from "../support/scratch.mjs";

const read = (path) => readFileSync(join(root, path), "utf8");
let folder;

before(() => {
  folder = emptyFolder("options");
});

after(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

/** All of the build's CMake code. */
const cmakeCode = () =>
  [
    "CMakeLists.txt",
    "lib/cli/CMakeLists.txt",
    "tests/CMakeLists.txt",
    "tests/cli/CMakeLists.txt",
    "tests/bench/CMakeLists.txt",
    "wasm/CMakeLists.txt",
    "wasm/kernels/CMakeLists.txt",
    ...readdirSync(join(root, "lib/build"))
      .filter((name) => name.endsWith(".cmake"))
      .map((name) => `lib/build/${name}`),
  ]
    .map(read)
    .join("\n");

/** Rows of the table in building.md: name to default. */
const documented = () =>
  new Map(
    [...read("lib/docs/building.md").matchAll(/^\| `(PATHFLOW_\w+)` \| (.*?) \|/gm)].map(
      ([, name, value]) => [name, value.replaceAll("`", "")],
    ),
  );

test("every option is documented, and nothing else is", () => {
  const code = cmakeCode();
  const found = new Set(
    [
      ...code.matchAll(/\boption\((PATHFLOW_\w+)/g),
      ...code.matchAll(/\bset\((PATHFLOW_\w+)[^)]*\bCACHE\b/g),
      ...code.matchAll(/\bfind_(?:path|program|library|file)\((PATHFLOW_\w+)/g),
    ].map(([, name]) => name),
  );
  for (const [, name] of code.matchAll(/^ *pathflow_require_header\((\w+)/gm))
    found.add(`PATHFLOW_${name}_INCLUDE`);
  found.delete("PATHFLOW_");
  assert.ok(found.size > 10);
  assert.deepEqual([...documented().keys()].sort(), [...found].sort());
});

test("the documented defaults are the ones that a plain configuration gets", async () => {
  const build = join(folder, "defaults");
  await sh("cmake", ["-S", root, "-B", build, "-G", "Ninja", "-DPATHFLOW_TESTS=OFF"]);
  const cache = readFileSync(join(build, "CMakeCache.txt"), "utf8");
  for (const [name, value] of documented()) {
    const got = new RegExp(`^${name}:\\w+=(.*)$`, "m").exec(cache)?.[1];
    if (name === "PATHFLOW_TESTS") continue; // given above: configuring the tests takes long
    if (value === "top level") assert.equal(got, "ON", name);
    else if (/^(ON|OFF)$/.test(value)) assert.equal(got, value, name);
    else if (value === "BUILD_SHARED_LIBS") assert.equal(got || "OFF", "OFF", name);
  }
});

/** Configures and expects a refusal that has these words. */
async function refused(build, options, words) {
  const args = ["-S", root, "-B", join(folder, build), "-G", "Ninja", ...options];
  await assert.rejects(sh("cmake", args), ({ message }) => {
    assert.match(message.replace(/\s+/g, " "), words);
    return true;
  });
}

test("no library at all is refused", () =>
  refused("native", ["-DPATHFLOW_STATIC=OFF"], /PATHFLOW_STATIC and PATHFLOW_SHARED are both off/));

test("WebAssembly's option is refused without it", () =>
  refused("isa", ["-DPATHFLOW_WASM_ISA=simd"], /PATHFLOW_WASM_ISA is for WebAssembly alone/));

test("what WebAssembly has not is refused", async () => {
  const names = ["SHARED", "CLI", "BENCH", "OPENMP", "INSTALL"];
  const toolchain = `-DCMAKE_TOOLCHAIN_FILE=${join(root, "lib/build/emscripten.cmake")}`;
  for (const name of names) {
    const options = names.map((one) => `-DPATHFLOW_${one}=${one === name ? "ON" : "OFF"}`);
    const words = new RegExp(`PATHFLOW_${name} is not for WebAssembly.* -DPATHFLOW_${name}=OFF`);
    await refused("wasm", [toolchain, ...options], words);
  }
  const isa = ["-DPATHFLOW_INSTALL=OFF", "-DPATHFLOW_WASM_ISA=avx2"];
  await refused(
    "wasm",
    [toolchain, ...isa],
    /PATHFLOW_WASM_ISA must be scalar or simd, got "avx2"/,
  );
});

test("a missing package is refused with its name and the option that helps", () =>
  refused(
    "missing",
    ["-DCMAKE_IGNORE_PATH=/usr/include"],
    /libxtensor-dev.*-DPATHFLOW_XTENSOR_INCLUDE=|-DPATHFLOW_XTENSOR_INCLUDE=.*libxtensor-dev/,
  ));

test("the version is package.json's", async () => {
  const { version } = JSON.parse(read("package.json"));
  const release = (path) => read(join("build/release", path));
  assert.ok(release("include/pathflow/base/version.hpp").includes(`kVersion = "${version}"`));
  assert.ok(release("pathflow.pc").includes(`Version: ${version}\n`));
  assert.ok(release("pathflowConfigVersion.cmake").includes(`PACKAGE_VERSION "${version}"`));
  assert.equal(JSON.parse(read("package-lock.json")).version, version);
  const [major, minor] = version.split(".");
  const names = readdirSync(join(root, "build/release"));
  assert.ok(names.includes(`libpathflow.so.${version}`));
  assert.ok(names.includes(`libpathflow.so.${major}.${minor}`));
  assert.match(read("CHANGELOG.md"), new RegExp(`^## ${version.replaceAll(".", "\\.")} `, "m"));
});
