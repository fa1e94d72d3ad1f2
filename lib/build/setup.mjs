// Finds what this machine lacks and installs it: Debian packages from .ci/packages.txt, then the npm
// packages of the lock file. Needs nothing but Node.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Failure, root, run, step } from "./progress.mjs";

const order = ["start", "test", "develop"];

/** The packages of .ci/packages.txt up to and including a section. */
export function debianPackages(section) {
  const upTo = order.indexOf(section);
  if (upTo < 0) throw new Error(`setup: no section "${section}" (valid: ${order.join(", ")})`);
  const packages = [];
  let at = -1;
  for (const line of readFileSync(join(root, ".ci/packages.txt"), "utf8").split("\n")) {
    const text = line.replace(/#.*/, "").trim();
    const heading = /^\[(\w+)\]$/.exec(text);
    if (heading) at = order.indexOf(heading[1]);
    else if (text !== "" && at >= 0 && at <= upTo) packages.push(text);
  }
  return packages;
}

/** Which of them are not installed; null where this is no Debian. */
export function missingPackages(packages) {
  const format = "-f=${db:Status-Status} ${Package}\\n";
  const query = spawnSync("dpkg-query", ["-W", format, ...packages], { encoding: "utf8" });
  if (query.error) return null;
  const installed = new Set();
  for (const line of query.stdout.split("\n")) {
    const [status, name] = line.split(" ");
    if (status === "installed") installed.add(name);
  }
  return packages.filter((name) => !installed.has(name));
}

/** How to run a command as root here: [], ["sudo", "-n"], or null where it cannot be done. */
function asRoot() {
  if (process.getuid?.() === 0) return [];
  const sudo = spawnSync("sudo", ["-n", "true"], { stdio: "ignore" });
  return sudo.status === 0 ? ["sudo", "-n"] : null;
}

const aptOptions = ["-q", "-y", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=300"];

/** Runs apt-get, telling its progress; gives its status and what it said. */
function aptGet(prefix, args, tell) {
  const [command, ...rest] = [...prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
  return new Promise((resolve, reject) => {
    // Progress comes on descriptor 3, which sudo would close.
    const direct = prefix.length === 0;
    const progress = direct ? ["-o", "APT::Status-Fd=3"] : [];
    const child = spawn(command, [...rest, ...aptOptions, ...progress, ...args], {
      stdio: ["ignore", "pipe", "pipe", direct ? "pipe" : "ignore"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => (output += text));
    }
    child.stdio[3]?.setEncoding("utf8").on("data", (text) => {
      const match = /(dl|pm)status:[^:]*:([\d.]+):/.exec(text);
      if (match)
        tell(`${match[1] === "dl" ? "fetching" : "installing"}, ${Math.round(match[2])} %`);
    });
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, output }));
  });
}

async function installDebian(packages, prefix) {
  const what = `Installing ${packages.length} Debian packages (${packages.join(", ")})`;
  await step(what, async (tell) => {
    const install = () => aptGet(prefix, ["install", "--no-install-recommends", ...packages], tell);
    const lists = "/var/lib/apt/lists";
    const known =
      existsSync(lists) &&
      readdirSync(lists).some((name) => name.endsWith("Packages") || name.endsWith(".lz4"));
    let result = known ? await install() : { status: -1 };
    if (result.status !== 0) {
      // No package lists yet, or lists so old that the files they name are gone.
      tell("refreshing the package lists");
      const update = await aptGet(prefix, ["update"], tell);
      if (update.status !== 0) throw new Failure(`${update.output}\napt-get update failed`);
      result = await install();
    }
    if (result.status !== 0) throw new Failure(`${result.output}\napt-get install failed`);
  });
}

async function setUpDebian(section) {
  const packages = debianPackages(section);
  const missing = missingPackages(packages);
  if (missing === null) {
    console.log(
      "This is no Debian, so packages are not checked; the build will say what it misses.",
    );
    return;
  }
  if (missing.length === 0) return;
  const prefix = asRoot();
  if (prefix === null) {
    throw new Failure(
      `${missing.length} Debian packages are missing and this user may not install them. Run:\n\n` +
        `  sudo apt-get install --no-install-recommends ${missing.join(" ")}\n`,
    );
  }
  await installDebian(missing, prefix);
  const still = missingPackages(packages);
  if (still.length > 0) throw new Failure(`apt-get did not install: ${still.join(", ")}`);
}

/** Whether node_modules holds exactly what the lock file says, by npm's own record of it. */
export function npmIsCurrent(folder = root) {
  const read = (path) => JSON.parse(readFileSync(join(folder, path), "utf8")).packages;
  if (!existsSync(join(folder, "node_modules/.package-lock.json"))) return false;
  const wanted = read("package-lock.json");
  const have = read("node_modules/.package-lock.json");
  for (const [path, { version, integrity, optional }] of Object.entries(wanted)) {
    if (path === "") continue;
    if (have[path] === undefined) {
      if (optional) continue; // for another platform
      return false;
    }
    if (have[path].version !== version || have[path].integrity !== integrity) return false;
  }
  return Object.keys(have).every((path) => wanted[path] !== undefined);
}

/** Installs a folder's npm packages where they differ from its lock file. */
export async function setUpNpm(folder = root, what = "Installing the npm packages") {
  if (npmIsCurrent(folder)) return;
  await step(what, () => run("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder }));
}

/** Everything that `section` ("start", "test" or "develop") needs, Debian's and npm's. */
export async function setUp(section) {
  await setUpDebian(section);
  await setUpNpm();
}
