// Rows from anywhere, brought to the plane: as many as an address can hold, at a size that fits.
import { fewestRows, mostRows } from "../rows";

export interface Fitted {
  flat: number[];
  /** What was done to the rows, for people. */
  note: string;
}

const mostReach = 4.6;
const leastReach = 1;
const wanted = 3.2;

/** Refuses what cannot be used; thins and scales what can. */
export function fitRows(flat: ArrayLike<number>, name: string): Fitted {
  const count = flat.length / 2;
  if (count < fewestRows) {
    throw new Error(`${name}: at least ${fewestRows} points are needed, got ${count}.`);
  }
  for (let i = 0; i < flat.length; i++) {
    if (!Number.isFinite(flat[i])) {
      throw new Error(`${name}: row ${(i >> 1) + 1} holds a value that is not a finite number.`);
    }
  }
  const kept = Math.min(count, mostRows);
  const rows: number[] = [];
  for (let k = 0; k < kept; k++) {
    const at = 2 * Math.floor((k * count) / kept);
    rows.push(flat[at], flat[at + 1]);
  }
  const scaled = scale(rows, name);
  const thinned =
    kept < count ? `, ${kept.toLocaleString("en")} of ${count.toLocaleString("en")}` : "";
  return { flat: rows, note: `${name}: ${kept.toLocaleString("en")} points${thinned}${scaled}.` };
}

/** Moves and scales rows in place where they would not fit or would be a speck. */
function scale(rows: number[], name: string): string {
  let reach = 0;
  for (const value of rows) reach = Math.max(reach, Math.abs(value));
  if (reach <= mostReach && reach >= leastReach) return "";
  const [x, spanX] = middle(rows, 0);
  const [y, spanY] = middle(rows, 1);
  const span = Math.max(spanX, spanY);
  if (!(span > 0)) throw new Error(`${name}: all points are the same.`);
  for (let i = 0; i < rows.length; i += 2) {
    rows[i] = ((rows[i] - x) / span) * wanted;
    rows[i + 1] = ((rows[i + 1] - y) / span) * wanted;
  }
  return ", centred and scaled to the plane";
}

/** Middle and half width of one coordinate. */
function middle(rows: number[], which: 0 | 1): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (let i = which; i < rows.length; i += 2) {
    low = Math.min(low, rows[i]);
    high = Math.max(high, rows[i]);
  }
  return [(low + high) / 2, (high - low) / 2];
}
