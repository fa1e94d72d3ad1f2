// What a person can do: scrub, draw, drop, type, and all of it by keyboard.
/* global DataTransfer, DragEvent, File */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  hash,
  openStill,
  paintedPixels,
  reading,
  says,
  text,
  useBrowser,
  waitForFrame,
  waitForStatus,
} from "./browser.mjs";

const world = useBrowser();

const opened = (options) => openStill(world, options);
const pictureOf = (page) => page.evaluate(() => document.querySelector("#scene").toDataURL());

/** A .npy file of float64 rows. */
function npy(rows) {
  const dict = `{'descr': '<f8', 'fortran_order': False, 'shape': (${rows.length}, ${rows[0].length}), }`;
  const header = dict.padEnd(117) + "\n";
  const body = Buffer.from(Float64Array.from(rows.flat()).buffer);
  const magic = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0]);
  return Buffer.concat([magic, Buffer.from(header, "latin1"), body]);
}

test("time is scrubbed by slider and by arrow keys", async () => {
  const { page, close } = await opened();
  await page.locator("#time").fill("0");
  assert.equal(await text(page, "#now"), "t = 1.00");
  assert.equal(await page.getAttribute("#clock", "aria-pressed"), "false");
  await page.waitForTimeout(100);
  const source = await pictureOf(page);
  await page.locator("#time").fill("1000");
  await page.waitForTimeout(100);
  assert.notEqual(await pictureOf(page), source);
  assert.equal(await text(page, "#now"), "t = 0.00");
  await page.locator("h1").click();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await text(page, "#now"), "t = 0.04");
  await page.keyboard.press("Shift+ArrowLeft");
  assert.equal(await text(page, "#now"), "t = 0.14");
  assert.match(await page.getAttribute("#time", "aria-valuetext"), /86 percent/);
  await close();
});

test("each layer can be shown and hidden", async () => {
  const { page, close } = await opened({ path: "#t=0.5&show=none&from=pretrained" });
  await page.waitForTimeout(300);
  assert.ok((await paintedPixels(page)) < 1e-4, "nothing shown");
  for (const layer of ["particles", "paths", "arrows", "density", "target"]) {
    await page.click(`[data-layer=${layer}]`);
    await page.waitForFunction(
      (name) => document.querySelector(`[data-layer=${name}]`).ariaPressed === "true",
      layer,
    );
    await page.waitForTimeout(layer === "arrows" ? 900 : 150);
    assert.ok((await paintedPixels(page)) > 0.001, layer);
    await page.click(`[data-layer=${layer}]`);
    await page.waitForTimeout(100);
  }
  await close();
});

test("a target drawn by pointer is trained on", async () => {
  const { page, errors, close } = await opened();
  await page.click("#end-data .tool >> nth=0");
  const box = await page.locator("#scene").boundingBox();
  const at = (x, y) => [box.x + box.width * x, box.y + box.height * y];
  await page.click("#draw-done");
  await waitForStatus(page, /at least 8 points/);
  for (const y of [0.3, 0.6]) {
    await page.mouse.move(...at(0.3, y));
    await page.mouse.down();
    await page.mouse.move(...at(0.7, y), { steps: 12 });
    await page.mouse.up();
  }
  const both = await text(page, "#draw-hint");
  await page.click("#draw-undo");
  assert.notEqual(await text(page, "#draw-hint"), both);
  await page.click("#draw-clear");
  await says(page, "#draw-hint", /drag over the plane/);
  await page.mouse.move(...at(0.3, 0.5));
  await page.mouse.down();
  await page.mouse.move(...at(0.7, 0.5), { steps: 16 });
  await page.mouse.up();
  await page.click("#draw-done");
  await says(page, "#end-data h2", /Your own points/);
  await page.waitForFunction(() => location.hash.includes("data=rows:"));
  await page.click("#play");
  await waitForFrame(page, 200);
  assert.deepEqual(errors, []);
  await close();
});

test("a target drawn by keys alone", async () => {
  const { page, close } = await opened();
  await page.keyboard.press("d");
  for (let k = 0; k < 4; k++) {
    await page.keyboard.press(" ");
    await page.keyboard.press("Shift+ArrowRight");
  }
  await page.keyboard.press("Enter");
  await says(page, "#end-data h2", /Your own points/);
  await close();
});

test("good files become data, with a word on what was done", async () => {
  const { page, errors, close } = await opened();
  const ring = Array.from({ length: 200 }, (_, k) => [100 * Math.cos(k), 50 * Math.sin(k)]);
  await page.setInputFiles("#file", { name: "ring.npy", mimeType: "", buffer: npy(ring) });
  await waitForStatus(page, /ring\.npy: 200 points, centred and scaled/);
  const fromNpy = await hash(page);
  const csv = "x,y\n" + ring.map(([x, y]) => `${x / 50},${y / 50}`).join("\n");
  await page.setInputFiles("#file", {
    name: "ring.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(csv),
  });
  await waitForStatus(page, /ring\.csv: 200 points\./);
  const png = await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 60;
    const ctx = canvas.getContext("2d");
    ctx.fillStyle = "#fff";
    ctx.fillRect(0, 0, 60, 60);
    ctx.fillStyle = "#000";
    ctx.fillRect(20, 5, 20, 50);
    return canvas.toDataURL().split(",")[1];
  });
  const buffer = Buffer.from(png, "base64");
  await page.setInputFiles("#file", { name: "bar.png", mimeType: "image/png", buffer });
  await waitForStatus(page, /bar\.png: 1,000 points/);
  await page.waitForFunction((old) => location.hash !== old, fromNpy);
  await waitForFrame(page, 0);
  assert.deepEqual(errors, []);
  await close();
});

