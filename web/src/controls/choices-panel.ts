// The selects on the right: values offered, those that do not fit switched off with the reason.
import type { Names } from "pathflow";
import { offered, type Choices } from "../choices";
import { input, select } from "../dom";
import {
  batchRule,
  couplingRule,
  gammaRule,
  objectiveRule,
  predictRule,
  quantityRule,
  samplerRule,
  scheduleRule,
} from "../rules";
import type { Store } from "../store";
import { lossVariants, samplerVariants } from "../variants";
import { addTip } from "./tips";
import { describe, explain } from "./wording";

interface Field {
  element: HTMLSelectElement;
  key: keyof Choices;
  numeric: boolean;
  rule?: (value: never, choices: Choices) => string | undefined;
  say: (text: string) => void;
}

export class ChoicesPanel {
  private readonly fields: Field[] = [];
  private readonly seed = input("seed");
  private readonly steps = input("steps");

  constructor(
    private readonly store: Store,
    names: Names,
    private readonly onBadSeed: (text: string) => void,
  ) {
    this.list("schedule", names.schedules, scheduleRule);
    this.list("gamma", names.gammas, gammaRule);
    this.list("coupling", names.couplings, couplingRule);
    this.list("objective", [...names.objectives, ...lossVariants], objectiveRule);
    this.list("predict", names.predictions, predictRule);
    this.list("sampler", [...names.samplers, ...samplerVariants], samplerRule);
    this.list("quantity", ["velocity", "score"], quantityRule);
    this.list("speed", offered.speed);
    this.list("width", offered.width);
    this.list("depth", offered.depth);
    this.list("batch", offered.batch, batchRule);
    this.list("lr", offered.lr);
    this.seed.addEventListener("change", () => this.takeSeed());
    this.steps.addEventListener("input", () => {
      this.store.set({ steps: Number(this.steps.value) });
    });
    for (const control of [this.seed, this.steps]) {
      addTip(control.closest("label")!, control)(explain(control.id, control.value));
    }
    this.store.onChange(() => this.show());
    this.show();
  }

  show(): void {
    const choices = this.store.choices;
    for (const field of this.fields) this.showField(field, choices);
    if (document.activeElement !== this.seed) this.seed.value = String(choices.seed);
    this.steps.value = String(choices.steps);
    this.steps.disabled = choices.sampler === "dopri5";
    const label = choices.sampler === "dopri5" ? "auto" : String(choices.steps);
    document.getElementById("steps-now")!.textContent = label;
  }

  private list<T extends string | number>(
    key: keyof Choices,
    values: readonly T[],
    rule?: (value: T, choices: Choices) => string | undefined,
  ): void {
    const element = select(key);
    const numeric = typeof values[0] === "number";
    element.replaceChildren(
      ...values.map((value) => new Option(describe(key, value), String(value))),
    );
    element.addEventListener("change", () => {
      const value = numeric ? Number(element.value) : element.value;
      this.store.set({ [key]: value } as Partial<Choices>);
    });
    const say = addTip(element.closest("label")!, element);
    this.fields.push({ element, key, numeric, rule: rule as Field["rule"], say });
  }

  private showField({ element, key, numeric, rule, say }: Field, choices: Choices): void {
    const value = String(choices[key]);
    const options = [...element.options];
    if (!options.some((option) => option.value === value)) {
      const typed = numeric ? Number(value) : value;
      element.add(new Option(describe(key, typed), value));
    }
    for (const option of element.options) {
      const typed = numeric ? Number(option.value) : option.value;
      const reason = rule?.(typed as never, choices);
      option.disabled = reason !== undefined;
      option.textContent = describe(key, typed) + (reason ? ` (${reason})` : "");
    }
    element.value = value;
    say(explain(key, value));
  }

  private takeSeed(): void {
    const value = this.seed.value.trim() === "" ? NaN : Number(this.seed.value);
    if (Number.isInteger(value) && value >= 0 && value <= 999_999) this.store.set({ seed: value });
    else {
      this.onBadSeed(this.seed.value);
      this.seed.value = String(this.store.choices.seed);
    }
  }
}
