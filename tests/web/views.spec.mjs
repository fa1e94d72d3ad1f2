// The views of the middle: what they claim is measured here too.
/* global innerHeight, innerWidth */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  data,
  known,
  openPage,
  openStill,
  phone,
  reading,
  says,
  text,
  useBrowser,
  waitForFrame,
} from "./browser.mjs";

const world = useBrowser();

const opened = (options) => openStill(world, options);
/** A number in a picture's head. */
const fact = async (page, plate, name) =>
  Number(new RegExp(`${name}\\s+([\\d.]+)`).exec(await text(page, `#plate-${plate}`))[1]);

test("ODE and SDE: rough paths, the same crowd at every time", async (t) => {
  const { page, errors, close } = await opened({ path: "#view=noise&from=pretrained" });
  await known(page, "#apart", "worst");
  const floor = await fact(page, "first", "floor");
  for (const pane of ["first", "noise"]) {
    const distance = await fact(page, pane, "distance");
    t.diagnostic(`${pane}: distance ${distance}, floor ${floor}`);
    assert.ok(distance < 1.6 * floor);
    assert.equal(await fact(page, pane, "NFE"), 120);
  }
  const worst = await data(page, "#apart", "worst");
  t.diagnostic(`apart at most ${worst.toFixed(2)} floors`);
  assert.ok(worst > 0.1 && worst < 1.6);
  await page.evaluate(() => delete document.querySelector("#apart").dataset.worst);
  await page.locator("#noise").fill("0");
  await known(page, "#apart", "worst");
  assert.equal(await data(page, "#apart", "worst"), 0, "w = 0 is the ODE itself");
  await page.waitForFunction(() => /view=noise.*noise=0(&|$)/.test(location.hash));
  await page.click('#end-source [data-end="moons"]');
  const refused = "#scene-noise ~ .refused";
  await says(page, refused, /needs noise in the mix/);
  await page.click('#end-source [data-end="gaussian"]');
  await page.waitForSelector(refused, { state: "hidden" });
  await page.selectOption("#coupling", "ot");
  await says(page, refused, /pair at random/);
  assert.equal(await page.isDisabled("#noise"), true);
  assert.deepEqual(errors, []);
  await close();
});

test("compare: one network under two samplers, then two networks trained alike", async (t) => {
  const path = "#method=ddim&trained=40&view=compare&versus=ddpm&data=moons&width=32&batch=64";
  const { page, errors, close } = await opened({ path });
  await waitForFrame(page, 40);
  await known(page, "#scene-compare", "distance");
  await says(page, "#view-bar", /one network, two samplers/);
  assert.equal(await data(page, "#scene-compare", "frame"), 40);
  assert.deepEqual(
    [await fact(page, "first", "NFE"), await fact(page, "compare", "NFE")],
    [20, 80],
  );
  await page.click("[data-family=flow]");
  await page.click("[data-method=flow-matching]");
  await page.click("#play"); // picking has begun to train: pause
  await page.waitForFunction(() => document.querySelector("#play span").textContent === "Train");
  await page.selectOption("#versus", "ot-cfm");
  const steps = await reading(page, "step");
  await page.waitForFunction(
    (n) => Number(document.querySelector("#scene-compare").dataset.frame) === n,
    steps,
  );
  await page.click("#play");
  await waitForFrame(page, 400);
  await page.click("#play");
  const end = await page.waitForFunction(() => {
    const step = Number(document.querySelector("#stat-step").textContent.replace(/,/g, ""));
    const [first, other] = ["#scene", "#scene-compare"].map((id) =>
      Number(document.querySelector(id).dataset.frame),
    );
    return first === step && other === step && step;
  });
  const pair = [
    await fact(page, "first", "straightness"),
    await fact(page, "compare", "straightness"),
  ];
  t.diagnostic(
    `straightness ${pair.join(" at random, ")} by OT, both after ${await end.jsonValue()}`,
  );
  assert.ok(pair[1] < 0.5 * pair[0]);
  assert.deepEqual(errors, []);
  await close();
});

