// Finding elements of the page, with the type they must have.

export function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`The page has no ${type.name} #${id}.`);
  return element;
}

export const button = (id: string): HTMLButtonElement => byId(id, HTMLButtonElement);
export const select = (id: string): HTMLSelectElement => byId(id, HTMLSelectElement);
export const input = (id: string): HTMLInputElement => byId(id, HTMLInputElement);
export const element = (id: string): HTMLElement => byId(id, HTMLElement);
export const canvas = (id: string): HTMLCanvasElement => byId(id, HTMLCanvasElement);

/** An element with its text and attributes. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** A symbol of the page's sprite. */
export function icon(name: string): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** Sizes a canvas's pixels to its box and gives a context in CSS pixels. */
export function sharp(target: HTMLCanvasElement, width: number, height: number) {
  const ratio = Math.min(3, window.devicePixelRatio || 1);
  target.width = Math.round(width * ratio);
  target.height = Math.round(height * ratio);
  const ctx = target.getContext("2d");
  ctx?.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx?.clearRect(0, 0, width, height);
  return ctx;
}

/** A canvas that knows its box: it is drawn on often, and asking for a box lays the page out. */
export class Pad {
  private stale = true;

  /** Its size until it has a box. */
  constructor(
    private readonly target: HTMLCanvasElement,
    public width: number,
    public height: number,
  ) {
    new ResizeObserver(() => (this.stale = true)).observe(target);
  }

  /** A clean context in CSS pixels. */
  clear(): CanvasRenderingContext2D | null {
    if (this.stale) {
      this.stale = false;
      const box = this.target.getBoundingClientRect();
      this.width = box.width || this.width;
      this.height = box.height || this.height;
      return sharp(this.target, this.width, this.height);
    }
    const ctx = this.target.getContext("2d");
    ctx?.clearRect(0, 0, this.width, this.height);
    return ctx;
  }
}

/** Offers bytes as a file to keep. */
export function download(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = make("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
