// A real browser on the built page, and what every test wants to know of it.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { openBrowser as open } from "../support/chromium.mjs";

export const dist = fileURLToPath(new URL("../../web/dist", import.meta.url));

/** A server for the built page (or `folder`) and a browser; `close()` ends both. */
export const openBrowser = (folder = dist) => open(folder);

/** One server and one browser for all tests of a file. */
export function useBrowser() {
  const world = {};
  before(async () => Object.assign(world, await openBrowser()));
  after(() => world.close());
  return world;
}

/** A page of its own profile that remembers what went wrong and what was asked for. */
export async function openPage({ browser, address }, { path = "", ...options } = {}) {
  const size = { width: 1280, height: 720 };
  const context = await browser.newContext({ viewport: size, acceptDownloads: true, ...options });
  const page = await context.newPage();
  const errors = [];
  const requests = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(address + path);
  return { page, context, errors, requests, close: () => context.close() };
}

/** A page that stands still until asked to move: what is tried on it is told apart sooner. */
export async function openStill(world, options) {
  const all = await openPage(world, { reducedMotion: "reduce", ...options });
  await waitForFrame(all.page);
  return all;
}

export const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** Waits until the picture shows particles of a network trained for at least `step` steps. */
export async function waitForFrame(page, step = 0, timeout = 30_000) {
  await page.waitForFunction(
    (least) => Number(document.querySelector("#scene").dataset.frame ?? -1) >= least,
    step,
    { timeout },
  );
}

export async function waitForDistance(page, below, timeout) {
  await page.waitForFunction(
    (limit) => Number(document.querySelector("#scene").dataset.distance ?? Infinity) < limit,
    below,
    { timeout },
  );
}

export const text = (page, selector) => page.locator(selector).innerText();

/** Waits until an element's words match: what a click changes may be drawn a little later. */
export async function says(page, selector, pattern) {
  const end = Date.now() + 10_000;
  let now = await text(page, selector);
  for (; !pattern.test(now) && Date.now() < end; now = await text(page, selector))
    await page.waitForTimeout(50);
  assert.match(now, pattern);
}

/** A read-out's first number. */
export async function reading(page, name) {
  const words = await text(page, `#stat-${name}`);
  return Number(words.split(/\s/)[0].replaceAll(",", ""));
}

/** A number that the page keeps at an element for whoever measures it. */
export const data = (page, selector, key) =>
  page.evaluate(([s, k]) => Number(document.querySelector(s)?.dataset[k]), [selector, key]);

export const known = (page, selector, key) =>
  page.waitForFunction(
    ([s, k]) => document.querySelector(s)?.dataset[k] !== undefined,
    [selector, key],
  );

export const hash = (page) => page.evaluate(() => location.hash);

export async function waitForStatus(page, pattern, timeout = 10_000) {
  await page.waitForFunction(
    ([source, flags]) =>
      new RegExp(source, flags).test(document.querySelector("#status").textContent),
    [pattern.source, pattern.flags],
    { timeout },
  );
}

/** The bytes of what a download button gives. */
export async function save(page, button) {
  await page.click("#downloads summary");
  const [download] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
  const stream = await download.createReadStream();
  const parts = [];
  for await (const part of stream) parts.push(part);
  return { name: download.suggestedFilename(), bytes: Buffer.concat(parts) };
}

/** Colours that are not the ground's, counted on the picture. */
export function paintedPixels(page) {
  return page.evaluate(() => {
    const canvas = document.querySelector("#scene");
    const { width, height } = canvas;
    const copy = Object.assign(document.createElement("canvas"), { width, height });
    const ctx = copy.getContext("2d", { willReadFrequently: true });
    ctx.drawImage(canvas, 0, 0);
    const { data } = ctx.getImageData(0, 0, width, height);
    let painted = 0;
    for (let i = 0; i < data.length; i += 4) {
      const far = [0, 1, 2].some((c) => Math.abs(data[i + c] - data[c]) > 12);
      if (far) painted++;
    }
    return painted / (width * height);
  });
}
