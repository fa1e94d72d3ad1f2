// Keeps the address in step with the page, so that reload, back, forward and a shared link restore
// what was there. A new network is a new entry of the browser's history; all else changes the entry.
import { mostTrained, writeAddress, type Run } from "./address";
import type { Choices } from "./choices";

const quiet = 350;

export interface Addressed {
  choices(): Readonly<Choices>;
  run(): Run;
}

export class AddressBar {
  private timer = 0;
  private entry = false;
  /** The hash as the page last read or wrote it. */
  private known = location.hash;

  constructor(private readonly page: Addressed) {}

  /** Writes soon: several changes in quick succession are one. */
  keep(newEntry = false): void {
    this.entry ||= newEntry;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.write(), quiet);
  }

  /** The address has been changed from outside: what was to be written belongs to the one left. */
  follow(): string {
    clearTimeout(this.timer);
    this.entry = false;
    this.known = location.hash;
    return this.known;
  }

  write(): void {
    clearTimeout(this.timer);
    // Changed from outside, and the event that tells so is still to come: it must find the new one.
    if (location.hash !== this.known) return;
    const run = this.page.run();
    const trained = Math.min(run.trained, mostTrained);
    const hash = writeAddress(this.page.choices(), { ...run, trained });
    if (hash === this.known) return;
    if (this.entry) history.pushState(null, "", hash);
    else history.replaceState(null, "", hash);
    this.entry = false;
    this.known = location.hash;
  }
}
