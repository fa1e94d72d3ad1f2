// What can be chosen: its words, its numbers, what does not go together, and that it all runs.
/* global innerHeight */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  openStill,
  reading,
  says,
  text,
  useBrowser,
  waitForFrame,
  waitForStatus,
} from "./browser.mjs";

const world = useBrowser();

const opened = (options) => openStill(world, options);

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
  await says(page, ".bubble", /averages the arrows/);
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
  await page.selectOption("#sampler", "euler-maruyama");
  await page.selectOption("#coupling", "ot");
  await waitForStatus(page, /Sampler is now Heun \(the old choice needs pairs at random\)/);
  for (const choice of ["#batch 2048", "#predict score", "#sampler ddpm", "#objective implicit"]) {
    const [list, value] = choice.split(" ");
    assert.equal(await page.locator(`${list} option[value="${value}"]`).isDisabled(), true, choice);
  }
  await page.selectOption("#objective", "interpolant");
  await page.selectOption("#gamma", "brownian");
  assert.equal(
    await page.locator('#sampler option[value="euler-maruyama"]').isDisabled(),
    false,
    "noise of the path's own gives a score whatever the pairing",
  );
  assert.equal(await page.locator('#sampler option[value="ddim"]').isDisabled(), true);
  await page.selectOption("#objective", "regression");
  await waitForStatus(page, /The path has no noise of its own now/);
  await close();
});

test("every method by its address: it trains, samples, lights up and says what it is", async () => {
  const { page, errors, close } = await opened();
  const ids = await page.$$eval("#chips button", (all) => all.map((e) => e.dataset.method));
  const said = new Map();
  for (const id of ids) {
    await page.evaluate((hash) => {
      location.hash = hash;
    }, `width=16&batch=64&trained=8&method=${id}`);
    // In one look: the page drops the old network's frame as it shows the new choices.
    await page.waitForFunction(
      (name) =>
        document.querySelector(`[data-method='${name}']`).ariaPressed === "true" &&
        Number(document.querySelector("#scene").dataset.frame) >= 8,
      id,
    );
    assert.equal(await page.locator("#status.problem").count(), 0, id);
    assert.equal(await page.locator("label.lit").count(), 6, id);
    assert.ok((await text(page, "#look")).length > 60, id);
    said.set(id, (await page.$$eval("label.part select", (all) => all.map((e) => e.value))).join());
  }
  assert.equal(said.get("alpha-deblending"), said.get("rectified-flow"), "one choice, two names");
  const again = ["alpha-deblending", "reflow", "reflow-distilled"];
  assert.equal(new Set(said.values()).size, ids.length - again.length);
  assert.deepEqual(errors, []);
  await close();
});

test("every story trains and samples, and says what to look at", async () => {
  const { page, errors, close } = await opened();
  const tales = page.locator("#stories button[aria-pressed]");
  const count = await tales.count();
  assert.ok(count >= 3);
  for (let k = 0; k < count; k++) {
    const tale = tales.nth(k);
    await tale.click();
    assert.equal(await tale.getAttribute("aria-pressed"), "true");
    assert.ok((await text(page, "#look")).length > 60);
    await page.waitForFunction(() => Number(document.querySelector("#scene").dataset.frame) > 20);
    assert.equal(await page.locator("#status.problem").count(), 0, await tale.innerText());
  }
  assert.deepEqual(errors, []);
  await close();
});

test("a method lights the parts it chooses; one that shares the network keeps its training", async () => {
  const { page, errors, close } = await opened({ path: "#method=ddpm&trained=30" });
  const parts = () =>
    page.$$eval("#schedule, #predict, #coupling, #sampler", (all) => all.map((e) => e.value));
  const lit = () => page.$$eval("label.lit", (all) => all.map((e) => e.htmlFor).sort());
  const all = ["coupling", "gamma", "objective", "predict", "sampler", "schedule"];
  assert.deepEqual(await parts(), ["vp-linear", "independent", "noise", "ddpm"]);
  await waitForFrame(page, 30);
  assert.deepEqual(await lit(), all);
  const kin = await page.$$eval("#chips .kin", (chips) => chips.map((e) => e.dataset.method));
  assert.deepEqual(kin, ["ddim", "dpm-solver", "dpm-solver++", "dpm-solver++-sde", "unipc"]);
  await page.click("[data-family=solver]");
  await page.click("[data-method='dpm-solver++']");
  await page.waitForFunction(() => document.querySelector("#stat-nfe").textContent === "10");
  assert.equal(await reading(page, "step"), 30);
  assert.match(
    await text(page, "#look"),
    /Lu et al\. 2022.*Same network as DDPM, DDIM and \d+ more/s,
  );
  await page.selectOption("#sampler", "heun");
  assert.deepEqual(
    await lit(),
    all.filter((part) => part !== "sampler"),
  );
  await says(page, "#look", /Nearly DPM-Solver.*The network is the same/s);
  await page.click("[data-family=flow]");
  await page.click("[data-method=alpha-deblending]");
  await says(page, "#look", /The very same numbers as Rectified flow/);
  assert.deepEqual(errors, []);
  await close();
});

test("all methods in one table of the same parts, each to be picked", async () => {
  const { page, errors, close } = await opened();
  await page.click("#methods-open");
  const rows = await page.$$eval("#methods tbody tr:not(.family-head)", (all) =>
    all.map((row) =>
      [...row.querySelectorAll("td:not(:nth-child(2))")].map((cell) => [
        cell.textContent,
        cell.className === "other",
      ]),
    ),
  );
  const chips = await page.locator("#chips button").count();
  assert.equal(rows.length, chips);
  assert.ok(chips >= 40, `${chips} methods`);
  for (const row of rows) {
    const colours = row.map(([, other]) => other);
    const truth = row.map(([words], k) => words !== rows[0][k][0]);
    assert.deepEqual(colours, truth, "in colour is what differs from flow matching");
  }
  const links = await page.$$eval("#methods a", (all) => all.map((a) => a.href));
  const known = /^https:\/\/(arxiv\.org\/abs\/\d{4}\.\d{5}|jmlr\.org\/papers\/.*\.html)$/;
  assert.ok(links.length === chips && links.every((href) => known.test(href)));
  await page.click("#methods tbody tr:has-text('v-prediction') button");
  await page.waitForSelector("#methods", { state: "hidden" });
  assert.equal(await page.inputValue("#predict"), "v");
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
