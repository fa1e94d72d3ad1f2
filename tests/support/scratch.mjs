// Folders for tests to work in, and commands run there.
import { execFile } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../../lib/build/progress.mjs";

/** An empty folder with no package.json above it: what a user's new folder is. */
export function emptyFolder(name) {
  const folder = join(tmpdir(), `pathflow-${process.pid}`, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

const exec = promisify(execFile);

/** Runs a command; its output, or an error that shows it. */
export async function sh(command, args, options = {}) {
  try {
    const { stdout, stderr } = await exec(command, args, { maxBuffer: 1 << 26, ...options });
    return stdout + stderr;
  } catch (error) {
    const said = `${error.stdout ?? ""}${error.stderr ?? ""}`;
    throw new Error(`${command} ${args.join(" ")} failed:\n${said || error.message}`, {
      cause: error,
    });
  }
}

/** A tool of the repository's node_modules. */
export const tool = (path) => join(root, "node_modules", path);
