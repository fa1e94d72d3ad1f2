// Points of one's own as text short enough for an address: 12 bits a coordinate on [-5, 5).
import type { FloatArray } from "pathflow";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const levels = 4096;
const reach = 5;
const prefix = "rows:";

/** More rows than this would make addresses that chat programs cut. */
export const mostRows = 1000;
export const fewestRows = 8;

export function isRows(end: string): boolean {
  return end.startsWith(prefix);
}

/** Codes [x, y, x, y, ...]; coordinates are clamped to the plane. */
export function encodeRows(flat: ArrayLike<number>): string {
  let text = prefix;
  for (let i = 0; i < flat.length; i++) {
    const level = Math.round(((flat[i] + reach) / (2 * reach)) * levels);
    const kept = Math.min(levels - 1, Math.max(0, level));
    text += alphabet[kept >> 6] + alphabet[kept & 63];
  }
  return text;
}

/** The rows of such a text, or undefined where it is damaged, too short or too long. */
export function decodeRows(end: string): FloatArray | undefined {
  if (!isRows(end)) return undefined;
  const body = end.slice(prefix.length);
  const count = body.length / 4;
  if (!Number.isInteger(count) || count < fewestRows || count > mostRows) return undefined;
  const data = new Float32Array(2 * count);
  for (let i = 0; i < data.length; i++) {
    const high = alphabet.indexOf(body[2 * i]);
    const low = alphabet.indexOf(body[2 * i + 1]);
    if (high < 0 || low < 0) return undefined;
    data[i] = ((high * 64 + low) / levels) * 2 * reach - reach;
  }
  return { data, shape: [count, 2] };
}
