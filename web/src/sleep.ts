// Nothing moves where nobody looks: the page rests in a hidden tab, the picture when scrolled away.

export interface Sleeper {
  /** The whole page has been hidden, or is back. */
  page(hidden: boolean): void;
  /** The picture cannot be seen, or can again. */
  picture(hidden: boolean): void;
}

export function startSleep(picture: Element, sleeper: Sleeper): void {
  let offScreen = false;
  const tell = (): void => sleeper.picture(offScreen || document.hidden);
  document.addEventListener("visibilitychange", () => {
    sleeper.page(document.hidden);
    tell();
  });
  new IntersectionObserver(([entry]) => {
    offScreen = !entry.isIntersecting;
    tell();
  }).observe(picture);
}
