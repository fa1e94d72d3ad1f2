import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

// The page uses the npm module as built: its index, its Worker and its WebAssembly files.
const module = fileURLToPath(new URL("../wasm/dist/index.js", import.meta.url));

export default defineConfig({
  // Relative addresses: the built page works from any folder of any static host.
  base: "./",
  resolve: { alias: { pathflow: module } },
  worker: { format: "es" },
  build: {
    target: "es2022",
    outDir: "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The notices of what is bundled (uPlot) go with it.
    license: { fileName: "licenses.md" },
  },
});
