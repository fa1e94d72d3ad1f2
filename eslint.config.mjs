import js from "@eslint/js";
import ts from "typescript-eslint";

const readonly = (...names) => Object.fromEntries(names.map((name) => [name, "readonly"]));

export default ts.config(
  { ignores: ["**/node_modules/", "**/dist/", "build/", "tests/out/", "tests/web/shots/"] },
  js.configs.recommended,
  ...ts.configs.recommended,
  {
    languageOptions: {
      globals: readonly(
        // What browsers and Node share, and Node's own for the scripts.
        ...["AbortController", "AbortSignal", "Blob", "Buffer", "URL", "WebAssembly", "Worker"],
        ...["clearTimeout", "console", "document", "fetch", "globalThis", "performance", "process"],
        ...[
          "queueMicrotask",
          "requestAnimationFrame",
          "setInterval",
          "clearInterval",
          "setTimeout",
        ],
        ...["TextDecoder", "TextEncoder", "window", "location", "navigator", "self", "postMessage"],
        ...["structuredClone", "getComputedStyle", "localStorage", "MessageChannel", "Event"],
      ),
    },
    rules: {
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", ignoreRestSiblings: true },
      ],
    },
  },
  {
    files: ["**/*.cjs"],
    languageOptions: {
      sourceType: "commonjs",
      globals: readonly("require", "module", "__dirname"),
    },
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
);
