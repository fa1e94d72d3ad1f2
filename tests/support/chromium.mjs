// A real browser on a folder served as a plain static host serves it.
import { chromium } from "playwright-core";
import { serve } from "../../web/serve.mjs";

const args = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts a server for `folder` and a browser; `close()` ends both. PATHFLOW_CHROMIUM names another. */
export async function openBrowser(folder) {
  const server = await serve(folder);
  const executablePath = process.env.PATHFLOW_CHROMIUM ?? "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, args });
  const address = `http://127.0.0.1:${server.address().port}/`;
  const close = async () => {
    await browser.close();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  return { browser, address, close };
}
