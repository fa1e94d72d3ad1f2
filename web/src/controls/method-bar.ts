// The row of methods by name, the stories beside it, and a sentence about what is chosen: what the
// method is, who wrote it, and with which others it shares its network.
import { trainingKeys, type Choices } from "../choices";
import { element, make } from "../dom";
import {
  differing,
  isMethod,
  methods,
  partKeys,
  sameNetwork,
  type Method,
  type PartKey,
} from "../methods";
import { isStory, stories, type Story } from "../stories";

export interface MethodBarEvents {
  onMethod(method: Method): void;
  onStory(story: Story): void;
  onTable(): void;
}

export class MethodBar {
  /** The method picked last: what departs from it is told as such. */
  private base: Method = methods[0];
  private readonly look = element("look");
  private readonly chips = new Map<Method, HTMLButtonElement>();
  private readonly told = new Map<Story, HTMLButtonElement>();
  private shown: Readonly<Choices> | undefined;

  constructor(events: MethodBarEvents) {
    const group = (family: Method["family"], label: string): HTMLElement => {
      const box = make("div", { class: "family", role: "group", "aria-label": label });
      for (const method of methods.filter((m) => m.family === family)) {
        const chip = make(
          "button",
          { type: "button", class: "chip", title: method.meaning, "data-method": method.id },
          method.name,
        );
        chip.addEventListener("click", () => {
          this.base = method;
          events.onMethod(method);
        });
        this.chips.set(method, chip);
        box.append(chip);
      }
      return box;
    };
    element("chips").replaceChildren(
      group("flow", "Methods of the flow family"),
      group("diffusion", "Methods of the diffusion family"),
    );
    const row = element("stories");
    for (const story of stories) {
      const button = make("button", { type: "button", class: "tale", title: story.look });
      button.append(story.name);
      button.addEventListener("click", () => events.onStory(story));
      this.told.set(story, button);
      row.append(button);
    }
    const table = make("button", { type: "button", class: "tale", id: "methods-open" });
    table.append("All methods");
    table.addEventListener("click", () => events.onTable());
    row.append(table);
  }

  /** The method that these choices are, or depart from. */
  get method(): Method {
    return this.base;
  }

  show(choices: Readonly<Choices>): void {
    if (!isMethod(this.base, choices)) {
      this.base = methods.find((m) => isMethod(m, choices)) ?? this.base;
    }
    const { base } = this;
    const exact = isMethod(base, choices);
    const kin = exact ? sameNetwork(base) : [];
    for (const [method, chip] of this.chips) {
      chip.setAttribute("aria-pressed", String(exact && method === base));
      chip.classList.toggle("kin", kin.includes(method));
    }
    for (const [story, button] of this.told) {
      button.setAttribute("aria-pressed", String(isStory(story, choices)));
    }
    this.light(choices);
    this.say(choices, exact, kin);
    this.shown = choices;
  }

  /** Marks each part that is the method's own, and flashes those that have just changed. */
  private light(choices: Readonly<Choices>): void {
    for (const key of partKeys) {
      const label = document.querySelector<HTMLElement>(`label[for=${key}]`)!;
      label.classList.toggle("lit", choices[key] === this.base.parts[key]);
      if (!this.shown || this.shown[key] === choices[key]) continue;
      label.classList.remove("flash");
      void label.offsetWidth; // the animation begins anew
      label.classList.add("flash");
    }
  }

  private say(choices: Readonly<Choices>, exact: boolean, kin: Method[]): void {
    const story = stories.find((each) => isStory(each, choices));
    const { base } = this;
    const name = make("b", {}, exact ? base.name : `Nearly ${base.name}`);
    const words: (Node | string)[] = [name, " ", paper(base), ". "];
    if (story) words.splice(0, words.length, make("b", {}, `${story.name}. `), story.look);
    else if (exact) words.push(base.meaning, " ", kinship(base, kin));
    else words.push(departure(differing(choices, base.parts)));
    this.look.replaceChildren(...words);
  }
}

/** A link to the paper; nothing is fetched unless it is followed. */
export function paper(method: Method): HTMLElement {
  const href = `https://arxiv.org/abs/${method.paper.arxiv}`;
  return make("a", { href, target: "_blank", rel: "noopener" }, method.paper.by);
}

const partNames: Record<PartKey, string> = {
  schedule: "the schedule",
  predict: "what the network predicts",
  coupling: "the pairing",
  sampler: "the sampler",
};

function list(words: readonly string[]): string {
  const head = words.slice(0, -1).join(", ");
  return head ? `${head} and ${words[words.length - 1]}` : (words[0] ?? "");
}

/** What it has in common with its kin, in a sentence; empty where it has none. */
function kinship(method: Method, kin: readonly Method[]): string {
  const names = (group: readonly Method[]): string => list(group.map(({ name }) => name));
  const same = kin.filter((other) => isMethod(other, { ...method.parts } as Choices));
  const others = kin.filter((other) => !same.includes(other));
  const part = others.length > 0 ? `Same network as ${names(others)}, other sampler.` : "";
  if (same.length === 0) return part;
  return `The very same numbers as ${names(same)}. ${part}`.trim();
}

function departure(keys: readonly PartKey[]): string {
  const trains = keys.some((key) => (trainingKeys as readonly string[]).includes(key));
  const others = `You changed ${list(keys.map((key) => partNames[key]))}.`;
  return trains
    ? `${others} Any mix of parts is a method: only some of them have a name.`
    : `${others} The network is the same.`;
}
