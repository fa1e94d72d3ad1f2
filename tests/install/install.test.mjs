// The C++ library as another project meets it: installed and found by CMake or pkg-config, static and
// shared, or added as a folder; and the README's C++ examples, compiled against the installed one.
import assert from "node:assert/strict";
import { cpSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root } from "../../lib/build/progress.mjs";
import { readmeExamples } from "../support/readme.mjs";
import { emptyFolder, sh } from "../support/scratch.mjs";

const consumer = join(root, "tests/install/consumer");
const train = join(consumer, "train.cpp");
let folder;
let prefix; // with libpathflow.a and libpathflow.so, moved after it was installed
let archives; // a copy with libpathflow.a alone
let library; // its library folder, below a prefix

before(async () => {
  folder = emptyFolder("install");
  const first = join(folder, "first");
  prefix = join(folder, "moved");
  await sh("cmake", ["--install", join(root, "build/release"), "--prefix", first]);
  renameSync(first, prefix);
  archives = join(folder, "archives");
  cpSync(prefix, archives, { recursive: true, verbatimSymlinks: true });
  const config = await sh("find", [prefix, "-name", "pathflow.pc"]);
  library = join(config.trim().slice(prefix.length), "../..");
  for (const name of readdirSync(join(archives, library)))
    if (name.includes(".so")) rmSync(join(archives, library, name));
  rmSync(join(archives, library, "cmake/pathflow/pathflow_shared.cmake"));
});

after(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

/** Configures and builds the consumer with these programs. */
async function build(name, programs, options) {
  const out = join(folder, name);
  const args = ["-S", consumer, "-B", out, "-G", "Ninja", `-DPROGRAMS=${programs.join(";")}`];
  await sh("cmake", [...args, ...options]);
  await sh("cmake", ["--build", out]);
  return out;
}

/** Shared libraries that a program asks for. */
const needed = async (program) =>
  [...(await sh("readelf", ["-d", program])).matchAll(/NEEDED.*\[(.*)\]/g)].map(([, name]) => name);

const asksForShared = (names) => names.some((name) => /^libpathflow\.so\.\d+\.\d+$/.test(name));

test("a project finds it installed, and the README's C++ examples run", async () => {
  const examples = readmeExamples("cpp");
  assert.ok(examples.length >= 1, "README.md has a C++ example");
  const programs = examples.map((code, index) => {
    const file = join(folder, `readme_${index + 1}.cpp`);
    writeFileSync(file, code);
    return file;
  });
  // With warnings as errors: the headers must be clean under a stranger's flags too.
  const out = await build(
    "found",
    [train, ...programs],
    [`-DCMAKE_PREFIX_PATH=${prefix}`, "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror"],
  );
  assert.match(await sh(join(out, "train"), []), /50 points/);
  assert.ok(!asksForShared(await needed(join(out, "train"))), "it is linked statically");
  for (const [index] of examples.entries())
    await sh(join(out, `readme_${index + 1}`), [], { cwd: folder });
});

test("a project asks for the shared library, and catches its exceptions", async () => {
  const out = await build(
    "shared",
    [train],
    [`-DCMAKE_PREFIX_PATH=${prefix}`, "-DCOMPONENT=shared"],
  );
  assert.match(await sh(join(out, "train"), []), /steps|50 points/);
  assert.ok(asksForShared(await needed(join(out, "train"))));
});

test("a component that is not installed is refused", async () => {
  const wanted = [`-DCMAKE_PREFIX_PATH=${archives}`, "-DCOMPONENT=shared"];
  await assert.rejects(build("no-shared", [train], wanted), /shared/);
});

for (const [kind, flags] of [
  ["shared", []],
  ["static", ["--static"]],
]) {
  test(`pkg-config is enough, ${kind}`, async () => {
    const libraries = join(kind === "shared" ? prefix : archives, library);
    const program = join(folder, `pkg-config-${kind}`);
    const env = {
      ...process.env,
      PKG_CONFIG_PATH: join(libraries, "pkgconfig"),
      LD_LIBRARY_PATH: libraries,
    };
    await sh(join(consumer, "pkg-config.sh"), [train, program, ...flags], { env });
    assert.match(await sh(program, [], { env }), /50 points/);
    assert.equal(asksForShared(await needed(program)), kind === "shared");
  });
}

test("a project adds it as a folder", async () => {
  // In one piece a room: quick, and the library must bear it.
  const unity = ["-DCMAKE_UNITY_BUILD=ON", "-DCMAKE_UNITY_BUILD_BATCH_SIZE=0"];
  const debug = ["-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O0"];
  // And with each source's own headers, which are found in it even where they are precompiled for all.
  const own = ["-DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON"];
  const options = [`-DPATHFLOW_SOURCE=${root}`, ...debug, ...unity, ...own];
  const out = await build("added", [train], options);
  assert.match(await sh(join(out, "train"), []), /50 points/);
});

test("the command is installed and needs no library of ours beside it", async () => {
  const { version } = await import(join(root, "package.json"), { with: { type: "json" } }).then(
    (module) => module.default,
  );
  const command = join(prefix, "bin/pathflow");
  assert.equal((await sh(command, ["--version"])).trim(), `pathflow ${version}`);
  assert.ok(!asksForShared(await needed(command)));
});
