// The examples of README.md, as the reader sees them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../lib/build/progress.mjs";

/** The fenced blocks of a language, in order. A fence marked `js no-run` is only to be read. */
export function readmeExamples(language) {
  const text = readFileSync(join(root, "README.md"), "utf8");
  return [...text.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)]
    .filter(([, info]) => info.trim() === language)
    .map(([, , code]) => code);
}

/** The rows of the table of methods: { name, page, paper, file, commands }. */
export function readmeMethods() {
  const text = readFileSync(join(root, "README.md"), "utf8");
  const row =
    /^\| \[((?:[^[\]]|\[\w+\])+)\]\(([^)]+)\) \| \[[^\]]+\]\(([^)]+)\) \| \[[^\]]+\]\(([^)]+)\) \| (.*) \|$/gm;
  return [...text.matchAll(row)].map(([, name, page, paper, file, cell]) => ({
    name,
    page,
    paper,
    file,
    commands: [...cell.matchAll(/`([^`]+)`/g)].map(([, one]) => one),
  }));
}
