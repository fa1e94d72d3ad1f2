// The static server of npm start: types, compressed copies, no way out of its folder.
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { brotliDecompressSync, brotliCompressSync } from "node:zlib";
import { serve } from "../../web/serve.mjs";
import { emptyFolder } from "../support/scratch.mjs";

let folder;
let server;

before(async () => {
  folder = emptyFolder("serve");
  mkdirSync(join(folder, "site/sub"), { recursive: true });
  const write = (name, contents) => writeFileSync(join(folder, name), contents);
  write("secret.txt", "secret");
  write("site-private.txt", "secret");
  write("site/index.html", "<!doctype html>root");
  write("site/sub/index.html", "<!doctype html>sub");
  write("site/a.wasm", "\0asm");
  write("site/app-1a2B_-3d.js", "let x;");
  write("site/app-1a2B_-3d.js.br", brotliCompressSync("let x;"));
  write("site/with space.txt", "spaced");
  server = await serve(join(folder, "site"));
});

after(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A raw request: fetch would tidy the path up. */
function ask(path, { method = "GET", headers = {} } = {}) {
  return new Promise((resolve, reject) => {
    const { port } = server.address();
    const sent = request({ port, host: "127.0.0.1", path, method, headers }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () =>
        resolve({
          status: response.statusCode,
          headers: response.headers,
          body: Buffer.concat(parts),
        }),
      );
    });
    sent.on("error", reject);
    sent.end();
  });
}

test("types", async () => {
  assert.equal((await ask("/a.wasm")).headers["content-type"], "application/wasm");
  assert.match((await ask("/")).headers["content-type"], /^text\/html/);
  assert.match((await ask("/app-1a2B_-3d.js")).headers["content-type"], /^text\/javascript/);
  assert.equal((await ask("/with%20space.txt")).body.toString(), "spaced");
});

test("a folder answers with its index, and only with the slash", async () => {
  assert.match((await ask("/sub/")).body.toString(), /sub/);
  assert.equal((await ask("/sub")).status, 404);
  assert.equal((await ask("/none.txt")).status, 404);
});

test("nothing outside the folder is reached", async () => {
  const paths = [
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/sub/../../secret.txt",
    "/..%2fsite-private.txt",
    "/%00",
    "/%",
    "//secret.txt",
    "/..\\secret.txt",
  ];
  for (const path of paths) {
    const { status, body } = await ask(path);
    assert.equal(status, 404, path);
    assert.ok(!body.toString().includes("secret"), path);
  }
});

test("compressed copies go to those who take them", async () => {
  const path = "/app-1a2B_-3d.js";
  const packed = await ask(path, { headers: { "accept-encoding": "gzip, br" } });
  assert.equal(packed.headers["content-encoding"], "br");
  assert.equal(brotliDecompressSync(packed.body).toString(), "let x;");
  for (const accept of ["", "br;q=0", "identity"]) {
    const plain = await ask(path, { headers: { "accept-encoding": accept } });
    assert.equal(plain.headers["content-encoding"], undefined, accept);
    assert.equal(plain.body.toString(), "let x;");
  }
});

test("HEAD has no body; other methods are refused", async () => {
  const head = await ask("/", { method: "HEAD" });
  assert.equal(head.status, 200);
  assert.equal(head.headers["content-length"], "19");
  assert.equal(head.body.length, 0);
  const post = await ask("/", { method: "POST" });
  assert.equal(post.status, 405);
  assert.equal(post.headers.allow, "GET, HEAD");
});

test("names with a hash are kept, others asked for again", async () => {
  assert.match((await ask("/app-1a2B_-3d.js")).headers["cache-control"], /immutable/);
  const first = await ask("/");
  assert.equal(first.headers["cache-control"], "no-cache");
  const again = await ask("/", { headers: { "if-none-match": first.headers.etag } });
  assert.equal(again.status, 304);
  assert.equal(again.body.length, 0);
});
