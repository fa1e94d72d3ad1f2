// A picture as points: dark pixels (or, on a see-through ground, painted ones) in equal shares.
import { mostRows } from "../rows";

const longest = 220;
const height = 6.6;

export async function readImage(file: Blob, name: string): Promise<number[]> {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(`${name}: this browser cannot read the picture.`);
  });
  const shrink = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * shrink));
  const rows = Math.max(1, Math.round(bitmap.height * shrink));
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = rows;
  const ctx = canvas.getContext("2d", { willReadFrequently: true });
  if (!ctx) throw new Error(`${name}: this browser gives no 2-D canvas.`);
  ctx.fillStyle = "white";
  ctx.fillRect(0, 0, width, rows);
  ctx.drawImage(bitmap, 0, 0, width, rows);
  bitmap.close();
  return pointsOf(ctx.getImageData(0, 0, width, rows), name);
}

/** Points spread over the darkness: equal steps of its running sum, jittered within a pixel. */
function pointsOf(image: ImageData, name: string): number[] {
  const { width, height: rows, data } = image;
  const running = new Float64Array(width * rows);
  let sum = 0;
  for (let i = 0; i < running.length; i++) {
    const light = (0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2]) / 255;
    sum += light < 0.5 ? 1 - light : 0;
    running[i] = sum;
  }
  if (sum < 4) throw new Error(`${name}: the picture has no dark pixels to turn into points.`);
  const unit = height / Math.max(width, rows);
  const flat: number[] = [];
  let pixel = 0;
  for (let k = 0; k < mostRows; k++) {
    const goal = ((k + 0.5) / mostRows) * sum;
    while (running[pixel] < goal) pixel++;
    const x = (pixel % width) + ((0.754878 * k) % 1);
    const y = Math.floor(pixel / width) + ((0.56984 * k) % 1);
    flat.push((x - width / 2) * unit, (rows / 2 - y) * unit);
  }
  return flat;
}
