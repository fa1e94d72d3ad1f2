// All methods in one table: the same few columns with other values, which is the point of it all.
import { byId, make } from "../dom";
import { differing, families, methods, partKeys, type Family, type Method } from "../methods";
import { paper } from "./method-bar";
import { describe } from "./wording";

const parts = ["Schedule", "Own noise", "Pairing", "Trained by", "Predicts", "Sampler"];
const heads = ["Method", "Paper", ...parts];

export class MethodTable {
  private readonly dialog = byId("methods", HTMLDialogElement);

  constructor(private readonly onPick: (method: Method) => void) {
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
  }

  get open(): boolean {
    return this.dialog.open;
  }

  show(): void {
    const close = make("button", { type: "button", class: "icon", "aria-label": "Close" }, "×");
    close.addEventListener("click", () => this.dialog.close());
    const title = make("h2", { id: "methods-title" }, "Every method is a choice of the same parts");
    const row = make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)));
    const bodies = (Object.keys(families) as Family[]).map((family) => this.body(family));
    const table = make("table", {}, make("thead", {}, row), ...bodies);
    const note = make(
      "p",
      { class: "note" },
      "In colour: where a method differs from flow matching. README.md has this table with C++ " +
        "headers and commands.",
    );
    this.dialog.replaceChildren(
      make("div", { class: "help-head" }, title, close),
      make("div", { class: "table" }, table),
      note,
    );
    this.dialog.showModal();
  }

  private body(family: Family): HTMLElement {
    const span = String(heads.length);
    const head = make("th", { scope: "rowgroup", colspan: span }, families[family]);
    const body = make("tbody", {}, make("tr", { class: "family-head" }, head));
    body.append(...methods.filter((m) => m.family === family).map((method) => this.row(method)));
    return body;
  }

  private row(method: Method): HTMLElement {
    const pick = make("button", { type: "button", class: "tale" }, method.name);
    pick.addEventListener("click", () => {
      this.dialog.close();
      this.onPick(method);
    });
    const other = differing(method.parts, methods[0].parts);
    const cells = partKeys.map((key) => {
      const words = describe(key, method.parts[key]);
      return make("td", other.includes(key) ? { class: "other" } : {}, words);
    });
    const name = make("th", { scope: "row" }, pick);
    return make("tr", {}, name, make("td", {}, paper(method)), ...cells);
  }
}
