// A static file server for a folder: right types, compressed copies where they lie beside a file, no
// way out of the folder. Needs nothing but Node.
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";

const types = {
  ".css": "text/css; charset=utf-8",
  ".csv": "text/csv; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
};

const encodings = [
  ["br", ".br"],
  ["gzip", ".gz"],
];

/** Whether an Accept-Encoding header takes an encoding ("br;q=0" does not). */
function accepts(header, encoding) {
  for (const part of (header ?? "").split(",")) {
    const [name, ...parameters] = part
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/);
    if (name === encoding || name === "*") return !parameters.some((p) => /^q=0(\.0*)?$/.test(p));
  }
  return false;
}

function stat(path) {
  try {
    return statSync(path);
  } catch {
    return undefined; // no such file: the caller answers 404
  }
}

/** The file an address means, or undefined: nothing there, or not inside the folder. */
function find(folder, address) {
  let path;
  try {
    path = decodeURIComponent(address.replace(/[?#].*/, ""));
  } catch {
    return undefined; // no valid escapes
  }
  if (!path.startsWith("/") || path.includes("\0")) return undefined;
  const file = normalize(join(folder, path));
  if (file !== folder && !file.startsWith(folder + sep)) return undefined;
  const found = stat(file);
  if (found?.isFile() && !path.endsWith("/")) return file;
  // A folder's page lives at its address with the slash, or its relative links would go astray.
  if (found?.isDirectory() && path.endsWith("/")) {
    return stat(join(file, "index.html"))?.isFile() ? join(file, "index.html") : undefined;
  }
  return undefined;
}

function plain(response, status, text, headers = {}) {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", ...headers });
  response.end(`${text}\n`);
}

function answer(folder, request, response) {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return plain(response, 405, "Only GET and HEAD", { allow: "GET, HEAD" });
  }
  const file = find(folder, request.url);
  if (file === undefined) return plain(response, 404, "Not found");

  // Vite writes a hash of the contents into these names: they never change.
  const hashed = /-[\w-]{8}\.\w+$/.test(file);
  const headers = {
    "content-type": types[extname(file)] ?? "application/octet-stream",
    "cache-control": hashed ? "public, max-age=31536000, immutable" : "no-cache",
    "x-content-type-options": "nosniff",
    vary: "accept-encoding",
  };
  let sent = file;
  for (const [encoding, end] of encodings) {
    if (!accepts(request.headers["accept-encoding"], encoding) || !stat(file + end)?.isFile())
      continue;
    headers["content-encoding"] = encoding;
    sent = file + end;
    break;
  }
  const { size, mtimeMs } = stat(sent);
  headers.etag = `"${size.toString(36)}-${Math.round(mtimeMs).toString(36)}"`;
  if (request.headers["if-none-match"] === headers.etag) {
    response.writeHead(304, headers);
    return response.end();
  }
  headers["content-length"] = size;
  response.writeHead(200, headers);
  if (request.method === "HEAD") return response.end();
  createReadStream(sent)
    .on("error", () => response.destroy())
    .pipe(response);
}

/** Serves a folder (an absolute path). Resolves to the listening server; port 0 picks a free one. */
export function serve(folder, { host = "127.0.0.1", port = 0 } = {}) {
  const server = createServer((request, response) => answer(normalize(folder), request, response));
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}
