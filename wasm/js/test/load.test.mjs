// Finding the file, picking the build, and what is said when either goes wrong.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { load } from "pathflow";
import {
  hasExceptions,
  hasRelaxedSimd,
  hasSimd,
  kernelsOf,
  variantsOf,
} from "../../dist/internals.js";
import { bytes, dist, file, refusal, variants } from "./support.mjs";

test("load() picks the best kernels that this engine runs", async () => {
  const api = await load();
  assert.equal(api.variant, hasRelaxedSimd() ? "relaxed" : "simd");
  assert.match(api.version, /^\d+\.\d+\.\d+$/);
});

test("the probes know what Node 20 and later have", () => {
  assert.equal(hasExceptions(), true);
  assert.equal(hasSimd(), true);
  assert.equal(typeof hasRelaxedSimd(), "boolean");
});

test("the kernels fall back as features go missing", async (t) => {
  const module = await WebAssembly.compile(bytes);
  let known = () => true;
  t.mock.method(WebAssembly, "validate", (probe) => known(Buffer.from(probe)));
  assert.deepEqual(variantsOf(module), ["relaxed", "simd", "scalar"]);
  known = (probe) => !probe.includes(Buffer.from([0xfd, 0x85, 0x02]));
  assert.deepEqual(variantsOf(module), ["simd", "scalar"]);
  assert.equal((await load()).variant, "simd");
  known = (probe) => !probe.includes(0xfd);
  assert.deepEqual(variantsOf(module), ["scalar"]);
  assert.equal((await load()).variant, "scalar");
  await assert.rejects(load({ variant: "simd" }), refusal("InvalidArgument", /scalar; got simd/));
});

test("an engine without exceptions is refused in words for people", async (t) => {
  t.mock.method(WebAssembly, "validate", () => false);
  await assert.rejects(
    load(),
    refusal("Unsupported", /exceptions.*Chrome 95.*Safari 15\.2/, "load"),
  );
});

for (const variant of variants) {
  test(`variant: "${variant}" uses those kernels, from name, bytes, address and module`, async () => {
    assert.equal((await load({ variant })).variant, variant);
    assert.equal((await load({ variant, wasmBinary: bytes })).variant, variant);
    const copy = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    assert.equal((await load({ variant, wasmBinary: copy })).variant, variant);
    assert.equal((await load({ variant, wasmUrl: file })).variant, variant);
    assert.equal((await load({ variant, wasmUrl: file.href })).variant, variant);
    const module = await WebAssembly.compile(bytes);
    assert.equal((await load({ variant, module })).variant, variant);
  });
}

test("the file asks its host for three functions and Math, its kernels for memory, sine and cosine", async () => {
  const module = await WebAssembly.compile(bytes);
  const names = WebAssembly.Module.imports(module).map(({ name }) => name);
  const known = ["emscripten_notify_memory_growth", "pf_host_progress", "proc_exit"];
  const [math, others] = [
    names.filter((name) => name in Math),
    names.filter((name) => !(name in Math)),
  ];
  assert.deepEqual(
    others.filter((name) => !known.includes(name)),
    [],
  );
  // wasm/host_math.cpp: a function that the C library were to bring again would be missing here.
  for (const name of ["exp", "log", "pow", "sin", "cos", "expm1", "log1p"])
    assert.ok(math.includes(name), name);
  const kernels = await WebAssembly.compile(kernelsOf(module, "simd"));
  const imports = WebAssembly.Module.imports(kernels);
  assert.deepEqual(imports.map(({ module, name }) => `${module}.${name}`).sort(), [
    "env.cos",
    "env.memory",
    "env.sin",
  ]);
});

test("a variant there is not is refused", async () => {
  await assert.rejects(
    load({ variant: "mmx" }),
    refusal("InvalidArgument", /simd, scalar; got mmx/),
  );
});

test("a file without kernels of its own runs scalar", async () => {
  const library = bytes.subarray(0, bytes.indexOf("pathflow.kernels") - 5);
  const plain = await load({ wasmBinary: library });
  assert.equal(plain.variant, "scalar");
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
  const server = createServer((request, response) => {
    if (request.url === "/missing.wasm") return response.writeHead(404).end();
    response.end(request.url === "/pathflow.wasm" ? bytes : "<!doctype html>");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => server.close());
  const at = `http://127.0.0.1:${server.address().port}`;
  assert.equal((await load({ wasmUrl: `${at}/pathflow.wasm` })).variant, variants[0]);
  await assert.rejects(load({ wasmUrl: `${at}/missing.wasm` }), refusal("IoError", /status 404/));
  await assert.rejects(
    load({ wasmUrl: `${at}/page` }),
    refusal("IoError", /begin with "<!doctype/),
  );
});
