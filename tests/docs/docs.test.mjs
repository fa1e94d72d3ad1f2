// The documentation holds together: Doxygen has no complaint about the public headers, and relative
// links in Markdown lead to files and headings that exist.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { buildDocs } from "../../lib/build/docs.mjs";
import { root } from "../../lib/build/progress.mjs";

test("Doxygen reads the public headers without a warning", async () => {
  await buildDocs();
  assert.ok(existsSync(join(root, "build/docs/html/index.html")));
});

const listed = spawnSync(
  "git",
  ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
  {
    cwd: root,
    encoding: "utf8",
  },
);

/** The anchors of a file's headings, as GitHub makes them. */
const anchors = (text) =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

function* brokenLinks(file) {
  const text = readFileSync(join(root, file), "utf8").replace(/^```[\s\S]*?^```/gm, "");
  for (const [, target] of text.matchAll(/\]\(([^)\s]+)[^)]*\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [path, anchor] = target.split("#");
    const full = path === "" ? join(root, file) : join(root, dirname(file), path);
    if (!existsSync(full)) yield `${file}: ${target} does not exist`;
    else if (anchor && !statSync(full).isDirectory())
      if (!anchors(readFileSync(full, "utf8")).includes(anchor))
        yield `${file}: no heading ${target}`;
  }
}

test("relative links in Markdown lead somewhere", () => {
  const files = listed.stdout.trim().split("\n");
  assert.ok(files.includes("README.md"));
  assert.deepEqual(
    files.flatMap((file) => [...brokenLinks(file)]),
    [],
  );
});

test("paths that the documents name in code exist", () => {
  const missing = [];
  for (const file of [
    "README.md",
    ...listed.stdout.split("\n").filter((name) => name.startsWith("lib/docs/")),
  ]) {
    const text = readFileSync(join(root, file), "utf8").replace(/^```[\s\S]*?^```/gm, "");
    for (const [, path] of text.matchAll(/`((?:lib|wasm|web|tests|\.ci)\/[\w./-]+)`/g))
      if (!existsSync(join(root, path))) missing.push(`${file}: ${path}`);
  }
  assert.deepEqual(missing, []);
});