test("a large file leaves the page alive while it is read", async (t) => {
  const { page, errors, close } = await opened();
  await page.evaluate(() => {
    const line = (k) => `${(2 * Math.cos(k)).toFixed(6)},${(2 * Math.sin(k)).toFixed(6)}\n`;
    const block = Array.from({ length: 20_000 }, (_, k) => line(k)).join("");
    const parts = Array(Math.floor(19e6 / block.length)).fill(block);
    const transfer = new DataTransfer();
    transfer.items.add(new File(parts, "large.csv", { type: "text/csv" }));
    window.pictures = 0;
    const count = () => {
      if (!/large\.csv/.test(document.querySelector("#status").textContent)) {
        window.pictures++;
        requestAnimationFrame(count);
      }
    };
    requestAnimationFrame(count);
    const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
    document.body.dispatchEvent(new DragEvent("drop", options));
  });
  await waitForStatus(page, /large\.csv: 1,000 points, 1,000 of [\d,]+\./, 60_000);
  const pictures = await page.evaluate(() => window.pictures);
  t.diagnostic(`${pictures} pictures meanwhile`);
  assert.ok(pictures > 5);
  assert.deepEqual(errors, []);
  await close();
});

test("a file dropped on the source's side becomes the source", async () => {
  const { page, close } = await opened();
  await page.evaluate(() => {
    const rows = Array.from({ length: 40 }, (_, k) => `${Math.cos(k)} ${2 * Math.sin(k)}`).join(
      "\n",
    );
    const transfer = new DataTransfer();
    transfer.items.add(new File([rows], "drop.txt", { type: "text/plain" }));
    const target = document.querySelector("#end-source .stamps");
    const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
    target.dispatchEvent(new DragEvent("dragover", options));
    target.dispatchEvent(new DragEvent("drop", options));
  });
  await waitForStatus(page, /drop\.txt: 40 points/);
  await says(page, "#end-source h2", /Your own points/);
  await close();
});

test("bad files are refused with file, rule and value, and change nothing", async () => {
  const { page, errors, close } = await opened();
  const name = await text(page, "#end-data h2");
  const bad = [
    ["empty.npy", "", "", /empty\.npy: the file is empty/],
    ["junk.npy", "", "not a numpy file at all", /junk\.npy: .+/],
    ["one.csv", "text/csv", "1\n2\n3\n", /one\.csv: line 2 must begin with two numbers, got "2"/],
    ["few.csv", "text/csv", "1,2\n3,4\n", /few\.csv: at least 8 points are needed, got 2/],
    ["same.csv", "text/csv", "9,9\n".repeat(20), /same\.csv: all points are the same/],
    ["page.pdf", "application/pdf", "%PDF", /page\.pdf: expected a \.npy, \.csv or image file/],
    ["fake.png", "image/png", "no picture", /fake\.png: this browser cannot read the picture/],
  ];
  for (const [file, mimeType, content, pattern] of bad) {
    await page.setInputFiles("#file", { name: file, mimeType, buffer: Buffer.from(content) });
    await waitForStatus(page, pattern);
  }
  const wide = npy([[1, 2], [NaN, 4], ...Array.from({ length: 9 }, (_, k) => [k, k * k])]);
  await page.setInputFiles("#file", { name: "nan.npy", mimeType: "", buffer: wide });
  await waitForStatus(page, /nan\.npy: .*finite/);
  assert.equal(await text(page, "#end-data h2"), name);
  assert.deepEqual(errors, []);
  await close();
});

test("a word as data, and a refusal of what has no letters", async () => {
  const { page, close } = await opened();
  await page.fill("#end-data input[type=text]", "HI");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.hash.includes("text:HI"));
  await says(page, "#end-data h2", /“HI”/);
  await page.fill("#end-data input[type=text]", "猫");
  await page.keyboard.press("Enter");
  await waitForStatus(page, /text/);
  assert.ok(await page.locator("#status.problem").count());
  await says(page, "#end-data h2", /“HI”/);
  await close();
});

test("keyboard only: train, pause, step, reset, scrub, help, choose", async () => {
  const { page, errors, close } = await opened();
  const start = await reading(page, "step");
  await page.keyboard.press(" ");
  await page.waitForFunction(
    (n) => Number(document.querySelector("#stat-step").textContent.replace(/,/g, "")) > n,
    start + 50,
  );
  assert.equal(await text(page, "#play span"), "Pause");
  await page.keyboard.press(" ");
  await waitForStatus(page, /Paused after/);
  const paused = await reading(page, "step");
  await page.keyboard.press("s");
  await page.waitForFunction(
    (n) => Number(document.querySelector("#stat-step").textContent.replace(/,/g, "")) === n,
    paused + 1,
  );
  await page.keyboard.press("r");
  await page.waitForFunction(() => document.querySelector("#stat-step").textContent === "0");
  await page.keyboard.press("?");
  await page.waitForSelector("#help");
  await page.keyboard.press("Escape");
  await page.waitForSelector("#help", { state: "hidden" });
  await page.evaluate(() => document.activeElement?.blur());
  let reached = "";
  const visible = [];
  for (let k = 0; k < 80 && reached !== "schedule"; k++) {
    await page.keyboard.press("Tab");
    const focus = await page.evaluate(() => {
      const e = document.activeElement;
      const style = getComputedStyle(e);
      return {
        id: e.id,
        seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1,
      };
    });
    reached = focus.id;
    visible.push(focus.seen);
  }
  assert.equal(reached, "schedule");
  assert.ok(visible.every(Boolean), "focus is always visible");
  await page.keyboard.press("ArrowDown");
  await page.waitForFunction(() => location.hash.includes("schedule=linear-sigma-min"));
  assert.deepEqual(errors, []);
  await close();
});
