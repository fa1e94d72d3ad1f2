// The README's table of methods: every command in it runs, every file it points to is there. That
// its links open the page at these methods is seen in tests/web.
import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root } from "../../lib/build/progress.mjs";
import { readmeMethods } from "../support/readme.mjs";
import { emptyFolder, sh } from "../support/scratch.mjs";

const command = join(root, "build/release/lib/cli/pathflow");
const methods = readmeMethods();
let folder;

before(() => {
  folder = emptyFolder("methods");
});
after(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

/** As it stands there, but short: that it is accepted and runs to its end is what is asked. */
const short = {
  train: ["--steps", "20", "--width", "16", "--depth", "1", "--batch", "64"],
  reflow: ["--steps", "20", "--pairs", "256"],
  sample: ["--n", "64"],
};

test("it lists methods, each with its paper, file and commands", () => {
  assert.ok(methods.length >= 40, `${methods.length} rows`);
  for (const { name, paper, file, commands } of methods) {
    assert.match(paper, /^https:\/\//, name);
    assert.ok(existsSync(join(root, file)), `${name}: ${file}`);
    assert.ok(commands.length > 0, `${name} has no command`);
  }
});

for (const { name, commands } of methods) {
  test(name, async () => {
    for (const line of commands) {
      const [program, verb, ...words] = line.split(/\s+/);
      assert.equal(program, "pathflow");
      await sh(command, [verb, ...words, ...(short[verb] ?? [])], { cwd: folder });
    }
  });
}
