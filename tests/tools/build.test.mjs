// npm run build leaves alone what is current, and nothing else.
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { after, before, test } from "node:test";
import { unlessCurrent } from "../../lib/build/build.mjs";
import { buildFolder, root } from "../../lib/build/progress.mjs";
import { emptyFolder } from "../support/scratch.mjs";

const name = `test-${process.pid}`;
let folder;
let input;
let output;

before(() => {
  folder = emptyFolder("build");
  input = join(folder, "input");
  output = join(folder, "output");
});

after(() => {
  rmSync(join(folder, ".."), { recursive: true, force: true });
  rmSync(buildFolder("stamps", name), { force: true });
});

/** Whether it was built; while() runs in the middle of building. */
const build = (during = () => {}) =>
  unlessCurrent(name, [relative(root, input)], [relative(root, output)], async () => {
    writeFileSync(output, "built");
    during();
  });

test("what is current is left alone; a changed input or a missing output is not", async () => {
  writeFileSync(input, "1");
  assert.equal(await build(), true);
  assert.equal(await build(), false);
  writeFileSync(input, "2");
  assert.equal(await build(), true);
  rmSync(output);
  assert.equal(await build(), true);
  assert.equal(await build(), false);
});

test("an edit while it is being built is built again, also when it is taken back", async () => {
  writeFileSync(input, "3");
  assert.equal(await build(() => writeFileSync(input, "4")), true);
  writeFileSync(input, "3");
  assert.equal(await build(), true);
  assert.equal(await build(), false);
});
