// What a control is for: under it where there is room, else beside it while it is pointed at or
// focused. Readers of the screen hear it with the control in either case.
import { make } from "../dom";

const patience = 350;
const gap = 10;

let bubble: HTMLElement | undefined;
let timer = 0;

/** Gives `control` inside `host` a tip; the answer changes its words. */
export function addTip(host: HTMLElement, control: HTMLElement): (text: string) => void {
  const tip = make("small", { class: "hint", id: `hint-${control.id}` });
  host.append(tip);
  control.setAttribute("aria-describedby", tip.id);
  const show = (delay: number): void => {
    clearTimeout(timer);
    timer = window.setTimeout(() => place(host, tip.textContent), delay);
  };
  host.addEventListener("pointerenter", (event) => {
    if (event.pointerType === "mouse") show(patience);
  });
  host.addEventListener("pointerleave", hide);
  host.addEventListener("pointerdown", hide);
  control.addEventListener("focus", () => {
    if (control.matches(":focus-visible")) show(patience);
  });
  control.addEventListener("blur", hide);
  control.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
  return (text) => {
    tip.textContent = text;
    if (bubble && !bubble.hidden && bubble.dataset.of === tip.id) place(host, text);
  };
}

function hide(): void {
  clearTimeout(timer);
  if (bubble) bubble.hidden = true;
}

/** Left of what it explains if there is room, else below or above it. */
function place(host: HTMLElement, text: string): void {
  const tip = host.querySelector<HTMLElement>(".hint")!;
  if (getComputedStyle(tip).position !== "absolute") return; // it stands on the page already
  bubble ??= document.body.appendChild(make("div", { class: "bubble", "aria-hidden": "true" }));
  bubble.textContent = text;
  bubble.dataset.of = tip.id;
  bubble.hidden = false;
  const at = host.getBoundingClientRect();
  const { width, height } = bubble.getBoundingClientRect();
  const beside = at.left > innerWidth / 2 && at.top > 60;
  const x = beside ? columnOf(host) - width - gap : at.left;
  const below = at.bottom + gap;
  const y = beside
    ? at.top + (at.height - height) / 2
    : below + height < innerHeight
      ? below
      : at.top - gap - height;
  bubble.style.left = `${Math.max(8, Math.min(innerWidth - width - 8, x))}px`;
  bubble.style.top = `${Math.max(8, Math.min(innerHeight - height - 8, y))}px`;
}

/** Where the host's column begins: a bubble must not cover its neighbours. */
function columnOf(host: HTMLElement): number {
  const column = host.closest("fieldset") ?? host;
  return column.getBoundingClientRect().left;
}
