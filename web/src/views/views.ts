// The tabs of the middle and what they bring up: one view at a time, the scrubber common to all.
import type { WorkerApi } from "pathflow";
import type { Choices } from "../choices";
import { element, make } from "../dom";
import { leaps } from "../rules";
import type { Scene } from "../scene/scene";
import type { Store } from "../store";
import { Plate } from "./beside";
import { Compare } from "./compare";
import { Likelihood } from "./likelihood";
import { Marginals } from "./marginals";
import { viewNames, viewWords, type ViewName } from "./names";
import { Noise } from "./noise";
import { Steps } from "./steps";
import { Reflow } from "./reflow";
import type { Fresh, View } from "./view";

/** Views that follow the way, not only where it ends. */
const ofTheWay: readonly ViewName[] = ["noise", "density", "likelihood", "reflow"];
const noWay =
  "A consistency model knows where the path through a point ends, not which way it goes there: no " +
  "velocity, no score, no likelihood. Choose another loss, or look at Flow, Compare and Steps.";

function endsOnly(choices: Readonly<Choices>): boolean {
  return leaps(choices) && ofTheWay.includes(choices.view);
}

export class Views {
  private readonly tabs = new Map<ViewName, HTMLButtonElement>();
  private readonly views = new Map<ViewName, View>();
  private readonly panes = element("panes");
  private readonly refusal = make("p", { class: "plane refusal", hidden: "" });
  private shown: ViewName = "flow";
  private refused = false;

  constructor(
    api: WorkerApi,
    private readonly store: Store,
    scene: Scene,
    wake: () => void,
  ) {
    const bar = element("view-bar");
    const plate = new Plate(element("plane"), "first");
    const { panes } = this;
    this.views.set("compare", new Compare(api, store, plate, scene, panes, bar, wake));
    this.views.set("noise", new Noise(store, plate, scene, panes, bar));
    this.views.set("density", new Marginals(store, plate, scene, panes, bar));
    this.views.set("steps", new Steps(plate, scene, panes, bar));
    this.views.set("likelihood", new Likelihood(api, scene, panes, bar));
    this.views.set("reflow", new Reflow(store, plate, scene, panes, bar, wake));
    panes.append(this.refusal);
    element("tabs").append(...viewNames.map((name) => this.tab(name)));
    element("tabs").addEventListener("keydown", (event) => this.turn(event));
  }

  show(choices: Readonly<Choices>): void {
    const name = choices.view;
    if (name !== this.shown) {
      this.views.get(this.shown)?.hide();
      this.shown = name;
      element("view-bar").replaceChildren();
      const tab = this.tabs.get(name)!;
      tab.parentElement!.scrollLeft = tab.offsetLeft - tab.parentElement!.offsetLeft - 40;
    }
    for (const [each, tab] of this.tabs) {
      tab.setAttribute("aria-selected", String(each === name));
      tab.tabIndex = each === name ? 0 : -1;
    }
    this.panes.dataset.view = name;
    const view = this.views.get(name);
    const reason = endsOnly(choices) ? noWay : view?.refuses?.(choices);
    this.refused = reason !== undefined;
    this.panes.classList.toggle("refused-all", this.refused);
    this.refusal.hidden = !this.refused;
    this.refusal.textContent = reason ?? "";
    if (this.refused) view?.hide();
    else view?.show(choices);
  }

  async refresh(fresh: Fresh): Promise<void> {
    const name = this.shown;
    const current = (): boolean => name === this.shown && fresh.current();
    if (!this.refused) await this.views.get(name)?.refresh({ ...fresh, current });
  }

  clear(): void {
    for (const view of this.views.values()) view.clear?.();
  }

  drawn(t: number): void {
    if (!this.refused) this.views.get(this.shown)?.drawn?.(t);
  }

  repaint(): void {
    for (const view of this.views.values()) view.repaint?.();
  }

  private tab(name: ViewName): HTMLButtonElement {
    const { tab, tip } = viewWords[name];
    const made = make(
      "button",
      { type: "button", role: "tab", title: tip, "data-view": name },
      tab,
    );
    made.setAttribute("aria-controls", "panes");
    made.addEventListener("click", () => this.store.set({ view: name }));
    this.tabs.set(name, made);
    return made;
  }

  /** Arrows move between tabs, as they do wherever there are tabs. */
  private turn(event: KeyboardEvent): void {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    event.stopPropagation();
    const { length } = viewNames;
    const next = viewNames[(viewNames.indexOf(this.shown) + by + length) % length];
    this.store.set({ view: next });
    this.tabs.get(next)!.focus();
  }
}
