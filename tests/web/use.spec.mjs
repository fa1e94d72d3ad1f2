// What a person can do: scrub, draw, drop, share, choose, and all of it by keyboard.
/* global DataTransfer, DragEvent, File, innerHeight */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  openBrowser,
  openPage,
  paintedPixels,
  reading,
  save,
  text,
  waitForFrame,
  waitForStatus,
} from "./browser.mjs";

let world;
before(async () => {
  world = await openBrowser();
});
after(() => world.close());

const hash = (page) => page.evaluate(() => location.hash);
const pictureOf = (page) => page.evaluate(() => document.querySelector("#scene").toDataURL());

async function opened(options) {
  const all = await openPage(world, options);
  await waitForFrame(all.page, 0);
  return all;
}

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
  assert.match(await text(page, "#draw-hint"), /drag over the plane/);
  await page.mouse.move(...at(0.3, 0.5));
  await page.mouse.down();
  await page.mouse.move(...at(0.7, 0.5), { steps: 16 });
  await page.mouse.up();
  await page.click("#draw-done");
  assert.match(await text(page, "#end-data h2"), /Your own points/);
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
  assert.match(await text(page, "#end-data h2"), /Your own points/);
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
  assert.match(await text(page, "#end-source h2"), /Your own points/);
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

test("a shared address restores the same first samples, training included", async () => {
  const one = await opened({
    path: "#data=moons&seed=11&sampler=euler&steps=7&t=0&width=32&trained=150",
  });
  await waitForFrame(one.page, 150);
  await waitForStatus(one.page, /Paused after 150 steps/);
  await one.page.click("#share");
  const shared = await hash(one.page);
  assert.match(shared, /trained=150/);
  const first = await save(one.page, "#save-npy");
  const two = await opened({ path: shared });
  await waitForStatus(two.page, /Paused after 150 steps/);
  await waitForFrame(two.page, 150);
  await two.page.waitForTimeout(300);
  const second = await save(two.page, "#save-npy");
  assert.ok(first.bytes.equals(second.bytes), "the same bytes");
  assert.equal(await two.page.inputValue("#seed"), "11");
  const other = await opened({ path: shared.replace("seed=11", "seed=12") });
  await waitForFrame(other.page, 150);
  await other.page.waitForTimeout(300);
  assert.ok(!first.bytes.equals((await save(other.page, "#save-npy")).bytes), "the seed matters");
  for (const { close } of [one, two, other]) await close();
});

test("back, forward and reload restore what was there", async () => {
  const { page, errors, close } = await opened();
  const shown = (field, value) =>
    page.waitForFunction(
      ([id, wanted]) => document.querySelector(`#${id}`).value === wanted,
      [field, value],
    );
  await page.selectOption("#schedule", "trig");
  await page.waitForFunction(() => location.hash.includes("schedule=trig"));
  await page.selectOption("#sampler", "euler");
  await page.waitForFunction(() => location.hash.includes("sampler=euler"));
  await page.selectOption("#schedule", "sub-vp");
  await page.waitForFunction(() => location.hash.includes("schedule=sub-vp"));
  await page.goBack();
  await shown("schedule", "trig");
  await shown("sampler", "euler");
  await page.goBack();
  await shown("schedule", "linear");
  await waitForFrame(page, 3000);
  await page.goForward();
  await shown("schedule", "trig");
  await page.reload();
  await shown("schedule", "trig");
  await shown("sampler", "euler");
  await waitForFrame(page, 0);
  await page.click("#play");
  await page.waitForFunction(() => /trained=[1-9]/.test(location.hash));
  const trained = Number(/trained=(\d+)/.exec(await hash(page))[1]);
  await page.reload();
  await waitForFrame(page, trained);
  assert.deepEqual(errors, []);
  await close();
});

test("two pages of one browser train apart", async () => {
  const one = await opened({ path: "#data=moons&seed=3&speed=50" });
  const other = await one.context.newPage();
  await other.goto(world.address + "#data=rings&seed=4&speed=50");
  await waitForFrame(other, 0);
  await one.page.click("#play");
  await other.click("#play");
  await waitForFrame(one.page, 20);
  await waitForFrame(other, 20);
  assert.match(await hash(one.page), /data=moons&.*seed=3/);
  assert.match(await text(other, "#end-data h2"), /rings/i);
  assert.deepEqual(one.errors, []);
  await one.close();
});

