#!/usr/bin/env node
// npm run build: the WebAssembly files and the JS module (wasm/dist) and the page (web/dist). What is
// current, by the contents of everything it is made of, is left alone.
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { cpus } from "node:os";
import { dirname, extname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { buildFolder, Failure, ninjaProgress, root, run, runMain, step } from "./progress.mjs";
import { pack } from "../../wasm/pack.mjs";
import { setUp } from "./setup.mjs";

const dist = join(root, "wasm/dist");

// em++ starts Python for every file: Debian's own starts ten times as fast as a version manager's shim.
const python = "/usr/bin/python3";
if (!process.env.EMSDK && existsSync(python)) process.env.EMSDK_PYTHON ??= python;

// What is current ------------------------------------------------------------------------------------

const skipped = new Set(["node_modules", "dist", "shots"]);

function* filesUnder(path) {
  if (!existsSync(path)) return;
  if (!statSync(path).isDirectory()) return yield path;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (!skipped.has(entry.name)) yield* filesUnder(join(path, entry.name));
  }
}

function hashOf(paths) {
  const hash = createHash("sha256");
  const files = paths.flatMap((path) => [...filesUnder(join(root, path))]).sort();
  for (const file of files) {
    hash.update(relative(root, file)).update("\0").update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex");
}

/**
 * Runs build() unless its inputs hash as they did when it last ran and its outputs are there. A build
 * whose inputs were edited under it is not remembered: nobody knows which of them it read.
 */
export async function unlessCurrent(name, inputs, outputs, build) {
  const stamp = buildFolder("stamps", name);
  const hash = hashOf(inputs);
  const current = existsSync(stamp) && readFileSync(stamp, "utf8") === hash;
  if (current && outputs.every((path) => existsSync(join(root, path)))) return false;
  rmSync(stamp, { force: true });
  await build();
  if (hashOf(inputs) !== hash) return true;
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
  return true;
}

// WebAssembly ----------------------------------------------------------------------------------------

/** Configures a preset where that is due or options are given; then builds targets (none: all). */
export async function cmakeBuild(preset, targets, tell, options = []) {
  const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const configured = modified(buildFolder(preset, "build.ninja"));
  if (configured < modified(join(root, "CMakePresets.json")) || options.length > 0) {
    tell("configuring");
    await run("cmake", ["--preset", preset, ...options]);
  }
  const args = ["--build", "--preset", preset, "--parallel", String(cpus().length)];
  for (const target of targets) args.push("--target", target);
  await run("cmake", args, {
    onLine: ninjaProgress(tell),
    log: buildFolder("logs", `${preset}.log`),
  });
}

const cppInputs = [
  "package.json",
  "CMakeLists.txt",
  "CMakePresets.json",
  "lib/pathflow",
  "lib/build",
];
const wasmInputs = [
  "wasm/CMakeLists.txt",
  "wasm/capi",
  "wasm/host_math.cpp",
  "wasm/kernels",
  "wasm/order.mjs",
  "wasm/pack.mjs",
  "wasm/relaxed-simd.mjs",
];

export async function buildWasm() {
  await unlessCurrent("wasm", [...cppInputs, ...wasmInputs], ["wasm/dist/pathflow.wasm"], () =>
    step("Building pathflow.wasm (C++ to WebAssembly)", async (tell) => {
      // npm test configures the tests in; people who only start the page need no GoogleTest.
      const fresh = !existsSync(buildFolder("wasm", "build.ninja"));
      const targets = ["pathflow_wasm", "pathflow_kernels_simd", "pathflow_kernels_relaxed"];
      await cmakeBuild("wasm", targets, tell, fresh ? ["-DPATHFLOW_TESTS=OFF"] : []);
      mkdirSync(dist, { recursive: true });
      await pack(buildFolder("wasm", "wasm"), join(dist, "pathflow.wasm"));
    }),
  );
}

// The JS module --------------------------------------------------------------------------------------

const node = (script, ...args) => run("node", [join(root, "node_modules", script), ...args]);

/**
 * All declarations that index.d.ts reaches in it; the worker's are none. The modules are public as a whole
 * but for what is @internal, and no two declare one name, so that they can be joined as they are.
 */
function joinTypes() {
  const reached = new Set(["index"]);
  const texts = [];
  for (const name of reached) {
    const text = readFileSync(join(dist, `${name}.d.ts`), "utf8");
    for (const [, file] of text.matchAll(/from "\.\/([\w-]+)\.js"/g)) reached.add(file);
    const own = text.replace(/^(import|export) .*( from ".*"|\{\});\n/gm, "");
    texts.push(own.replace(/^ {4,}/gm, (indent) => " ".repeat(indent.length / 2)));
  }
  for (const name of readdirSync(dist)) {
    if (name.endsWith(".d.ts")) rmSync(join(dist, name));
  }
  writeFileSync(join(dist, "index.d.ts"), `${texts.join("")}export {};\n`);
  writeFileSync(join(dist, "worker.d.ts"), "export {};\n");
}

/** The files that Node and browsers load: the two entries of the package, and one that tests look into. */
const scripts = ["index", "worker", "internals"];

/**
 * The sources as a few files without white space or long local names; functions and classes keep theirs,
 * for whoever reads a stack trace. Addresses of files beside them stay plain strings: bundlers look for
 * `new URL("./worker.js", import.meta.url)` to the letter.
 */
async function bundle() {
  const { rolldown } = await import("rolldown");
  const source = (name) => [name, join(root, "wasm/js/src", `${name}.ts`)];
  const input = Object.fromEntries(scripts.map(source));
  const bundled = await rolldown({ input, platform: "neutral" });
  const { output } = await bundled.generate({
    entryFileNames: "[name].js",
    chunkFileNames: "shared.js",
    codeSplitting: { groups: [{ name: "shared", minShareCount: 2 }] },
    minify: {
      mangle: { toplevel: false },
      compress: { target: "es2022" },
      codegen: { removeWhitespace: true },
    },
  });
  await bundled.close();
  for (const { fileName, code } of output) {
    writeFileSync(
      join(dist, fileName),
      code.replace(/`(\.\/[\w.-]+)`(?=,import\.meta\.url)/g, '"$1"'),
    );
  }
}

export async function buildJs() {
  const inputs = [
    "wasm/js/src",
    "wasm/js/tsconfig.json",
    "package-lock.json",
    "lib/build/build.mjs",
  ];
  await unlessCurrent("js", inputs, ["wasm/dist/index.js", "wasm/dist/index.d.ts"], () =>
    step("Building the JS module", async () => {
      for (const name of existsSync(dist) ? readdirSync(dist) : []) {
        if (extname(name) !== ".wasm") rmSync(join(dist, name), { recursive: true });
      }
      const options = ["-p", "wasm/js/tsconfig.json", "--emitDeclarationOnly"];
      await Promise.all([node("typescript/bin/tsc", ...options), bundle()]);
      joinTypes();
    }),
  );
}

// The page -------------------------------------------------------------------------------------------

const compressible = new Set([
  ".html",
  ".js",
  ".css",
  ".wasm",
  ".svg",
  ".json",
  ".webmanifest",
  ".npy",
  ".safetensors",
]);

/** Writes FILE.br and FILE.gz beside every file worth it: the server hands them out as they are. */
function compress(folder) {
  for (const file of filesUnder(folder)) {
    const bytes = readFileSync(file);
    if (!compressible.has(extname(file)) || bytes.length < 1024) continue;
    const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
    writeFileSync(`${file}.br`, brotliCompressSync(bytes, quality));
    writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
  }
}

export async function buildWeb() {
  // The module as it lies there, not its sources: they may be newer by now.
  const inputs = ["web", "wasm/js/src", "wasm/dist", "package-lock.json", "lib/build/build.mjs"];
  await unlessCurrent("web", inputs, ["web/dist/index.html"], () =>
    step("Building the page", async () => {
      await run("node", [join(root, "node_modules/vite/bin/vite.js"), "build"], {
        cwd: join(root, "web"),
      });
      compress(join(root, "web/dist"));
    }),
  );
}

const parts = { wasm: buildWasm, js: buildJs, web: buildWeb };

export async function build(names = Object.keys(parts)) {
  for (const name of names) await parts[name]();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await runMain(async () => {
    const names = process.argv.slice(2);
    const unknown = names.find((name) => !(name in parts));
    if (unknown !== undefined) {
      throw new Failure(
        `build: unknown part "${unknown}" (valid: ${Object.keys(parts).join(", ")})`,
      );
    }
    await setUp("start");
    await build(names.length > 0 ? names : undefined);
  });
}
