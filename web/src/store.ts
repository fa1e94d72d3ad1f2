// The one place that holds the choices, and tells who asked when they change.
import { defaults, type Choices } from "./choices";

export type Changed = ReadonlySet<keyof Choices>;
type Listener = (choices: Readonly<Choices>, changed: Changed) => void;

export class Store {
  private current: Choices;
  private readonly listeners: Listener[] = [];

  constructor(initial: Partial<Choices> = {}) {
    this.current = { ...defaults, ...initial };
  }

  get choices(): Readonly<Choices> {
    return this.current;
  }

  /** Takes over the given choices; listeners hear only of those that differ. */
  set(next: Partial<Choices>): void {
    const changed = new Set<keyof Choices>();
    for (const key of Object.keys(next) as (keyof Choices)[]) {
      if (next[key] !== this.current[key]) changed.add(key);
    }
    if (changed.size === 0) return;
    this.current = { ...this.current, ...next };
    for (const listener of this.listeners) listener(this.current, changed);
  }

  onChange(listener: Listener): void {
    this.listeners.push(listener);
  }
}
