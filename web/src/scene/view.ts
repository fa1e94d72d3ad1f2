// From the plane to pixels: the origin in the middle, y up, one scale for both axes.

export interface View {
  /** Size in CSS pixels. */
  width: number;
  height: number;
  /** Pixels a unit. */
  scale: number;
}

/** A view that shows [-half, half] in the shorter direction. */
export function viewOf(width: number, height: number, half: number): View {
  return { width, height, scale: Math.min(width, height) / (2 * half) };
}

export function toPixelX(view: View, x: number): number {
  return view.width / 2 + x * view.scale;
}

export function toPixelY(view: View, y: number): number {
  return view.height / 2 - y * view.scale;
}

export function toPlane(view: View, px: number, py: number): [number, number] {
  return [(px - view.width / 2) / view.scale, (view.height / 2 - py) / view.scale];
}
