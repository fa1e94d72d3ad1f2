// Phones, dark rooms, people who want no motion, hidden tabs, browsers that cannot.
/* global innerWidth */
import assert from "node:assert/strict";
import { test } from "node:test";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  dist,
  openPage,
  paintedPixels,
  phone,
  reading,
  save,
  says,
  text,
  useBrowser,
  waitForFrame,
  waitForStatus,
} from "./browser.mjs";

const world = useBrowser();

test("390 x 844: one column, nothing sideways, touch draws", async () => {
  const { page, errors, close } = await openPage(world, phone);
  await waitForFrame(page, 1000);
  const fits = await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
  assert.ok(fits, "no sideways scrolling");
  const box = await page.locator("#scene").boundingBox();
  assert.ok(box.y + box.height < 844, "the picture is on the first screen");
  const small = await page.$$eval("button, select, summary, input:not([hidden])", (all) =>
    all
      .filter((e) => e.checkVisibility())
      .map((e) => [e.id || e.textContent.trim(), e.getBoundingClientRect().height])
      .filter(([, height]) => height < 40),
  );
  assert.deepEqual(small, [], "big enough for fingers");
  await page.locator("#end-data .tool >> nth=0").tap();
  await page.locator("#scene").scrollIntoViewIfNeeded();
  const plane = await page.locator("#scene").boundingBox();
  for (let k = 0; k < 6; k++) {
    await page.touchscreen.tap(plane.x + 60 + 40 * k, plane.y + 150);
  }
  await says(page, "#draw-hint", /\d+ points/);
  const bar = await page.locator("#drawbar").boundingBox();
  assert.ok(bar.y >= plane.y + plane.height, "nothing lies over what is drawn on");
  await page.locator("#draw-done").tap();
  await says(page, "#end-data h2", /Your own points/);
  assert.deepEqual(errors, []);
  await close();
});

test("reduced motion: nothing moves by itself, paths are there", async () => {
  const { page, errors, close } = await openPage(world, { reducedMotion: "reduce" });
  await waitForFrame(page, 1000);
  assert.equal(await page.getAttribute("#clock", "aria-pressed"), "false");
  await page.waitForTimeout(800);
  const picture = () => page.evaluate(() => document.querySelector("#scene").toDataURL());
  const first = await picture();
  await page.waitForTimeout(600);
  assert.equal(await picture(), first);
  assert.ok((await paintedPixels(page)) > 0.01);
  await page.click("#clock");
  await page.waitForTimeout(900);
  assert.notEqual(await picture(), first, "but it can be asked to");
  assert.deepEqual(errors, []);
  await close();
});

test("dark and light follow the system, then the button", async () => {
  const { page, errors, close } = await openPage(world, { colorScheme: "dark" });
  await waitForFrame(page, 1000);
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const corner = () =>
    page.evaluate(() => {
      const ctx = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
      ctx.drawImage(document.querySelector("#scene"), 0, 0);
      return [...ctx.getImageData(0, 0, 1, 1).data];
    });
  const dark = await ground();
  assert.ok((await corner())[0] < 60);
  await page.click("#theme");
  assert.notEqual(await ground(), dark);
  await page.waitForTimeout(200);
  assert.ok((await corner())[0] > 200);
  await page.reload();
  await waitForFrame(page, 1000);
  assert.notEqual(await ground(), dark, "the choice is kept");
  assert.deepEqual(errors, []);
  await close();
});

