// The colours that canvases draw with, taken from the style sheet so that both always agree.

export type Rgb = [number, number, number];

export interface Palette {
  data: string;
  source: string;
  between: string;
  ink: string;
  soft: string;
  line: string;
  panel: string;
  dark: boolean;
  /** Colour of time t = k / (steps - 1): data at the first, source at the last. */
  times: string[];
  timesRgb: Rgb[];
}

const shades = 48;

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const get = (name: string): string => style.getPropertyValue(name).trim();
  const stops = [get("--data"), get("--between"), get("--source")].map(rgb);
  const timesRgb = Array.from({ length: shades }, (_, k) => blend(stops, k / (shades - 1)));
  return {
    data: get("--data"),
    source: get("--source"),
    between: get("--between"),
    ink: get("--ink"),
    soft: get("--soft"),
    line: get("--line"),
    panel: get("--plane"),
    dark: document.documentElement.dataset.theme === "dark",
    times: timesRgb.map(([r, g, b]) => `rgb(${r} ${g} ${b})`),
    timesRgb,
  };
}

export function shadeOf(palette: Palette, t: number): number {
  return Math.round(Math.min(1, Math.max(0, t)) * (palette.times.length - 1));
}

function rgb(hex: string): Rgb {
  const value = parseInt(hex.replace("#", ""), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

function blend(stops: Rgb[], at: number): Rgb {
  const place = at * (stops.length - 1);
  const low = Math.min(stops.length - 2, Math.floor(place));
  const share = place - low;
  const mix = (i: number): number =>
    Math.round(stops[low][i] * (1 - share) + stops[low + 1][i] * share);
  return [mix(0), mix(1), mix(2)];
}
