// One end's picker: a stamp for every data set, a word, a drawing, a file.
import type { DatasetInfo } from "pathflow";
import type { End } from "../choices";
import { icon, make } from "../dom";
import type { Ends } from "../ends";
import { isRows } from "../rows";
import { drawThumbnail } from "./thumbnail";

export interface PickerEvents {
  onPick(end: End): void;
  onDraw(): void;
  onFile(): void;
}

const stamp = 44;
const previewPoints = 420;

export class Picker {
  private readonly stamps = new Map<End, HTMLButtonElement>();
  private readonly name = make("b", { class: "end-name" });
  private readonly word: HTMLInputElement;
  private readonly own: HTMLButtonElement;
  private ownEnd: End = "";
  private current: End = "";

  constructor(
    host: HTMLElement,
    private readonly role: "source" | "data",
    datasets: DatasetInfo[],
    private readonly ends: Ends,
    private readonly events: PickerEvents,
  ) {
    const title = role === "source" ? "Source" : "Data";
    const time = role === "source" ? "t = 1" : "t = 0";
    const head = make("h2", {}, make("i", { class: role }), title, this.name);
    head.append(make("small", {}, time));
    const grid = make("div", { class: "stamps", role: "group", "aria-label": `${title} set` });
    for (const info of datasets) {
      if (info.name.endsWith(":")) continue;
      grid.append(this.stamp(info.name, info.title, `${info.title}. ${info.description}`));
    }
    this.own = this.stamp("rows:", "Your own points", "Your own points");
    this.own.hidden = true;
    grid.append(this.own);
    const lower = title.toLowerCase();
    grid.append(
      this.tool(`Draw your own ${lower}`, "Draw", "pen", () => this.events.onDraw()),
      this.tool(
        `${title} from a .npy, .csv or image file; or drop one anywhere`,
        "File",
        "file",
        () => this.events.onFile(),
      ),
    );
    this.word = this.wordField(title);
    host.append(head, grid, this.word);
  }

  /** Draws every stamp anew: the theme has changed, or the page has just begun. */
  async paint(color: string): Promise<void> {
    await Promise.all(
      [...this.stamps].map(async ([end, element]) => {
        const real = end === "rows:" ? this.ownEnd : end;
        if (!real) return;
        const points = await this.ends.points(real, previewPoints);
        const target = element.querySelector("canvas");
        if (target) drawThumbnail(target, points, color, target.clientWidth || stamp);
      }),
    );
  }

  show(end: End, color: string): void {
    this.current = end;
    this.name.textContent = this.ends.title(end);
    if (isRows(end)) {
      this.ownEnd = end;
      this.own.hidden = false;
      void this.paint(color);
    }
    for (const [name, element] of this.stamps) {
      const on = name === end || (name === "rows:" && isRows(end));
      element.setAttribute("aria-pressed", String(on));
    }
    const text = end.startsWith("text:") ? end.slice(5) : "";
    if (document.activeElement !== this.word) this.word.value = text;
    this.word.classList.toggle("on", text !== "");
  }

  private stamp(end: End, title: string, tip: string): HTMLButtonElement {
    const view = make("canvas", { "aria-hidden": "true" });
    const label = { type: "button", "aria-label": title, title: tip, "aria-pressed": "false" };
    const element = make(
      "button",
      { ...label, class: `stamp ${this.role}`, "data-end": end },
      view,
    );
    element.addEventListener("click", () => {
      this.events.onPick(end === "rows:" ? this.ownEnd : end);
    });
    this.stamps.set(end, element);
    return element;
  }

  /** Draw and file, at the size of a stamp. */
  private tool(label: string, text: string, symbol: string, act: () => void): HTMLButtonElement {
    const attributes = { type: "button", class: "stamp tool", "aria-label": label, title: label };
    const element = make("button", attributes, icon(symbol), make("span", {}, text));
    element.addEventListener("click", act);
    return element;
  }

  private wordField(title: string): HTMLInputElement {
    const field = make("input", {
      type: "text",
      class: "word",
      maxlength: "10",
      placeholder: "or type a word…",
      "aria-label": `${title}: a word drawn as points`,
      spellcheck: "false",
      autocomplete: "off",
    });
    field.addEventListener("change", () => {
      const word = field.value.trim();
      if (word !== "" && `text:${word}` !== this.current) this.events.onPick(`text:${word}`);
    });
    return field;
  }
}
