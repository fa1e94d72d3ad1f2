// Keys for the whole page. A control that has the focus keeps the keys it needs itself.

export interface Keys {
  play(): void;
  step(): void;
  reset(): void;
  help(): void;
  animate(): void;
  draw(): void;
  /** Moves time by this much; positive is towards the source. */
  scrub(by: number): void;
}

const typing = "input:not([type=range]), select, textarea, [contenteditable]";

export function startKeyboard(keys: Keys, busy: () => boolean): void {
  let swallow = false;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.key === "?" && !target.matches(typing)) return act(event, keys.help);
    if (busy() || target.matches(typing)) return;
    if (event.key === " ") {
      if (needsSpace(target)) return;
      swallow = true;
      return act(event, keys.play);
    }
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      if (target.matches("input[type=range]") && target.id !== "time") return;
      const size = event.shiftKey ? 0.1 : 0.02;
      return act(event, () => keys.scrub(event.key === "ArrowLeft" ? size : -size));
    }
    const plain: Record<string, () => void> = {
      s: keys.step,
      r: keys.reset,
      a: keys.animate,
      d: keys.draw,
    };
    const found = plain[event.key.toLowerCase()];
    if (found && !event.repeat) act(event, found);
  });
  // A button clicked with the mouse keeps the focus: its own answer to space must not follow.
  document.addEventListener("keyup", (event) => {
    if (event.key !== " " || !swallow) return;
    swallow = false;
    event.preventDefault();
  });
}

function act(event: KeyboardEvent, action: () => void): void {
  event.preventDefault();
  action();
}

/** A button or menu that was reached by keyboard. */
function needsSpace(target: Element): boolean {
  return target.matches("button, summary, a") && target.matches(":focus-visible");
}
