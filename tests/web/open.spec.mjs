// The page as it is first seen: alive, whole, small, and quiet on the network.
/* global innerHeight, innerWidth */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import {
  dist,
  openBrowser,
  openPage,
  paintedPixels,
  reading,
  save,
  useBrowser,
  waitForDistance,
  waitForFrame,
} from "./browser.mjs";

const world = useBrowser();

/** A NumPy file's shape and float32 values. */
function readNpy(bytes) {
  const length = bytes.readUInt16LE(8);
  const header = bytes.subarray(10, 10 + length).toString("latin1");
  const shape = /'shape': \(([^)]*)\)/
    .exec(header)[1]
    .split(",")
    .filter((s) => s.trim())
    .map(Number);
  assert.match(header, /'descr': '<f4'/);
  const data = new Float32Array(Uint8Array.from(bytes.subarray(10 + length)).buffer);
  return { shape, data };
}

test("opens with a trained network already flowing, and nothing goes wrong", async () => {
  const { page, errors, requests, close } = await openPage(world);
  await waitForFrame(page, 1000);
  await waitForDistance(page, 0.35, 30_000);
  assert.equal(await reading(page, "weights"), 3 * 48 + 48 + 2 * (48 * 48 + 48) + 48 * 2 + 2);
  const seen = new Set();
  for (let k = 0; k < 60 && seen.size < 3; k++) {
    seen.add(await page.inputValue("#time"));
    await page.waitForTimeout(120);
  }
  assert.ok(seen.size > 2, "time goes by itself");
  assert.ok((await paintedPixels(page)) > 0.01);
  assert.deepEqual(errors, []);
  const foreign = requests.filter((url) => !/^(http:\/\/127\.0\.0\.1:|blob:|data:)/.test(url));
  assert.deepEqual(foreign, []);
  await close();
});

test("one screen at 1280 x 720: nothing scrolls and every control is inside", async () => {
  const { page, close } = await openPage(world);
  await waitForFrame(page, 1);
  const outside = await page.evaluate(() => {
    const root = document.documentElement;
    const scrolls = root.scrollHeight > innerHeight || root.scrollWidth > innerWidth;
    const shown = [...document.querySelectorAll("button, select, input, canvas, dd")].filter(
      (e) => e.checkVisibility() && e.getBoundingClientRect().width > 1,
    );
    const out = shown.filter((e) => {
      const box = e.getBoundingClientRect();
      return box.bottom > innerHeight + 1 || box.right > innerWidth + 1 || box.left < -1;
    });
    const inner = [...document.querySelectorAll(".ends, .method")].filter(
      (e) => e.scrollHeight > e.clientHeight + 1,
    );
    return {
      scrolls,
      out: out.map((e) => e.id || e.className),
      inner: inner.map((e) => e.className),
    };
  });
  assert.deepEqual(outside, { scrolls: false, out: [], inner: [] });
  await close();
});

test("every control has a name", async () => {
  const { page, close } = await openPage(world);
  await waitForFrame(page, 1);
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll("button, select, input:not([hidden])")]
      .filter((e) => e.checkVisibility())
      .filter(
        (e) =>
          !(e.getAttribute("aria-label") || e.labels?.[0]?.textContent || e.textContent).trim(),
      )
      .map((e) => e.outerHTML.slice(0, 80)),
  );
  assert.deepEqual(nameless, []);
  await close();
});

test("under 400 KB are transferred", async (t) => {
  const { page, context, close } = await openPage(world, { path: "nothing-here" });
  const asked = new Set();
  context.on("request", (request) => asked.add(new URL(request.url()).pathname));
  await page.goto(world.address);
  await waitForFrame(page, 1);
  await page.waitForTimeout(300);
  // As any static host sends them: text and WebAssembly by gzip, other files as they are.
  let bytes = 0;
  for (const path of asked) {
    const file = readFileSync(join(dist, path === "/" ? "index.html" : path));
    bytes += /\.(html|js|css|svg|wasm)$|\/$/.test(path) ? gzipSync(file).length : file.length;
  }
  t.diagnostic(`${(bytes / 1024).toFixed(0)} KB in ${asked.size} files`);
  assert.ok(
    [...asked].some((path) => path.endsWith(".wasm")),
    "the Worker's requests are counted",
  );
  assert.ok(bytes < 400 * 1024, `${bytes} bytes`);
  await close();
});

test("works from a sub-path", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pathflow-page-"));
  cpSync(dist, join(folder, "deep/er"), { recursive: true });
  const other = await openBrowser(folder);
  try {
    const { page, errors, close } = await openPage(other, { path: "deep/er/" });
    await waitForFrame(page, 1000);
    assert.deepEqual(errors, []);
    await close();
  } finally {
    await other.close();
    rmSync(folder, { recursive: true });
  }
});

test("what is seen can be kept: picture, samples, model", async () => {
  const { page, errors, close } = await openPage(world);
  await waitForFrame(page, 1000);
  const picture = await save(page, "#save-png");
  assert.match(picture.name, /\.png$/);
  assert.equal(picture.bytes.subarray(1, 4).toString(), "PNG");
  const samples = readNpy((await save(page, "#save-npy")).bytes);
  assert.deepEqual(samples.shape, [1200, 2]);
  const radius = samples.data.reduce((sum, v) => sum + v * v, 0) / 1200;
  assert.ok(radius > 1 && radius < 40, `mean square radius ${radius}`);
  const model = await save(page, "#save-model");
  const length = Number(model.bytes.readBigUInt64LE(0));
  const header = JSON.parse(model.bytes.subarray(8, 8 + length).toString());
  assert.ok("__metadata__" in header);
  assert.deepEqual(errors, []);
  await close();
});
