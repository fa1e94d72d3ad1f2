// Running commands for people to watch: one calm line a step, the output only when it matters.
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root, with no slash at its end. */
export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** A failure whose message is all that a person needs: no stack is printed. */
export class Failure extends Error {}

/** "0.8 s", "12 s", "3 min 05 s". */
export function duration(milliseconds) {
  const seconds = milliseconds / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** Prints `what ...`, runs action(tell), prints how long it took; tell(text) reports progress. */
export async function step(what, action) {
  const begin = performance.now();
  const line = process.stdout.isTTY ? terminalLine(what) : logLine(what);
  try {
    const result = await action(line.tell);
    line.end(duration(performance.now() - begin));
    return result;
  } catch (error) {
    line.end(`failed after ${duration(performance.now() - begin)}`);
    throw error;
  }
}

function terminalLine(what) {
  const show = (text) => process.stdout.write(`\r\x1b[2K${text}`);
  show(`${what} ...`);
  return {
    tell: (text) => show(`${what} ... ${text}`.slice(0, (process.stdout.columns ?? 100) - 1)),
    end: (text) => show(`${what}: ${text}\n`),
  };
}

/** In a log: a line at the start, at most one every ten seconds, and one at the end. */
function logLine(what) {
  console.log(`${what} ...`);
  let last = performance.now();
  return {
    tell(text) {
      if (performance.now() - last < 10_000) return;
      last = performance.now();
      console.log(`  ${text}`);
    },
    end: (text) => console.log(`${what}: ${text}`),
  };
}

/**
 * Runs a command in the repository's root. Its output goes to onLine line by line and is kept; a
 * failure throws with the output's end. Returns { status, output }.
 */
export function run(command, args, { cwd = root, env, onLine, check = true, log } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      let rest = "";
      stream.setEncoding("utf8");
      stream.on("data", (text) => {
        output += text;
        const lines = (rest + text).split("\n");
        rest = lines.pop();
        if (onLine) for (const line of lines) onLine(line);
      });
    }
    child.on("error", (error) => {
      const missing =
        error.code === "ENOENT" ? "is not installed" : `could not run: ${error.message}`;
      reject(new Failure(`${command} ${missing}`));
    });
    child.on("close", (code, signal) => {
      const status = code ?? signal;
      if (log) {
        mkdirSync(dirname(log), { recursive: true });
        writeFileSync(log, output);
      }
      if (check && status !== 0) {
        const failed = output.indexOf("\nFAILED:"); // ninja's mark
        const lines = output.slice(Math.max(failed, 0)).trim().split("\n");
        const end = (failed < 0 ? lines.slice(-60) : lines.slice(0, 60)).join("\n");
        const said = [command, ...args].join(" ").slice(0, 200);
        reject(new Failure(`${end}\n\n\`${said}\` failed (${status})`));
      } else {
        resolve({ status, output });
      }
    });
  });
}

/** An onLine for ninja: tells how far the build is. */
export function ninjaProgress(tell) {
  return (line) => {
    const match = /^\[(\d+)\/(\d+)\]/.exec(line);
    if (match) tell(`${match[1]} of ${match[2]}`);
  };
}

/** Runs main and turns what it throws into a message and an exit status. */
export async function runMain(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    console.error(error instanceof Failure ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}

export const buildFolder = (...parts) => join(root, "build", ...parts);
