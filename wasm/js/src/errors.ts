// One error type for everything that the library, the loader or the Worker refuses.

/**
 * What kind of rule was broken.
 *
 * - `InvalidArgument`: an argument breaks a stated rule.
 * - `ShapeError`: shapes do not fit together.
 * - `NumericError`: no finite answer (a loss that diverged, a singular time).
 * - `IoError`: bytes that are not what they should be, or that could not be fetched.
 * - `Cancelled`: stopped from inside a progress callback.
 * - `OutOfMemory`: the memory asked for is not there.
 * - `Unsupported`: the engine lacks something the library needs.
 * - `Disposed`: the object was disposed of before.
 * - `DeviceError`, `InternalError`: a fault that is not the caller's; please report the latter.
 */
export type ErrorCode =
  | "InvalidArgument"
  | "ShapeError"
  | "NumericError"
  | "IoError"
  | "DeviceError"
  | "Cancelled"
  | "InternalError"
  | "OutOfMemory"
  | "Unsupported"
  | "Disposed";

/** An error of the library. The message reads `where: rule, got value`. */
export class PathflowError extends Error {
  override readonly name = "PathflowError";
  /** What kind of rule was broken. */
  readonly code: ErrorCode;
  /** The function that refused. */
  readonly where: string;

  constructor(code: ErrorCode, where: string, message: string, options?: ErrorOptions) {
    super(message.startsWith(`${where}:`) ? message : `${where}: ${message}`, options);
    this.code = code;
    this.where = where;
  }
}

/** Throws InvalidArgument unless `value` is a whole number in [least, most]. @internal */
export function checkWhole(
  where: string,
  name: string,
  value: unknown,
  least: number,
  most: number,
): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) {
    const rule = `must be a whole number from ${least} to ${most}`;
    throw new PathflowError("InvalidArgument", where, `${name} ${rule}, got ${String(value)}`);
  }
  return value;
}

/** Throws InvalidArgument unless `seed` is a whole number in [0, 2^53). @internal */
export function checkSeed(where: string, seed: unknown): bigint {
  return BigInt(checkWhole(where, "seed", seed, 0, Number.MAX_SAFE_INTEGER));
}
