import { fileURLToPath } from "node:url";
import { readFileSync } from "node:fs";
import { build, defineConfig, type Plugin, type UserConfig } from "vite";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const base64 = (path: string): string => JSON.stringify(readFileSync(at(path)).toString("base64"));

const shared: UserConfig = {
  root: at("."),
  // Relative addresses: the built page works from any folder of any static host.
  base: "./",
  // The page uses the npm module as built: its index, its Worker and its WebAssembly file.
  resolve: { alias: { pathflow: at("../wasm/dist/index.js") } },
};

/** offline.js: the whole page in one classic script, the only kind that a page opened as a file runs. */
function offline(): Promise<unknown> {
  const only: Plugin = {
    name: "only-the-script",
    generateBundle(_, bundle) {
      for (const name of Object.keys(bundle)) if (name !== "offline.js") delete bundle[name];
    },
  };
  return build({
    ...shared,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    plugins: [only],
    define: {
      EMBEDDED_WASM: base64("../wasm/dist/pathflow.wasm"),
      EMBEDDED_WEIGHTS: base64("public/pretrained.safetensors"),
    },
    worker: { format: "iife" },
    build: {
      target: "es2022",
      outDir: "dist",
      emptyOutDir: false,
      assetsInlineLimit: 0,
      rolldownOptions: {
        input: at("src/offline.ts"),
        output: { format: "iife", entryFileNames: "offline.js" },
      },
    },
  });
}

/** Builds offline.js too, and has index.html load by `load()` what its address allows. */
function openAsFile(): Plugin {
  return {
    name: "open-as-file",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler: (html) =>
        html
          // A file's style sheet is refused where it is asked for as from another origin.
          .replace('<link rel="stylesheet" crossorigin', '<link rel="stylesheet"')
          .replace(
            /<script type="module" crossorigin src="([^"]+)"><\/script>/,
            '<script>pathflowLoad("$1", "./offline.js")</script>',
          ),
    },
    closeBundle: async () => void (await offline()),
  };
}

export default defineConfig({
  ...shared,
  plugins: [openAsFile()],
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