test("Fokker–Planck: particles are apart from the density by chance alone, and by less with n and grid", async (t) => {
  const path = "#view=density&from=pretrained&t=0&crowd=4000&cells=64";
  const { page, errors, close } = await opened({ path });
  const rows = async (id, x) => {
    await page.waitForFunction(
      ([frame, wanted]) => document.querySelector(frame).dataset.points?.includes(`[${wanted},`),
      [id, x],
    );
    return JSON.parse(await page.getAttribute(id, "data-points"));
  };
  const byGrid = await rows("#by-grid", 64);
  const byCrowd = await rows("#by-crowd", 4000);
  const words = byCrowd.map((row) => row.map((v) => Number(v.toPrecision(3))).join(" "));
  t.diagnostic(`n, ODE, SDE, chance: ${words.join("; ")}`);
  t.diagnostic(`ODE on 32 and 64 cells: ${byGrid.map((row) => row[1].toFixed(3))}`);
  // One seed on one network: the same numbers each time; chance alone scatters by a few hundredths.
  const [few, , many] = byCrowd;
  for (const [, ode, , alone] of byCrowd) assert.ok(ode > 0.85 * alone && ode < 1.35 * alone);
  assert.ok(few[1] / many[1] > 2.8 && few[1] / many[1] < 4.8, "4 for 16 times as many, by chance");
  assert.ok(
    many[2] < 2 * many[3] && many[2] < 0.5 * few[2],
    "the SDE's, up to the network's error",
  );
  assert.ok(byGrid[0][1] > 1.8 * byGrid[1][1], "second order, until chance is left");
  assert.ok((await data(page, "#heat-pde", "massError")) < 1e-12);
  assert.ok((await data(page, "#heat-pde", "least")) >= 0);
  await page.locator("#time").fill("0");
  await page.waitForFunction(() => document.querySelector("#heat-pde").dataset.t === "1");
  const start = (await rows("#by-crowd", 4000)).at(-1);
  assert.ok(start[1] < 1.2 * start[3], `at the source: ${start}`);
  await page.selectOption("#crowd", "1000");
  await page.waitForFunction(() => document.querySelector("#heat-pde").dataset.n === "1000");
  await page.waitForFunction(() => /crowd=1000/.test(location.hash));
  await page.selectOption("#schedule", "ve");
  await says(page, ".refusal", /no one grid holds both/);
  assert.deepEqual(errors, []);
  await close();
});

test("steps against quality: curves fall to the floor, higher orders sooner", async (t) => {
  const { page, errors, close } = await opened({ path: "#view=steps" });
  await page.waitForFunction(
    () => document.querySelector("#quality").dataset.points === String(7 + 6 + 7 + 7),
  );
  const curves = JSON.parse(await page.getAttribute("#quality", "data-curves"));
  const at = (sampler, price) => curves[sampler].find(([nfe]) => nfe === price)[1];
  const table = [1, 8, 64].map((price) => at("euler", price).toFixed(3));
  t.diagnostic(`Euler at 1, 8, 64: ${table}; 2M at 8: ${at("dpmpp-2m", 8).toFixed(3)}`);
  assert.ok(at("euler", 1) > 10 * at("euler", 64));
  assert.ok(at("dpmpp-2m", 8) < 0.8 * at("euler", 8));
  assert.ok(at("heun", 8) < 0.8 * at("euler", 8));
  assert.ok(await page.isVisible("#quality canvas"));
  assert.deepEqual(errors, []);
  await close();
});

test("few steps: mean flow, shortcut and consistency come near in one, where Euler does not", async (t) => {
  const { page, errors, close } = await opened({ path: "#view=steps&from=pretrained" });
  const distances = async () => {
    await known(page, "#quality", "few");
    return JSON.parse(await page.getAttribute("#quality", "data-few"));
  };
  const [euler, , , many, floor] = await distances();
  assert.ok(euler > 10 * many, `Euler: ${euler} in one step, ${many} in many`);
  for (const method of ["mean-flow", "shortcut", "consistency"]) {
    await page.evaluate((id) => {
      location.hash = `method=${id}&trained=600&data=8gaussians&seed=7`;
    }, method);
    await page.waitForFunction(
      (id) => document.querySelector(`[data-method='${id}']`).ariaPressed === "true",
      method,
    );
    await waitForFrame(page, 600, 60_000);
    await page.waitForFunction(() => document.querySelector("#play span").textContent === "Train");
    await page.waitForFunction(() => document.querySelector("#quality").dataset.fewAt === "600");
    const [one, two, four] = await distances();
    const words = [one, two, four].map((value) => value.toFixed(3));
    t.diagnostic(`${method} after 600 steps, in 1, 2, 4: ${words}; floor ${floor.toFixed(3)}`);
    assert.ok(one < 0.45 * euler && Math.min(two, four) < 0.3 * euler, method);
    assert.equal(await page.locator("#status.problem").count(), 0, method);
  }
  await page.click("[data-view=likelihood]");
  await says(page, ".refusal", /not which way/);
  assert.deepEqual(errors, []);
  await close();
});

