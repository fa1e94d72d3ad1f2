// Ready-made choices, each with one sentence about what to look at.
import { defaults, trainingKeys, type Choices } from "../choices";
import { element, make } from "../dom";

export interface Preset {
  name: string;
  look: string;
  choices: Partial<Choices>;
}

export const presets: readonly Preset[] = [
  {
    name: "Flow matching",
    look:
      "Pairs are joined by straight lines, yet the paths bend: where lines would cross, the network " +
      "can only learn their average.",
    choices: {},
  },
  {
    name: "Diffusion (VP)",
    look:
      "Same network, same loss: only the mix and the question changed. DDPM adds noise at every step; " +
      "pick DDIM and the jitter is gone.",
    choices: { schedule: "vp-linear", predict: "noise", sampler: "ddpm", steps: 80, data: "moons" },
  },
  {
    name: "OT coupling",
    look:
      "Each batch is paired by optimal transport, so lines no longer cross: straightness falls, and " +
      "two steps are nearly enough.",
    choices: { coupling: "ot", batch: 128, sampler: "euler", steps: 4 },
  },
  {
    name: "Cat → dog",
    look:
      "No noise anywhere: the source is a cat. A flow joins any two distributions, and scrubbing shows " +
      "every shape between.",
    choices: { source: "cat", data: "dog", coupling: "ot", width: 96, batch: 128 },
  },
  {
    name: "Checkerboard",
    look: "Sharp edges are hard: watch stray particles between the squares thin out as training goes on.",
    choices: { data: "checkerboard", width: 96, density: true, paths: false },
  },
  {
    name: "One big step",
    look:
      "One Euler step only: every particle leaps to an average and misses. Drag the steps slider up " +
      "and see the rings appear.",
    choices: { data: "rings", sampler: "euler", steps: 1 },
  },
];

const kept: readonly (keyof Choices)[] = ["seed", "speed", "quantity"];

/** A preset's choices in full; what is a matter of taste stays as it is. */
export function presetChoices(preset: Preset, now: Readonly<Choices>): Choices {
  const all = { ...defaults, ...preset.choices };
  return { ...all, ...Object.fromEntries(kept.map((key) => [key, now[key]])) };
}

export class PresetChips {
  private readonly chips: HTMLButtonElement[];
  private readonly look = element("look");

  constructor(onPick: (preset: Preset) => void) {
    this.chips = presets.map((preset) => {
      const chip = make(
        "button",
        { type: "button", class: "chip", title: preset.look },
        preset.name,
      );
      chip.addEventListener("click", () => onPick(preset));
      return chip;
    });
    element("chips").replaceChildren(...this.chips);
  }

  /** Marks the preset that these choices are, if any; says `otherwise` if none. */
  show(choices: Readonly<Choices>, otherwise: string): void {
    let shown: Preset | undefined;
    presets.forEach((preset, k) => {
      const all = presetChoices(preset, choices);
      const same = [...trainingKeys, "sampler" as const].every((key) => all[key] === choices[key]);
      if (same) shown ??= preset;
      this.chips[k].setAttribute("aria-pressed", String(shown === preset));
    });
    this.look.textContent = shown?.look ?? otherwise;
  }
}
