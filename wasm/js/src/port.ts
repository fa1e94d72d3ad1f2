// One way to talk to anything that speaks like a Worker, in browsers and in Node.

/**
 * Anything that speaks like a Worker: a Worker, a MessagePort, a Worker's own global scope, or
 * their namesakes of Node's worker_threads.
 */
export interface PortLike {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  postMessage(message: any, transfer?: any): void;
}

interface EventPort extends PortLike {
  addEventListener(
    type: string,
    listener: (event: { data?: unknown; message?: string }) => void,
  ): void;
  start?(): void;
}

interface EmitterPort extends PortLike {
  on(type: string, listener: (value: unknown) => void): void;
}

/** Calls `onMessage` with the data of each message, `onError` if the other side fails. @internal */
export function listen(
  port: PortLike,
  onMessage: (data: unknown) => void,
  onError: (reason: string) => void,
): void {
  if (typeof (port as Partial<EmitterPort>).on === "function") {
    const emitter = port as EmitterPort; // Node's
    emitter.on("message", onMessage);
    emitter.on("error", (error) => onError(error instanceof Error ? error.message : String(error)));
    emitter.on("exit", (code) => onError(`it ended with code ${String(code)}`));
    return;
  }
  const target = port as EventPort;
  target.addEventListener("message", (event) => onMessage(event.data));
  target.addEventListener("error", (event) => onError(event.message || "its script did not load"));
  target.addEventListener("messageerror", () => onError("a message could not be read"));
  target.start?.(); // a MessagePort holds its messages back until it is started
}