test("reflow: straightness and energy fall by the round, and one step comes near", async (t) => {
  const path = "#view=reflow&from=pretrained&t=0.5";
  const { page, errors, close } = await opened({ path });
  const rounds = async (count) => {
    await page.waitForFunction(
      (n) => document.querySelector("#rounds").dataset.done === String(n),
      count,
      { timeout: 60_000 },
    );
    return JSON.parse(await page.getAttribute("#rounds", "data-rounds"));
  };
  await rounds(0);
  await page.click("#reflow");
  const [first, straight] = await rounds(1);
  await page.click("#one-step");
  const last = (await rounds(2)).at(-1);
  const told = (key) =>
    [first, straight, last].map((numbers) => numbers[key].toFixed(3)).join(", ");
  t.diagnostic(`straightness ${told("straightness")}; energy ${told("energy")}`);
  t.diagnostic(`distance ${told("distance")}; in one step ${told("inOne")}`);
  assert.ok(straight.straightness < 0.05 * first.straightness);
  assert.ok(straight.energy < 0.8 * first.energy);
  assert.ok(straight.inOne < 0.2 * first.inOne && last.inOne < 0.15 * first.inOne);
  assert.ok(straight.distance < 2 * first.distance, "and the samples stay where they were");
  await page.click(".rounds button >> nth=0");
  await page.waitForFunction(() =>
    /Round 1/.test(document.querySelector("#plate-reflow").textContent),
  );
  await page.waitForFunction(() => /rounds=1&distilled=true/.test(location.hash));
  assert.deepEqual(errors, []);
  await close();
});

test("four snapshots: action matching passes a fifth that it never saw", async (t) => {
  const { page, errors, close } = await opened();
  await page.click("#stories button:has-text('Four snapshots')");
  const heldOut = (key) => data(page, "#held-out", key);
  await waitForFrame(page, 20);
  await page.waitForFunction(
    () => {
      const { distance, floor } = document.querySelector("#held-out").dataset;
      return Number(distance) < 3.5 * Number(floor);
    },
    undefined,
    { timeout: 90_000 },
  );
  const [distance, floor] = [await heldOut("distance"), await heldOut("floor")];
  t.diagnostic(`held out: ${distance.toFixed(3)}, floor ${floor.toFixed(3)}`);
  await says(page, "#held-out", /Held out, at t = 0\.50: distance 0\.\d+, floor/);
  await page.click("#play");
  // The two ends alone, by flow matching along straight lines, are not where the crowd has been.
  await page.selectOption("#objective", "regression");
  await page.waitForFunction(() => document.querySelector("#held-out").hidden);
  assert.deepEqual(errors, []);
  await close();
});

test("likelihood: the model's density has mass 1, and gives the data nearly its own nats", async (t) => {
  const { page, errors, close } = await opened({ path: "#view=likelihood" });
  await known(page, "#heat-model", "nats");
  const nats = await data(page, "#heat-model", "nats");
  const own = await data(page, "#heat-data", "nats");
  const mass = await data(page, "#heat-model", "mass");
  t.diagnostic(
    `${nats.toFixed(3)} nats, the data's own ${own.toFixed(3)}, mass ${mass.toFixed(4)}`,
  );
  assert.ok(Math.abs(mass - 1) < 0.03);
  assert.ok(nats < own + 0.15 && nats > own - 0.6);
  assert.deepEqual(errors, []);
  await close();
});

test("every view fits the screen, and tabs turn by arrow keys", async () => {
  const { page, errors, close } = await opened();
  const names = await page.$$eval("#tabs button", (all) => all.map((e) => e.dataset.view));
  await page.focus("#tabs [data-view=flow]");
  for (const name of [...names.slice(1), names[0]]) {
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.getAttribute(`[data-view=${name}]`, "aria-selected"), "true");
    const out = await page.evaluate(() => {
      const shown = [...document.querySelectorAll("button, select, input, canvas, dd, .key")];
      const beyond = shown
        .filter((e) => e.checkVisibility() && e.getBoundingClientRect().width > 1)
        .filter((e) => {
          const box = e.getBoundingClientRect();
          return box.bottom > innerHeight + 1 || box.right > innerWidth + 1 || box.left < -1;
        });
      const { scrollHeight, scrollWidth } = document.documentElement;
      const scrolls = scrollHeight > innerHeight || scrollWidth > innerWidth;
      return { beyond: beyond.map((e) => e.id || e.className), scrolls };
    });
    assert.deepEqual(out, { beyond: [], scrolls: false }, name);
  }
  assert.deepEqual(errors, []);
  await close();
});

test("390 x 844: pictures one below the other, nothing sideways, fingers find everything", async () => {
  const { page, errors, close } = await openPage(world, { ...phone, path: "#view=compare" });
  await known(page, "#scene-compare", "distance");
  const [first, second] = await Promise.all(
    ["#plane", ".plane.beside:not([hidden])"].map((s) => page.locator(s).boundingBox()),
  );
  assert.ok(second.y >= first.y + first.height && Math.abs(first.x - second.x) < 1);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  const small = await page.$$eval(".tabs button, .view-bar select, .stories button", (all) =>
    all.filter((e) => e.getBoundingClientRect().height < 40).map((e) => e.textContent),
  );
  assert.deepEqual(small, []);
  assert.deepEqual(errors, []);
  await close();
});
