// The address holds the whole page: shared, reloaded, gone back to, or mistyped.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  hash,
  openStill,
  save,
  says,
  useBrowser,
  waitForFrame,
  waitForStatus,
} from "./browser.mjs";

const world = useBrowser();

const opened = (options) => openStill(world, options);

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
  await says(other, "#end-data h2", /rings/i);
  assert.deepEqual(one.errors, []);
  await one.close();
});

test("an address that is followed is not overwritten by what was about to be written", async () => {
  const { page, context, close } = await opened();
  await context.addInitScript(() => {
    const wait = window.setTimeout;
    window.late = []; // the address is written 350 ms after the last change
    window.setTimeout = (work, time, ...rest) => {
      if (time === 350) window.late.push(work);
      return wait(work, time, ...rest);
    };
  });
  await page.reload();
  await waitForFrame(page, 0);
  await page.selectOption("#sampler", "euler");
  await page.evaluate(() => {
    location.hash = "schedule=trig&trained=5";
    window.late.at(-1)(); // due before the event that tells of the new address
  });
  await page.waitForFunction(() => document.querySelector("#schedule").value === "trig");
  await waitForFrame(page, 5);
  await close();
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
  await says(two.page, "#end-data h2", /Your own points/);
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

test("every schedule and every prediction trains and samples, by following addresses", async () => {
  const { page, errors, close } = await opened();
  const values = (id) => page.$$eval(`#${id} option`, (options) => options.map((o) => o.value));
  const predictions = await values("predict");
  const schedules = await values("schedule");
  assert.equal(schedules.length, 12);
  assert.equal(predictions.length, 6);
  const pairs = schedules.map((schedule, k) => [schedule, predictions[k % predictions.length]]);
  pairs.push(["linear", "noise"], ["vp-linear", "score"]);
  for (const [schedule, predict] of pairs) {
    await page.evaluate((hash) => {
      location.hash = hash;
    }, `width=16&batch=64&trained=12&schedule=${schedule}&predict=${predict}`);
    // In one look: the page drops the old network's frame in the same task in which it shows the
    // new choices, so a frame beside these is the new network's. Looking twice would miss it.
    await page.waitForFunction(
      ([s, p]) =>
        document.querySelector("#schedule").value === s &&
        document.querySelector("#predict").value === p &&
        Number(document.querySelector("#scene").dataset.frame ?? -1) >= 12,
      [schedule, predict],
    );
    const problem = page.locator("#status.problem");
    assert.equal(await problem.count(), 0, `${schedule}, ${predict}`);
  }
  assert.deepEqual(errors, []);
  await close();
});
