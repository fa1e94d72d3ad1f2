// The choices as the address's hash, and back: everything read is checked.
import type { Names } from "pathflow";
import { defaults, layers, offered, type Choices, type Layer, type Quantity } from "./choices";
import { crowds, grids } from "./engine/marginals";
import { methodNamed, methods, partKeys } from "./methods";
import { mostRounds } from "./views/names";
import { decodeRows, isRows } from "./rows";
import { crowdEnd } from "./snapshots";
import { lossVariants, samplerVariants } from "./variants";
import { viewNames } from "./views/names";

/** What an address asks for, beside the choices. */
export interface Run {
  /** Steps taken when the address was made. */
  trained: number;
  /** Whether it set out from the network that comes with the page. */
  pretrained: boolean;
  /** Time of the scrubber where it stood still. */
  time?: number;
}

export interface Address {
  choices: Partial<Choices>;
  run: Partial<Run>;
  /** The method asked for by name. */
  method?: string;
  /** One sentence for each thing that could not be used. */
  problems: string[];
}

export interface Known {
  names: Names;
  datasets: readonly string[];
}

export const mostTrained = 100_000;
const letters: Record<Layer, string> = {
  particles: "p",
  paths: "l",
  arrows: "a",
  density: "d",
  target: "t",
};

/** What addresses leave out where it is as at first. */
const untold: readonly (keyof Choices)[] = [
  ...([
    "gamma",
    "objective",
    "view",
    "noise",
    "versus",
    "crowd",
    "cells",
    "rounds",
    "distilled",
  ] as const),
];

export function writeAddress(choices: Readonly<Choices>, run: Run): string {
  const fields = new URLSearchParams();
  for (const key of Object.keys(defaults) as (keyof Choices)[]) {
    const silent = key in letters || (untold.includes(key) && choices[key] === defaults[key]);
    if (!silent) fields.set(key, String(choices[key]));
  }
  const shown = layers.filter((layer) => choices[layer]).map((layer) => letters[layer]);
  fields.set("show", shown.join("") || "none");
  fields.set("trained", String(run.trained));
  if (run.pretrained) fields.set("from", "pretrained");
  if (run.time !== undefined) fields.set("t", run.time.toFixed(3));
  // Colons and commas may stand in a hash as they are, and people can read them.
  return "#" + fields.toString().replace(/%3A/g, ":").replace(/%2C/g, ",");
}

type Check = (text: string) => string | number | boolean | undefined;

const oneOf =
  (list: readonly string[]): Check =>
  (text) =>
    list.includes(text) ? text : undefined;

const number =
  (least: number, most: number, whole = true): Check =>
  (text) => {
    const value = text.trim() === "" ? NaN : Number(text);
    const fits = value >= least && value <= most && (!whole || Number.isInteger(value));
    return fits ? value : undefined;
  };

const among =
  (list: readonly number[]): Check =>
  (text) =>
    list.find((value) => String(value) === text);

const word = /^text:[A-Za-z0-9 !?&+.-]{1,10}$/;

function end(known: Known): Check {
  return (text) => {
    if (isRows(text)) return decodeRows(text) ? text : undefined;
    if (crowdEnd(text)) return text;
    return word.test(text) || known.datasets.includes(text) ? text : undefined;
  };
}

function checks(known: Known): Record<string, [Check, string]> {
  const { names } = known;
  const listed = (list: readonly string[]): [Check, string] => [oneOf(list), list.join(", ")];
  return {
    data: [end(known), "a data set, text:WORD or whole coded rows"],
    source: [end(known), "a data set, text:WORD or whole coded rows"],
    schedule: listed(names.schedules),
    gamma: listed(names.gammas),
    coupling: listed(names.couplings),
    objective: listed([...names.objectives, ...lossVariants]),
    predict: listed(names.predictions),
    sampler: listed([...names.samplers, ...samplerVariants]),
    steps: [number(1, 100), "a whole number from 1 to 100"],
    width: [number(1, 512), "a whole number from 1 to 512"],
    depth: [number(1, 8), "a whole number from 1 to 8"],
    batch: [number(1, 4096), "a whole number from 1 to 4096"],
    lr: [number(1e-6, 1, false), "a number from 0.000001 to 1"],
    seed: [number(0, 999_999), "a whole number from 0 to 999999"],
    quantity: listed(["velocity", "score"] satisfies Quantity[]),
    speed: listed(offered.speed),
    view: listed(viewNames),
    noise: [number(0, 2, false), "a number from 0 to 2"],
    versus: listed(methods.map(({ id }) => id)),
    crowd: [among(crowds), crowds.join(", ")],
    cells: [among(grids), grids.join(", ")],
    rounds: [number(0, mostRounds), `a whole number from 0 to ${mostRounds}`],
    distilled: [(text) => (text === "true" ? true : undefined), "true"],
  };
}

/** Reads a hash. Nothing it holds can make this throw. */
export function readAddress(hash: string, known: Known): Address {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const address: Address = { choices: {}, run: {}, problems: [] };
  const table = checks(known);
  readMethod(fields, address);
  for (const [key, text] of fields) {
    if (key === "method") continue;
    if (key === "show") readLayers(text, address);
    else if (key in table) {
      const [check, rule] = table[key];
      const value = check(text);
      if (value === undefined) address.problems.push(complaint(key, text, rule));
      else Object.assign(address.choices, { [key]: value });
    } else readRun(key, text, address);
  }
  return address;
}

/** A method by name stands for its parts, which may be given beside it. */
function readMethod(fields: URLSearchParams, address: Address): void {
  // A plus in an address stands for a space, and no method's name has one.
  const id = fields.get("method")?.replace(/ /g, "+");
  if (id === undefined) return;
  const method = methodNamed(id);
  const known = methods.map((each) => each.id).join(", ");
  if (!method) address.problems.push(complaint("method", id, known));
  else {
    for (const key of partKeys) Object.assign(address.choices, { [key]: method.parts[key] });
    Object.assign(address.choices, method.shown, { steps: method.steps });
    address.method = id;
  }
}

function readLayers(text: string, address: Address): void {
  const known = text === "none" || [...text].every((c) => Object.values(letters).includes(c));
  if (!known) {
    address.problems.push(complaint("show", text, 'letters of "pladt", or "none"'));
    return;
  }
  for (const layer of layers) {
    address.choices[layer] = text !== "none" && text.includes(letters[layer]);
  }
}

function readRun(key: string, text: string, address: Address): void {
  const { run, problems } = address;
  if (key === "trained") {
    const value = number(0, mostTrained)(text);
    if (value === undefined) problems.push(complaint(key, text, `0 to ${mostTrained}`));
    else run.trained = value as number;
  } else if (key === "t") {
    const value = number(0, 1, false)(text);
    if (value === undefined) problems.push(complaint(key, text, "0 to 1"));
    else run.time = value as number;
  } else if (key === "from") {
    if (text === "pretrained") run.pretrained = true;
    else problems.push(complaint(key, text, "pretrained"));
  } else problems.push(`The address has an unknown field "${shorten(key)}".`);
}

function complaint(key: string, text: string, rule: string): string {
  return `The address's ${key}=${shorten(text)} was left out: expected ${rule}.`;
}

function shorten(text: string): string {
  return text.length > 24 ? `${text.slice(0, 24)}…` : text;
}
