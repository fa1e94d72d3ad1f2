// The methods by name, a family at a time, the stories beside them, and a sentence about what is chosen: what the
// method is, who wrote it, and with which others it shares its network.
import { trainingKeys, type Choices } from "../choices";
import { element, make } from "../dom";
import {
  differing,
  families,
  isMethod,
  methods,
  partKeys,
  sameNetwork,
  type Family,
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
  private readonly tabs = new Map<Family, HTMLButtonElement>();
  private readonly groups = new Map<Family, HTMLElement>();
  private readonly chips = new Map<Method, HTMLButtonElement>();
  private readonly told = new Map<Story, HTMLButtonElement>();
  private shown: Readonly<Choices> | undefined;
  private opened: Method | undefined;

  constructor(events: MethodBarEvents) {
    for (const [family, label] of Object.entries(families) as [Family, string][]) {
      const tab = make("button", { type: "button", "data-family": family }, label);
      tab.addEventListener("click", () => this.open(family));
      this.tabs.set(family, tab);
      element("families").append(tab);
      this.groups.set(family, this.group(family, label, events));
    }
    element("chips").replaceChildren(...this.groups.values());
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

  /** Of two names of the same parts this one is shown. */
  prefer(id: string | undefined): void {
    this.base = methods.find((method) => method.id === id) ?? this.base;
  }

  private group(family: Family, label: string, events: MethodBarEvents): HTMLElement {
    const box = make("div", { class: "family", role: "group", "aria-label": `Methods: ${label}` });
    for (const method of methods.filter((m) => m.family === family)) {
      const attributes = { type: "button", class: "chip", title: method.meaning };
      const chip = make("button", { ...attributes, "data-method": method.id }, method.name);
      chip.addEventListener("click", () => {
        this.base = method;
        events.onMethod(method);
      });
      this.chips.set(method, chip);
      box.append(chip);
    }
    return box;
  }

  /** Brings up a family's methods; none of them is picked by that. */
  private open(family: Family): void {
    for (const [each, tab] of this.tabs) {
      tab.setAttribute("aria-pressed", String(each === family));
      this.groups.get(each)!.hidden = each !== family;
    }
  }

  show(choices: Readonly<Choices>): void {
    if (!isMethod(this.base, choices)) {
      this.base = methods.find((m) => isMethod(m, choices)) ?? this.base;
    }
    const { base } = this;
    if (this.opened !== base) this.open(base.family);
    this.opened = base;
    const exact = isMethod(base, choices);
    const kin = exact ? sameNetwork(base) : [];
    for (const [method, chip] of this.chips) {
      chip.setAttribute("aria-pressed", String(exact && method === base));
      chip.classList.toggle("kin", kin.includes(method));
    }
    for (const [family, tab] of this.tabs) {
      tab.classList.toggle(
        "kin",
        kin.some((method) => method.family === family),
      );
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
      label.classList.add("part");
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
  const { href } = method.paper;
  return make("a", { href, target: "_blank", rel: "noopener" }, method.paper.by);
}

const partNames: Record<PartKey, string> = {
  schedule: "the schedule",
  gamma: "the path’s own noise",
  coupling: "the pairing",
  objective: "the loss",
  predict: "what the network predicts",
  sampler: "the sampler",
};

function list(words: readonly string[]): string {
  const head = words.slice(0, -1).join(", ");
  return head ? `${head} and ${words[words.length - 1]}` : (words[0] ?? "");
}

/** Kin told by name: more would not fit. */
const told = 3;

/** What it has in common with its kin, in a sentence; empty where it has none. */
function kinship(method: Method, kin: readonly Method[]): string {
  const names = (group: readonly Method[]): string => {
    const all = group.map(({ name }) => name);
    return list(
      all.length > told ? [...all.slice(0, told - 1), `${all.length - told + 1} more`] : all,
    );
  };
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
