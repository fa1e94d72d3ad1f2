// The C interface of capi/pathflow.h seen from JavaScript: memory, arguments, results and errors.
// pathflow.h states the meaning and the layout of everything that is called here.
import { PathflowError, type ErrorCode } from "./errors.js";
import { hostImports } from "./host.js";
import { installKernels } from "./kernels.js";
import type { FloatArray, Snapshot, Variant } from "./types.js";

const abiVersion = 2;
const mostElements = 2 ** 28;

type Call = (...args: (number | bigint)[]) => number;

/** Arguments and results of one call in the library's memory; freed when the call is over. */
export interface Scope {
  /** Uninitialised memory. */
  room(size: number): number;
  /** Text as pointer and length. */
  text(text: string): [number, number];
  bytes(bytes: Uint8Array): [number, number];
  /** A pf_points of one to two axes; 0 for undefined. */
  points(where: string, name: string, array: FloatArray | undefined): number;
  /** Rows of pf_points, their times, and how many; zeros for undefined. */
  snapshots(list: readonly Snapshot[] | undefined): [number, number, number];
  /** Int32 values as pointer and count; [0, 0] for undefined. */
  integers(values: ArrayLike<number> | undefined): [number, number];
  sizes(values: readonly number[]): number;
  floats(values: Float32Array): number;
}

/** A result of the library: read what is wanted, then it is freed. */
export interface Taken {
  json<T>(): T;
  floats(name: string): FloatArray;
  doubles(name: string): Float64Array;
  /** undefined where the result has no such array. */
  integers(name: string): Int32Array | undefined;
  bytes(name: string): Uint8Array<ArrayBuffer>;
}