test("a drawing travels in the address", async () => {
  const one = await opened();
  const spiral = Array.from(
    { length: 60 },
    (_, k) => `${0.05 * k * Math.cos(k / 4)},${0.05 * k * Math.sin(k / 4)}`,
  );
  const file = { name: "s.csv", mimeType: "text/csv", buffer: Buffer.from(spiral.join("\n")) };
  await one.page.setInputFiles("#file", file);
  await one.page.waitForFunction(() => location.hash.includes("data=rows:"));
  const two = await opened({ path: await hash(one.page) });
  assert.match(await text(two.page, "#end-data h2"), /Your own points/);
  assert.deepEqual(two.errors, []);
  await one.close();
  await two.close();
});

test("nonsense in the address is left out, said, and harms nothing", async () => {
  const path = "#data=kittens&lr=-3&steps=1e9&seed=x&show=zz&t=7&foo=%E0%A4%A&trained=99999999";
  const { page, errors, close } = await opened({ path });
  await waitForStatus(page, /data=kittens was left out/);
  assert.equal(await page.inputValue("#lr"), "0.002");
  assert.equal(await page.inputValue("#seed"), "7");
  assert.deepEqual(errors, []);
  await close();
});

test("every choice says what it is for, aloud and beside it", async () => {
  const { page, close } = await opened();
  const wordless = await page.evaluate(() =>
    [...document.querySelectorAll("select, .fields input")]
      .filter((e) => {
        const words = document.getElementById(e.getAttribute("aria-describedby") ?? "");
        return !words || words.textContent.length < 20;
      })
      .map((e) => e.id),
  );
  assert.deepEqual(wordless, []);
  await page.hover("#sampler");
  await page.waitForSelector(".bubble:not([hidden])");
  assert.match(await text(page, ".bubble"), /averages the arrows/);
  const inside = await page.evaluate(() => {
    const box = document.querySelector(".bubble").getBoundingClientRect();
    const field = document.querySelector("#sampler").getBoundingClientRect();
    return box.left >= 0 && box.right <= field.left && box.bottom <= innerHeight;
  });
  assert.ok(inside, "beside the field, on the screen");
  await page.hover("h1");
  await page.waitForSelector(".bubble", { state: "hidden" });
  await close();
});

test("the recipe shows the weights of now, and what has no bound as such", async () => {
  const { page, close } = await opened({ path: "#t=0.25" });
  const cards = () => page.$$eval("#recipe .formula", (all) => all.map((e) => e.textContent));
  const shows = (path, target) =>
    page.waitForFunction(
      (wanted) =>
        [...document.querySelectorAll("#recipe .formula")].every(
          (e, k) => e.textContent === wanted[k],
        ),
      [path, target],
    );
  await shows("0.75·x₀ + 0.25·x₁", "−1.00·x₀ + 1.00·x₁");
  await page.click("#clock"); // the words of the last picture are not dropped when it stops
  await page.waitForTimeout(500);
  await page.locator("#time").fill("750");
  await shows("0.75·x₀ + 0.25·x₁", "−1.00·x₀ + 1.00·x₁");
  await page.selectOption("#predict", "score");
  await shows("0.75·x₀ + 0.25·x₁", "0.00·x₀ − 4.00·x₁");
  await page.locator("#time").fill("1000");
  await shows("1.00·x₀ + 0.00·x₁", "0.00·x₀ − ∞·x₁");
  await page.selectOption("#schedule", "vp-linear");
  await page.selectOption("#predict", "v");
  await page.locator("#time").fill("0");
  await page.waitForTimeout(300);
  const [path, target] = await cards();
  assert.match(path, /^0\.0\d·x₀ \+ 1\.00·x₁$/);
  assert.match(target, /^−1\.00·x₀ \+ 0\.0\d·x₁$/);
  await close();
});

