// What passes between the client and the Worker: plain objects that structured cloning carries.
import { PathflowError, type ErrorCode } from "./errors.js";
import type { ApiFacts, LoadOptions, RunOptions, TrainerOptions } from "./types.js";

/** A user's own Worker may carry other messages too: ours have this key. */
export const tag = "pathflow";

/** Methods of the api, and of a trainer, that a message may name. */
export const apiMethods = [
  "dataset",
  "schedule",
  "density",
  "distance",
  "floor",
  "readNpy",
  "writeNpy",
  "bytesInUse",
] as const;
export const trainerMethods = [
  "step",
  "sample",
  "logDensity",
  "fokkerPlanck",
  "reflow",
  "langevin",
  "lossFloor",
  "errors",
  "field",
  "start",
  "data",
  "save",
] as const;
export type ApiMethod = (typeof apiMethods)[number];
export type TrainerMethod = (typeof trainerMethods)[number];

/** RunOptions without what cannot be cloned. */
export type RunWire = Omit<RunOptions, "signal" | "onReport">;

export type Request =
  | { kind: "open"; id: number; options: LoadOptions }
  | {
      kind: "make";
      id: number;
      trainer: number;
      options: TrainerOptions;
      /** A run's bytes, or the number of a trainer here. */
      teacher: ArrayBuffer | Uint8Array | number | undefined;
    }
  | { kind: "restore"; id: number; trainer: number; bytes: ArrayBuffer | Uint8Array }
  | { kind: "api"; id: number; method: ApiMethod; args: unknown[] }
  | {
      kind: "trainer";
      id: number;
      trainer: number;
      method: TrainerMethod;
      args: unknown[];
      /** Whether anyone listens to progress. */
      progress: boolean;
      /** Another trainer that leads this one's sampling. */
      guide?: number | undefined;
      /** Where threads may share memory: not 0 once the caller has aborted. */
      stop?: SharedArrayBuffer;
    }
  | { kind: "run"; id: number; trainer: number; options: RunWire }
  | { kind: "rate"; id: number; stepsPerSecond: number }
  /** Of a call: the client no longer waits. Of a run: pause. */
  | { kind: "stop"; id: number }
  | { kind: "free"; trainer: number }
  | { kind: "close" };

export type Reply =
  | { kind: "done"; id: number; value: unknown }
  | { kind: "failed"; id: number; error: ErrorWire }
  | { kind: "progress"; id: number; value: unknown };

export type Opened = ApiFacts;

export interface Made {
  options: unknown;
  parameters: number;
  steps: number;
}

export interface ErrorWire {
  name: string;
  message: string;
  code?: ErrorCode;
  where?: string;
  stack?: string;
}

export function toWire(error: unknown): ErrorWire {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message, stack } = error;
  const wire: ErrorWire = { name, message, ...(stack === undefined ? {} : { stack }) };
  return error instanceof PathflowError ? { ...wire, code: error.code, where: error.where } : wire;
}

export function fromWire(wire: ErrorWire): Error {
  const cause = wire.stack;
  if (wire.code !== undefined && wire.where !== undefined) {
    return new PathflowError(wire.code, wire.where, wire.message, { cause });
  }
  const error = new Error(wire.message, { cause });
  error.name = wire.name;
  return error;
}

/** The buffers of every typed array in a value: results are moved, not copied. */
export function buffersOf(value: unknown, found = new Set<ArrayBuffer>()): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) found.add(value.buffer);
  } else if (Array.isArray(value)) {
    // Lists of numbers hold no arrays: one look is enough.
    if (typeof value[0] === "object") for (const one of value) buffersOf(one, found);
  } else if (typeof value === "object" && value !== null) {
    for (const one of Object.values(value)) buffersOf(one, found);
  }
  return [...found];
}