interface View {
  pointer: number;
  shape: number[];
  count: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class Native {
  /** Runs while the library works, with the share done; set for the length of one call. */
  private progress: ((share: number) => void) | undefined;
  private progressFailure: { error: unknown } | undefined;
  private broken: unknown;

  private constructor(
    private readonly exports: Record<string, Call>,
    private readonly memory: WebAssembly.Memory,
    /** The kernels in use; set when they are installed. */
    public variant: Variant = "scalar",
  ) {}

  /** Starts a module with the kernels wanted, or the best there are. */
  static async start(module: WebAssembly.Module, wanted?: Variant): Promise<Native> {
    const imports = hostImports(module, {
      memory: () => native.memory,
      progress: (share) => native.onProgress(share),
    });
    const instance = await WebAssembly.instantiate(module, imports);
    const { memory, _initialize, ...rest } = instance.exports;
    if (!(memory instanceof WebAssembly.Memory) || typeof rest.pf_get_abi_version !== "function") {
      throw new PathflowError("IoError", "load", "this WebAssembly module is not Pathflow's");
    }
    const native: Native = new Native(rest as Record<string, Call>, memory);
    (_initialize as () => void)();
    const version = native.exports.pf_get_abi_version!();
    if (version !== abiVersion) {
      const rule = `its C interface must have version ${abiVersion}, got ${version}`;
      throw new PathflowError("IoError", "load", `this file is of another release: ${rule}`);
    }
    native.variant = await installKernels(module, instance, wanted);
    return native;
  }

  /** Calls an entry point; throws what it refused. */
  call(name: string, ...args: (number | bigint)[]): void {
    const status = this.enter(name, args);
    if (status !== 0) throw this.lastError();
  }

  /** `call` for the one entry point that reports as it goes. What `progress` throws stops it. */
  callWithProgress(
    name: string,
    progress: ((share: number) => void) | undefined,
    call: (callback: number) => (number | bigint)[],
  ): void {
    const callback = progress === undefined ? 0 : this.exports.pf_get_host_progress!();
    const outer = this.progress;
    this.progress = progress;
    this.progressFailure = undefined;
    try {
      const status = this.enter(name, call(callback));
      const failure = this.progressFailure as { error: unknown } | undefined;
      if (failure !== undefined) throw failure.error;
      if (status !== 0) throw this.lastError();
    } finally {
      this.progress = outer;
      this.progressFailure = undefined;
    }
  }

  /** Runs `body` with memory for its arguments, and frees that memory. */
  scoped<T>(body: (scope: Scope) => T): T {
    const pointers: number[] = [];
    const room = (size: number): number => {
      const pointer = this.allocate(size);
      pointers.push(pointer);
      return pointer;
    };
    try {
      return body(this.scopeOf(room));
    } finally {
      // After a trap nothing is freed: the memory's owner is in an unknown state.
      if (this.broken === undefined) for (const one of pointers) this.call("pf_free_bytes", one);
    }
  }

  /** Calls with a place for a result's handle as last argument, and reads the result. */
  take<T>(body: (scope: Scope, handle: number) => void, read: (taken: Taken) => T): T {
    const handle = this.scoped((scope) => {
      const place = scope.room(4);
      body(scope, place);
      return this.word(place);
    });
    try {
      return read(this.taken(handle));
    } finally {
      if (this.broken === undefined) this.call("pf_free_handle", handle);
    }
  }

  word(pointer: number): number {
    return new DataView(this.memory.buffer).getUint32(pointer, true);
  }
  double(pointer: number): number {
    return new DataView(this.memory.buffer).getFloat64(pointer, true);
  }
  long(pointer: number): number {
    return Number(new DataView(this.memory.buffer).getBigUint64(pointer, true));
  }

  private enter(name: string, args: (number | bigint)[]): number {
    if (this.broken !== undefined) {
      const message = "the library stopped at a fault before; load() a new one";
      throw new PathflowError("InternalError", name, message, { cause: this.broken });
    }
    try {
      return this.exports[name]!(...args);
    } catch (cause) {
      this.broken = cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new PathflowError("InternalError", name, `the library stopped: ${reason}`, { cause });
    }
  }

  private onProgress(share: number): boolean {
    try {
      this.progress?.(share);
      return true;
    } catch (error) {
      this.progressFailure = { error };
      return false;
    }
  }

  private allocate(size: number): number {
    // The address of the new block is written here: the one word that needs no allocation itself.
    if (this.cell === 0) this.cell = this.firstCell();
    this.call("pf_allocate_bytes", size, this.cell);
    return this.word(this.cell);
  }
  private cell = 0;

  /** Static memory of the library for one pointer. */
  private firstCell(): number {
    return this.exports.pf_get_host_cell!();
  }

  private scopeOf(room: (size: number) => number): Scope {
    const put = (bytes: Uint8Array): number => {
      const pointer = room(bytes.byteLength);
      new Uint8Array(this.memory.buffer, pointer, bytes.byteLength).set(bytes);
      return pointer;
    };
    const putFloats = (values: Float32Array): number => {
      const pointer = room(values.byteLength);
      new Float32Array(this.memory.buffer, pointer, values.length).set(values);
      return pointer;
    };
    const putWords = (values: ArrayLike<number>): number => {
      const pointer = room(values.length * 4);
      new Int32Array(this.memory.buffer, pointer, values.length).set(values);
      return pointer;
    };
    /** The words of a pf_points. */
    const pointsOf = (where: string, name: string, array: FloatArray): number[] => {
      const [rows, columns = 1] = checkArray(where, name, array, 2);
      return [putFloats(array.data), rows!, columns];
    };
    return {
      room,
      text: (text) => {
        const bytes = encoder.encode(text);
        return [put(bytes), bytes.length];
      },
      bytes: (bytes) => [put(bytes), bytes.length],
      points: (where, name, array) =>
        array === undefined ? 0 : putWords(pointsOf(where, name, array)),
      snapshots: (list) => {
        if (list === undefined) return [0, 0, 0];
        const rows = list.flatMap(({ points }, k) => pointsOf("Trainer", `snapshot ${k}`, points));
        const times = room(list.length * 8);
        new Float64Array(this.memory.buffer, times, list.length).set(list.map(({ time }) => time));
        return [putWords(rows), times, list.length];
      },
      integers: (values) => (values === undefined ? [0, 0] : [putWords(values), values.length]),
      sizes: putWords,
      floats: putFloats,
    };
  }

  private taken(handle: number): Taken {
    // Views are made anew for every read and copied at once: the memory may grow in between.
    const view = (name: string): View => this.view(handle, name);
    return {
      json: <T>() => JSON.parse(this.textOf(handle)) as T,
      floats: (name) => {
        const { pointer, shape, count } = view(name);
        return { data: new Float32Array(this.memory.buffer, pointer, count).slice(), shape };
      },
      doubles: (name) => {
        const { pointer, count } = view(name);
        return new Float64Array(this.memory.buffer, pointer, count).slice();
      },
      integers: (name) => {
        if (!this.hasArray(handle, name)) return undefined;
        const { pointer, count } = view(name);
        return new Int32Array(this.memory.buffer, pointer, count).slice();
      },
      bytes: (name) => {
        const { pointer, count } = view(name);
        return new Uint8Array(this.memory.buffer as ArrayBuffer, pointer, count).slice();
      },
    };
  }

  private textOf(handle: number): string {
    return this.scoped((scope) => {
      const place = scope.room(8);
      this.call("pf_view_text", handle, place, place + 4);
      return this.decode(this.word(place), this.word(place + 4));
    });
  }

  private hasArray(handle: number, name: string): boolean {
    return this.scoped((scope) => {
      const [pointer, length] = scope.text(name);
      return this.enter("pf_view_array", [handle, pointer, length, scope.room(24)]) === 0;
    });
  }

  private view(handle: number, name: string): View {
    return this.scoped((scope) => {
      const [text, length] = scope.text(name);
      const place = scope.room(24);
      this.call("pf_view_array", handle, text, length, place);
      const words = [...new Uint32Array(this.memory.buffer, place, 6)];
      const shape = words.slice(3, 3 + words[2]!);
      return { pointer: words[0]!, shape, count: shape.reduce((a, b) => a * b, 1) };
    });
  }

  private lastError(): PathflowError {
    const place = this.exports.pf_get_host_cell!();
    this.exports.pf_get_error!(place);
    const [, name, where, message] = new Uint32Array(this.memory.buffer, place, 4);
    return new PathflowError(this.text(name!) as ErrorCode, this.text(where!), this.text(message!));
  }

  /** A text that ends in a zero. */
  private text(pointer: number): string {
    const bytes = new Uint8Array(this.memory.buffer);
    return this.decode(pointer, bytes.indexOf(0, pointer) - pointer);
  }

  private decode(pointer: number, length: number): string {
    return decoder.decode(new Uint8Array(this.memory.buffer, pointer, length));
  }
}

/** The shape of an array of 1 to `mostAxes` axes whose data fit it. */
export function checkArray(
  where: string,
  name: string,
  array: FloatArray,
  mostAxes: number,
): readonly number[] {
  const shape = array?.shape;
  if (!(array?.data instanceof Float32Array) || !Array.isArray(shape)) {
    const rule = "must be { data: Float32Array, shape: number[] }";
    throw new PathflowError("InvalidArgument", where, `${name} ${rule}, got ${typeof array}`);
  }
  const whole = shape.every((extent) => Number.isInteger(extent) && extent >= 1);
  if (shape.length < 1 || shape.length > mostAxes || !whole) {
    const rule = `shape must have 1 to ${mostAxes} extents of at least 1`;
    throw new PathflowError("ShapeError", where, `${name} ${rule}, got [${shape.join(", ")}]`);
  }
  const count = shape.reduce((a, b) => a * b, 1);
  if (count !== array.data.length || count > mostElements) {
    const rule = `of shape [${shape.join(", ")}] must hold ${count} numbers (at most 2^28)`;
    throw new PathflowError("ShapeError", where, `${name} ${rule}, got ${array.data.length}`);
  }
  return shape;
}
