// Ready-made things to see, each with one sentence about what to look at.
import { defaults, trainingKeys, type Choices } from "./choices";
import { crowdAfter, crowdBefore } from "./snapshots";

export interface Story {
  name: string;
  look: string;
  choices: Partial<Choices>;
}

export const stories: readonly Story[] = [
  {
    name: "Cat → dog",
    look:
      "No noise anywhere: the source is a cat. A flow joins any two distributions, and scrubbing shows " +
      "every shape between.",
    choices: { source: "cat", data: "dog", coupling: "ot", width: 96, batch: 128 },
  },
  {
    name: "Four snapshots",
    look:
      "A crowd seen at four times, nobody followed: action matching finds a flow through all of them. " +
      "At t = 0.5 it is measured against a fifth snapshot that it never saw.",
    choices: {
      ...{ source: crowdBefore, data: crowdAfter, objective: "action", coupling: "ot" },
      ...{ width: 64, lr: 0.002 },
    },
  },
  {
    name: "One big step",
    look:
      "One Euler step only: every particle leaps to an average and misses. Drag the steps slider up " +
      "and see the rings appear.",
    choices: { data: "rings", sampler: "euler", steps: 1 },
  },
  {
    name: "Sharp edges",
    look:
      "Sharp edges are hard: watch stray particles between the squares of the checkerboard thin out as " +
      "training goes on.",
    choices: { data: "checkerboard", width: 96, density: true, paths: false },
  },
];

const kept: readonly (keyof Choices)[] = ["seed", "speed", "quantity"];

/** A story's choices in full; what is a matter of taste stays as it is. */
export function storyChoices(story: Story, now: Readonly<Choices>): Choices {
  const all = { ...defaults, ...story.choices };
  return { ...all, ...Object.fromEntries(kept.map((key) => [key, now[key]])) };
}

/** Whether these choices are a story as it is told. */
export function isStory(story: Story, choices: Readonly<Choices>): boolean {
  const all = storyChoices(story, choices);
  return [...trainingKeys, "sampler" as const].every((key) => all[key] === choices[key]);
}
