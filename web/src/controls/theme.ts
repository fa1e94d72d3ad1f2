// Dark or light: the system's choice until the person makes their own.
import { button } from "../dom";

const key = "pathflow-theme";

export function startTheme(onChange: () => void): void {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = (dark: boolean): void => {
    root.dataset.theme = dark ? "dark" : "light";
    const color = getComputedStyle(root).getPropertyValue("--bg").trim();
    document.querySelector('meta[name="theme-color"]')?.setAttribute("content", color);
    onChange();
  };
  button("theme").addEventListener("click", () => {
    const dark = root.dataset.theme !== "dark";
    keep(dark ? "dark" : "light");
    apply(dark);
  });
  system.addEventListener("change", () => {
    if (read() === null) apply(system.matches);
  });
}

function read(): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage is blocked: nothing was kept
  }
}

function keep(theme: string): void {
  try {
    localStorage.setItem(key, theme);
  } catch {
    // Storage is blocked: the choice lasts as long as the page.
  }
}