test("text keeps a contrast of 4.5 in both themes", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const { page, close } = await openPage(world, { colorScheme });
    await waitForFrame(page, 1000);
    const poor = await page.evaluate(() => {
      const style = getComputedStyle(document.documentElement);
      const light = (name) => {
        const hex = parseInt(style.getPropertyValue(name).trim().slice(1), 16);
        const [r, g, b] = [hex >> 16, (hex >> 8) & 255, hex & 255].map((c) => {
          const s = c / 255;
          return s <= 0.03928 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const contrast = (a, b) => {
        const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
        return (high + 0.05) / (low + 0.05);
      };
      const pairs = ["--ink", "--soft", "--source-text", "--data", "--problem"].flatMap((ink) =>
        ["--bg", "--panel", "--plane"].map((ground) => [ink, ground, contrast(ink, ground)]),
      );
      return pairs.filter(([, , c]) => c < 4.5);
    });
    assert.deepEqual(poor, [], colorScheme);
    await close();
  }
});

test("a hidden page rests, and goes on when seen again", async () => {
  const { page, close } = await openPage(world);
  await waitForFrame(page, 1000);
  await page.click("#play");
  await page.waitForTimeout(400);
  const hide = (hidden) =>
    page.evaluate((value) => {
      Object.defineProperty(document, "hidden", { value, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  await hide(true);
  await page.waitForTimeout(400);
  const asleep = await reading(page, "step");
  await page.waitForTimeout(600);
  assert.equal(await reading(page, "step"), asleep);
  await hide(false);
  await page.waitForFunction(
    (n) => Number(document.querySelector("#stat-step").textContent.replace(/,/g, "")) > n,
    asleep + 20,
  );
  await close();
});

test("where pictures come late less finery is drawn, but every particle", async () => {
  const { page, close } = await openPage(world);
  await waitForFrame(page, 1000);
  await page.evaluate(() => {
    const slow = () => {
      const until = performance.now() + 60;
      while (performance.now() < until);
      requestAnimationFrame(slow);
    };
    requestAnimationFrame(slow);
  });
  await page.waitForFunction(() => document.querySelector("#scene").dataset.quality === "2");
  await says(page, "#caption", /1,200 particles/);
  await page.click("#clock");
  assert.ok((await paintedPixels(page)) > 0.01);
  await close();
});

test("without WebAssembly the page says so", async () => {
  const context = await world.browser.newContext();
  const page = await context.newPage();
  await page.addInitScript("delete globalThis.WebAssembly");
  await page.goto(world.address);
  await page.waitForSelector("#trouble:not([hidden])");
  await says(page, "#trouble", /WebAssembly.*switched off/s);
  await context.close();
});

for (const [part, file, detail] of [
  ["WebAssembly file", /\.wasm$/, /status 404/],
  ["Worker's script", /worker-.*\.js$/, /Worker/],
  ["page's script", /index-.*\.js$/, /index-/],
]) {
  test(`a missing ${part} is told as such, and what lies behind is off`, async () => {
    const context = await world.browser.newContext();
    await context.route(file, (route) => route.fulfill({ status: 404, body: "" }));
    const page = await context.newPage();
    await page.goto(world.address);
    await page.waitForSelector("#trouble:not([hidden])");
    await says(page, "#trouble", /did not arrive/);
    await says(page, "#trouble-detail", detail);
    assert.doesNotMatch(await text(page, "#trouble-detail"), /remedies|bundler/);
    assert.equal(
      await page.evaluate(() => document.querySelector("#play").matches("[inert] *")),
      true,
    );
    await context.unroute(file);
    await page.click("#reload");
    await waitForFrame(page, 3000);
    await context.close();
  });
}

test("without the pretrained file the page begins with a fresh network", async () => {
  const context = await world.browser.newContext();
  await context.route(/pretrained/, (route) => route.fulfill({ status: 404, body: "" }));
  const page = await context.newPage();
  await page.goto(world.address);
  await waitForFrame(page, 0);
  assert.equal(await text(page, "#stat-step"), "0");
  await page.waitForSelector("#untrained");
  await context.close();
});

test("opened as a file, with no server at all, it trains and samples", async () => {
  const context = await world.browser.newContext({ acceptDownloads: true });
  const page = await context.newPage();
  const errors = [];
  const asked = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(pathToFileURL(join(dist, "index.html")).href);
  await waitForFrame(page, 3000);
  await page.click('#end-data [data-end="moons"]');
  await page.click("#play");
  await waitForFrame(page, 50);
  await page.click("#play");
  await waitForStatus(page, /Paused after/);
  assert.match(await page.evaluate(() => location.hash), /data=moons/);
  assert.ok((await save(page, "#save-npy")).bytes.length > 9000);
  assert.deepEqual(errors, []);
  assert.deepEqual(
    asked.filter((url) => !/^(file|blob|data):/.test(url)),
    [],
  );
  await context.close();
});

test("opened as a file without its script, it explains what to do", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pathflow-file-"));
  try {
    cpSync(dist, folder, { recursive: true });
    rmSync(join(folder, "offline.js"));
    const page = await world.browser.newPage();
    await page.goto(pathToFileURL(join(folder, "index.html")).href);
    await page.waitForSelector("#trouble:not([hidden])");
    await says(page, "#trouble", /opened as a file/);
    await page.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("what happens is said aloud, in a polite live region", async () => {
  const { page, close } = await openPage(world);
  await waitForFrame(page, 1000);
  assert.equal(await page.getAttribute("#status", "aria-live"), "polite");
  await page.click("#play");
  await waitForStatus(page, /Training/);
  await page.click("#play");
  await waitForStatus(page, /Paused after [\d,]+ steps/);
  await close();
});
