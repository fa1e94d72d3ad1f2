// The library's keys are snake_case, JavaScript's are camelCase: one rule both ways.

export function toSnake(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export function toCamel(key: string): string {
  return key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * Options for the library: fields that are undefined are left out, so that its defaults hold. JSON
 * has no NaN and no infinity and would say null: they go as text, which the library refuses by name.
 */
export function toJson(options: object): string {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  const snake = Object.fromEntries(entries.map(([key, value]) => [toSnake(key), value]));
  return JSON.stringify(snake, (_, value: unknown) =>
    typeof value === "number" && !Number.isFinite(value) ? String(value) : value,
  );
}

/** The same object with every key in camelCase, one level deep. */
export function camelKeys<T>(object: Record<string, unknown>): T {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [toCamel(key), value]),
  ) as T;
}
