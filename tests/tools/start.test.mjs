// npm start itself: what it refuses, the next free port, a clean stop, a quick second start.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { duration, root } from "../../lib/build/progress.mjs";
import { debianPackages, missingPackages, npmIsCurrent } from "../../lib/build/setup.mjs";

const start = join(root, "web/start.mjs");

test("bad options are refused with the rule and the value", () => {
  const refused = (args, message) => {
    const { status, stderr } = spawnSync("node", [start, ...args], { encoding: "utf8" });
    assert.equal(status, 1);
    assert.match(stderr, message);
  };
  refused(["--port", "abc"], /--port must be a whole number from 0 to 65535, got "abc"/);
  refused(["--port", "65536"], /--port must be .* got "65536"/);
  refused(["--port=-1"], /--port must be .* got "-1"/);
  refused(["--host", ""], /--host must not be empty/);
  refused(["--prot", "1"], /Unknown option '--prot'/);
  const help = spawnSync("node", [start, "--help"], { encoding: "utf8" });
  assert.equal(help.status, 0);
  assert.match(help.stdout, /--port N/);
});

test("a second start is quick, goes past a taken port, serves the page and stops when asked", async () => {
  const taken = createServer();
  await new Promise((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address();
  const begin = performance.now();
  const child = spawn("node", [start, "--port", String(port)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  const address = await new Promise((resolve, reject) => {
    child.stdout.on("data", (text) => {
      said += text;
      const match = /Pathflow is at (\S+)/.exec(said);
      if (match) resolve(match[1]);
    });
    child.on("exit", () => reject(new Error(`stopped early:\n${said}`)));
  });
  const seconds = (performance.now() - begin) / 1000;
  taken.close();
  assert.match(said, new RegExp(`Port ${port} is taken; trying ${port + 1}`));
  assert.notEqual(address, `http://127.0.0.1:${port}/`);
  const page = await fetch(address);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<title>/);
  assert.ok(seconds < 5, `${seconds} s`);
  const stopped = new Promise((resolve) =>
    child.on("exit", (code, signal) => resolve({ code, signal })),
  );
  child.kill("SIGINT");
  assert.deepEqual(await stopped, { code: 0, signal: null });
});

test("the package list is read by section, and looking is quick", () => {
  const [some, more, all] = ["start", "test", "develop"].map(debianPackages);
  assert.ok(some.includes("cmake") && !some.includes("chromium"));
  assert.ok(more.includes("chromium") && !more.includes("clang-tidy"));
  assert.ok(all.includes("clang-tidy"));
  assert.equal(new Set(all).size, all.length);
  assert.throws(() => debianPackages("rest"), /no section "rest"/);
  const begin = performance.now();
  assert.deepEqual(missingPackages(["cmake", "pathflow-no-such-package"]), [
    "pathflow-no-such-package",
  ]);
  assert.ok(npmIsCurrent());
  assert.ok(performance.now() - begin < 300);
});

test("the lock file names no registry", () => {
  assert.doesNotMatch(readFileSync(join(root, "package-lock.json"), "utf8"), /"resolved"/);
});

test("durations read well", () => {
  assert.deepEqual([40, 9_940, 9_960, 59_400, 185_000].map(duration), [
    "0.0 s",
    "9.9 s",
    "10 s",
    "59 s",
    "3 min 05 s",
  ]);
});
