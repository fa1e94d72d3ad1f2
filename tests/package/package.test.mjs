// The packed module as a user meets it: installed with no network into an empty folder, used from
// Node, from TypeScript and from a Vite build in Chromium; its size; publint, attw; the README.
import assert from "node:assert/strict";
import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root } from "../../lib/build/progress.mjs";
import { openBrowser } from "../support/chromium.mjs";
import { readmeExamples } from "../support/readme.mjs";
import { emptyFolder, sh, tool } from "../support/scratch.mjs";

let folder;
let tarball;

before(async () => {
  folder = emptyFolder("package");
  const args = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  await sh("npm", args, { cwd: root });
  const packed = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  assert.equal(packed.length, 1);
  tarball = join(folder, packed[0]);
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  await sh("npm", ["install", "--offline", "--no-audit", "--no-fund", tarball], { cwd: folder });
});

after(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

const installed = (...path) => join(folder, "node_modules/pathflow", ...path);

test("the tarball is under 250 KB", (context) => {
  const { size } = statSync(tarball);
  context.diagnostic(`${size} bytes`);
  assert.ok(size < 250_000, `${size} bytes`);
});

test("it brings no other package, the licence and the library's file", () => {
  assert.deepEqual(
    readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith(".")),
    ["pathflow"],
  );
  const { dependencies, scripts } = JSON.parse(readFileSync(installed("package.json"), "utf8"));
  assert.equal(dependencies, undefined);
  for (const name of ["preinstall", "install", "postinstall"])
    assert.equal(scripts?.[name], undefined);
  for (const name of ["LICENSE", "README.md", "wasm/dist/pathflow.wasm"]) {
    assert.ok(statSync(installed(name)).size > 0, name);
  }
});

// webpack, Vite and Rollup look for new URL("./file", import.meta.url) in the text: other quotes, or a name in
// between, are not sure to be found by each.
test("bundlers find the Worker and the library's file in its code", () => {
  const folder = installed("wasm/dist");
  const codes = readdirSync(folder).filter((name) => name.endsWith(".js"));
  const text = codes.map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
  assert.match(text, /new Worker\(new URL\("\.\/worker\.js",\s*import\.meta\.url\)/);
  assert.match(text, /new URL\("\.\/pathflow\.wasm",\s*import\.meta\.url\)/);
  assert.doesNotMatch(text, /`[^`]*`,\s*import\.meta\.url/);
});

const program = `import { load } from "pathflow";
const api = await load();
const trainer = new api.Trainer({ data: "moons", width: 32, depth: 2, batch: 128, seed: 1 });
const first = trainer.step(1).loss;
const { step, loss } = trainer.step(300);
const { points } = trainer.sample({ n: 64, sampler: "euler", steps: 10, seed: 2 });
trainer.dispose();
const finite = points.data.every(Number.isFinite);
`;

function check(result) {
  assert.equal(result.step, 301);
  assert.deepEqual(result.shape, [64, 2]);
  assert.equal(result.finite, true);
  assert.ok(result.loss < result.first, `loss ${result.first} -> ${result.loss}`);
}

test("Node trains and samples with it", async () => {
  const file = join(folder, "use.mjs");
  writeFileSync(
    file,
    `${program}console.log(JSON.stringify({ step, loss, first, finite, shape: points.shape }));\n`,
  );
  check(JSON.parse(await sh("node", [file], { cwd: folder })));
});

test("TypeScript accepts its types under each module resolution", async () => {
  writeFileSync(
    join(folder, "use.ts"),
    `import { load, PathflowError, type TrainerOptions } from "pathflow";
export async function run(options: TrainerOptions): Promise<Float32Array> {
  const api = await load();
  const trainer = new api.Trainer(options);
  const loss: number = trainer.step(10).loss;
  if (!(loss > 0)) throw new PathflowError("NumericError", "run", "no loss");
  // @ts-expect-error: a schedule that does not exist
  options.schedule = "nonsense";
  return trainer.sample({ n: 10 }).points.data;
}
`,
  );
  for (const module of ["nodenext", "esnext"]) {
    const moduleResolution = module === "nodenext" ? module : "bundler";
    const lib = ["es2022", "dom", "esnext.disposable"];
    const compilerOptions = {
      module,
      moduleResolution,
      lib,
      target: "es2022",
      types: [],
      strict: true,
      noEmit: true,
    };
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions, files: ["use.ts"] }),
    );
    await sh("node", [tool("typescript/bin/tsc"), "-p", "."], { cwd: folder });
  }
});

test("a Vite build of it trains in Chromium", async () => {
  const site = emptyFolder("site");
  copyFileSync(join(folder, "package.json"), join(site, "package.json"));
  await sh("npm", ["install", "--offline", "--no-audit", "--no-fund", tarball], { cwd: site });
  writeFileSync(
    join(site, "index.html"),
    '<!doctype html><title>t</title><link rel="icon" href="data:,"><script type="module" src="main.js"></script>\n',
  );
  writeFileSync(
    join(site, "main.js"),
    `${program}globalThis.result = { step, loss, first, finite, shape: points.shape };\n`,
  );
  await sh("node", [tool("vite/bin/vite.js"), "build", "--base", "./", "--target", "esnext"], {
    cwd: site,
  });
  const { browser, address, close } = await openBrowser(join(site, "dist"));
  try {
    const page = await browser.newPage();
    const wrong = [];
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
    await page.goto(address);
    const failed = () => assert.fail(`no result: ${wrong.join("; ")}`);
    await page.waitForFunction(() => globalThis.result, null, { timeout: 60_000 }).catch(failed);
    check(await page.evaluate(() => globalThis.result));
    assert.deepEqual(wrong, []);
  } finally {
    await close();
  }
});

test("publint finds nothing", async () => {
  await sh("node", [tool("publint/src/cli.js"), "run", tarball, "--strict"], { cwd: folder });
});

test("attw finds nothing", async () => {
  const args = [
    tarball,
    "--profile",
    "esm-only",
    "--no-color",
    "--exclude-entrypoints",
    "./pathflow.wasm",
  ];
  await sh("node", [tool("@arethetypeswrong/cli/dist/index.js"), ...args], { cwd: folder });
});

test("the README's JS examples run", async () => {
  const examples = readmeExamples("js");
  assert.ok(examples.length >= 1, "README.md has a JS example");
  for (const [index, code] of examples.entries()) {
    const file = join(folder, `readme-${index + 1}.mjs`);
    writeFileSync(file, code);
    await sh("node", [file], { cwd: folder });
  }
});
