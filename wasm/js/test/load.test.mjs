// Finding the file, picking the build, and what is said when either goes wrong.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { load } from "pathflow";
import { hasExceptions, hasRelaxedSimd, hasSimd, pickVariant } from "../../dist/engine.js";
import { bytesOf, dist, fileOf, refusal, variants } from "./support.mjs";

test("load() picks the best build that this engine runs", async () => {
  const api = await load();
  const best = hasRelaxedSimd() && variants.includes("relaxed") ? "relaxed" : "simd";
  assert.equal(api.variant, best);
  assert.match(api.version, /^\d+\.\d+\.\d+$/);
});

test("the probes know what Node 20 and later have", () => {
  assert.equal(hasExceptions(), true);
  assert.equal(hasSimd(), true);
  assert.equal(typeof hasRelaxedSimd(), "boolean");
});

test("pickVariant falls back as features go missing", (t) => {
  const all = ["relaxed", "simd", "scalar"];
  let known = () => true;
  t.mock.method(WebAssembly, "validate", (bytes) => known(bytes));
  assert.equal(pickVariant(all), "relaxed");
  assert.equal(pickVariant(["simd", "scalar"]), "simd");
  known = (bytes) => !Buffer.from(bytes).includes(Buffer.from([0xfd, 0x85, 0x02]));
  assert.equal(pickVariant(all), "simd");
  known = (bytes) => !Buffer.from(bytes).includes(0xfd);
  assert.equal(pickVariant(all), "scalar");
});

test("an engine without exceptions is refused in words for people", async (t) => {
  t.mock.method(WebAssembly, "validate", () => false);
  await assert.rejects(load(), refusal("Unsupported", /exceptions.*Chrome 95.*Safari 15\.2/, "load"));
});

for (const variant of variants) {
  test(`variant: "${variant}" loads that build, by name, bytes and address`, async (t) => {
    if (variant === "relaxed" && !hasRelaxedSimd()) return t.skip("this Node lacks relaxed SIMD");
    assert.equal((await load({ variant })).variant, variant);
    const bytes = await bytesOf(variant);
    assert.equal((await load({ wasmBinary: bytes })).variant, variant);
    const copy = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    assert.equal((await load({ wasmBinary: copy })).variant, variant);
    assert.equal((await load({ wasmUrl: new URL(fileOf(variant), dist) })).variant, variant);
    assert.equal((await load({ wasmUrl: new URL(fileOf(variant), dist).href })).variant, variant);
    const module = await WebAssembly.compile(bytes);
    assert.equal((await load({ module })).variant, variant);
  });
}

test("a build asks its host for at most three functions", async () => {
  for (const variant of variants.filter((one) => one !== "relaxed" || hasRelaxedSimd())) {
    const imports = WebAssembly.Module.imports(await WebAssembly.compile(await bytesOf(variant)));
    const names = imports.map(({ name }) => name).sort();
    const known = ["emscripten_notify_memory_growth", "pf_host_progress", "proc_exit"];
    assert.deepEqual(names.filter((name) => !known.includes(name)), [], variant);
  }
});

test("a variant this package lacks is refused", async () => {
  await assert.rejects(load({ variant: "mmx" }), refusal("InvalidArgument", /simd, scalar.*mmx/));
});

test("something else than WebAssembly is refused with three remedies", async () => {
  const html = new TextEncoder().encode("<!doctype html><title>x</title>");
  const remedies = /"<!doctype html>.*wasmUrl.*wasmBinary.*optimizeDeps/s;
  await assert.rejects(load({ wasmBinary: html }), refusal("IoError", remedies, "load"));
  await assert.rejects(load({ wasmBinary: new Uint8Array() }), refusal("IoError", /got nothing/));
});

test("a file that is not there is refused with its address", async () => {
  const wasmUrl = new URL("nowhere.wasm", dist);
  await assert.rejects(load({ wasmUrl }), refusal("IoError", /nowhere\.wasm.*ENOENT.*remedies/s));
});

test("another WebAssembly module is refused", async () => {
  const empty = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  await assert.rejects(load({ wasmBinary: empty }), refusal("IoError", /not Pathflow's/));
});

test("over HTTP: served, missing, and a page in its place", async () => {
  const bytes = await bytesOf("simd");
  const server = createServer((request, response) => {
    if (request.url === "/missing.wasm") return response.writeHead(404).end();
    response.end(request.url === "/pathflow.wasm" ? bytes : "<!doctype html>");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => server.close());
  const at = `http://127.0.0.1:${server.address().port}`;
  assert.equal((await load({ wasmUrl: `${at}/pathflow.wasm` })).variant, "simd");
  await assert.rejects(load({ wasmUrl: `${at}/missing.wasm` }), refusal("IoError", /status 404/));
  await assert.rejects(load({ wasmUrl: `${at}/page` }), refusal("IoError", /begin with "<!doctype/));
});
