// The few things that differ in Node, reached without an import that a browser's bundler would
// stumble over.

interface NodeProcess {
  versions?: { node?: string };
  getBuiltinModule?(name: string): unknown;
}

const nodeProcess = (globalThis as { process?: NodeProcess }).process;

/** Whether this is Node (or something that says so). */
export const isNode = nodeProcess?.versions?.node !== undefined;

/** A module that comes with Node. */
export async function builtin<T>(name: string): Promise<T> {
  const found = nodeProcess?.getBuiltinModule?.(name);
  if (found !== undefined) return found as T;
  // Before Node 20.16. The name is a variable so that no bundler follows it.
  return (await import(/* webpackIgnore: true */ /* @vite-ignore */ name)) as T;
}

/** `builtin` where a promise cannot be awaited; undefined before Node 20.16 and outside Node. */
export function builtinNow<T>(name: string): T | undefined {
  return nodeProcess?.getBuiltinModule?.(name) as T | undefined;
}