test("choices that do not go together are off, with the reason, and mended when the source changes", async () => {
  const { page, close } = await opened();
  await page.selectOption("#sampler", "ddpm");
  await page.click('#end-source [data-end="moons"]');
  await waitForStatus(page, /Sampler is now Heun \(the old choice needs a Gaussian source\)/);
  assert.equal(await page.inputValue("#sampler"), "heun");
  const option = page.locator('#predict option[value="score"]');
  assert.equal(await option.isDisabled(), true);
  assert.match(await option.textContent(), /needs a Gaussian source/);
  await page.click('#end-source [data-end="gaussian"]');
  assert.equal(await option.isDisabled(), false);
  await page.selectOption("#coupling", "ot");
  assert.equal(await page.locator('#batch option[value="2048"]').isDisabled(), true);
  await close();
});

test("every preset trains and samples", async () => {
  const { page, errors, close } = await opened();
  const chips = page.locator("#chips button");
  const count = await chips.count();
  for (let k = 0; k < count; k++) {
    await chips.nth(k).click();
    assert.equal(await chips.nth(k).getAttribute("aria-pressed"), "true");
    assert.ok((await text(page, "#look")).length > 40);
    const name = await text(page, "#chips button >> nth=" + k);
    await page.waitForFunction(
      () => Number(document.querySelector("#scene").dataset.frame) > 20,
      null,
      {
        timeout: 20_000,
      },
    );
    assert.ok(!(await page.locator("#status.problem").count()), name);
  }
  assert.deepEqual(errors, []);
  await close();
});

test("every schedule and every prediction trains and samples, by following addresses", async () => {
  const { page, errors, close } = await opened();
  const values = (id) => page.$$eval(`#${id} option`, (options) => options.map((o) => o.value));
  const predictions = await values("predict");
  const schedules = await values("schedule");
  assert.equal(schedules.length, 6);
  assert.equal(predictions.length, 5);
  const pairs = schedules.map((schedule, k) => [schedule, predictions[k % predictions.length]]);
  pairs.push(["linear", "noise"], ["vp-linear", "score"]);
  for (const [schedule, predict] of pairs) {
    await page.evaluate((hash) => {
      location.hash = hash;
    }, `width=16&batch=64&trained=12&schedule=${schedule}&predict=${predict}`);
    // Only from here on is a frame one of the new network.
    await page.waitForFunction(
      ([s, p]) =>
        document.querySelector("#schedule").value === s &&
        document.querySelector("#predict").value === p,
      [schedule, predict],
    );
    await page.evaluate(() => delete document.querySelector("#scene").dataset.frame);
    await waitForFrame(page, 12);
    assert.equal(await page.inputValue("#schedule"), schedule);
    assert.equal(await page.inputValue("#predict"), predict);
    const problem = page.locator("#status.problem");
    assert.equal(await problem.count(), 0, `${schedule}, ${predict}`);
  }
  assert.deepEqual(errors, []);
  await close();
});

test("every sampler samples, and one step is one step", async () => {
  const { page, errors, close } = await opened();
  await page.locator("#steps").fill("1");
  const expected = {
    euler: 1,
    midpoint: 2,
    heun: 2,
    rk4: 4,
    ddim: 1,
    ddpm: 1,
    "euler-maruyama": 1,
  };
  for (const [sampler, evaluations] of Object.entries(expected)) {
    await page.selectOption("#sampler", sampler);
    await page.waitForFunction(
      (n) => Number(document.querySelector("#stat-nfe").textContent) === n,
      evaluations,
      { timeout: 10_000 },
    );
  }
  await page.selectOption("#sampler", "dopri5");
  await page.waitForFunction(() => Number(document.querySelector("#stat-nfe").textContent) > 12);
  assert.equal(await page.isDisabled("#steps"), true);
  assert.deepEqual(errors, []);
  await close();
});

test("a word as data, and a refusal of what has no letters", async () => {
  const { page, close } = await opened();
  await page.fill("#end-data input[type=text]", "HI");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.hash.includes("text:HI"));
  assert.match(await text(page, "#end-data h2"), /“HI”/);
  await page.fill("#end-data input[type=text]", "猫");
  await page.keyboard.press("Enter");
  await waitForStatus(page, /text/);
  assert.ok(await page.locator("#status.problem").count());
  assert.match(await text(page, "#end-data h2"), /“HI”/);
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
  assert.equal(await page.isVisible("#help"), true);
  await page.keyboard.press("Escape");
  assert.equal(await page.isVisible("#help"), false);
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
  await page.waitForFunction(() => location.hash.includes("schedule=trig"));
  assert.deepEqual(errors, []);
  await close();
});
