// The C++ library as another project meets it: installed and found, or added as a folder; and the
// README's C++ examples, compiled against the installed one.
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root } from "../../lib/build/progress.mjs";
import { readmeExamples } from "../support/readme.mjs";
import { emptyFolder, sh } from "../support/scratch.mjs";

const consumer = join(root, "tests/install/consumer");
let folder;

before(async () => {
  folder = emptyFolder("install");
  await sh("cmake", ["--install", join(root, "build/release"), "--prefix", join(folder, "prefix")]);
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
    [join(consumer, "train.cpp"), ...programs],
    [`-DCMAKE_PREFIX_PATH=${join(folder, "prefix")}`, "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror"],
  );
  assert.match(await sh(join(out, "train"), []), /50 points/);
  for (const [index] of examples.entries())
    await sh(join(out, `readme_${index + 1}`), [], { cwd: folder });
});

test("a project adds it as a folder", async () => {
  const out = await build(
    "added",
    [join(consumer, "train.cpp")],
    [`-DPATHFLOW_SOURCE=${root}`, "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O0"],
  );
  assert.match(await sh(join(out, "train"), []), /50 points/);
});

test("a missing package is refused with its name and the option that helps", async () => {
  const args = ["-S", root, "-B", join(folder, "refused"), "-G", "Ninja"];
  const refused = sh("cmake", [...args, "-DCMAKE_IGNORE_PATH=/usr/include"]);
  await assert.rejects(refused, ({ message }) => {
    const text = message.replace(/\s+/g, " ");
    return text.includes("libxtensor-dev") && text.includes("-DPATHFLOW_XTENSOR_INCLUDE=");
  });
});

test("the version in CMakeLists.txt and package.json is one", () => {
  const version = /project\(pathflow VERSION (\S+)/.exec(
    readFileSync(join(root, "CMakeLists.txt"), "utf8"),
  )[1];
  assert.equal(version, JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version);
});
