import { cpSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = dirname(fileURLToPath(import.meta.url));

export default defineConfig({
  root: join(here, "page"),
  base: "./",
  logLevel: "warn",
  resolve: { alias: { pathflow: join(here, "../../wasm/dist/index.js") } },
  build: { target: "esnext", chunkSizeWarningLimit: 4000, assetsInlineLimit: 0 },
  plugins: [
    {
      name: "tfjs-wasm-files",
      writeBundle({ dir }) {
        const source = join(here, "node_modules/@tensorflow/tfjs-backend-wasm/dist");
        for (const file of ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm"]) {
          cpSync(join(source, file), join(dir, "tfjs", file));
        }
      },
    },
  ],
});
