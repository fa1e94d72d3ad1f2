// What a view of the middle is: something that is shown, is told of fresh samples, and moves in time.
import type { WorkerApi, WorkerTrainer } from "pathflow";
import type { Choices } from "../choices";
import type { Frame } from "../engine/frame";
import type { Measure } from "../engine/measure";

/** The network as it is now, with a fresh sample of it. */
export interface Fresh {
  api: WorkerApi;
  trainer: WorkerTrainer;
  frame: Frame;
  measure: Measure;
  choices: Readonly<Choices>;
  /** Whether training goes on. */
  running: boolean;
  /** False once another network, or another view, has taken over: what is shown then is not its. */
  current(): boolean;
}

export interface View {
  /** Brings it up; called again whenever choices change while it is up. */
  show(choices: Readonly<Choices>): void;
  hide(): void;
  /** Why it has nothing to show for these choices, and what to do; nothing where it has. */
  refuses?(choices: Readonly<Choices>): string | undefined;
  /** Asks the library for what is to be seen, while nothing else is asked of it. */
  refresh(fresh: Fresh): Promise<void>;
  /** Another network takes over: nothing that was shown holds any more. */
  clear?(): void;
  /** After each picture, and when time is scrubbed. */
  drawn?(t: number): void;
  /** The theme has changed. */
  repaint?(): void;
}
