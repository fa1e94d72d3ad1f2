// A dropped or chosen file as rows, by what it is; every refusal names the file and the rule.
import type { WorkerApi } from "pathflow";
import { readCsv } from "./csv";
import { fitRows, type Fitted } from "./fit";
import { readImage } from "./image";

const mostBytes = 20 * 1024 * 1024;

export async function readFile(file: File, api: WorkerApi): Promise<Fitted> {
  const { name } = file;
  if (file.size === 0) throw new Error(`${name}: the file is empty.`);
  if (file.size > mostBytes) {
    throw new Error(`${name}: files may have at most 20 MB, got ${Math.ceil(file.size / 1e6)} MB.`);
  }
  const extension = /\.([^.]+)$/.exec(name.toLowerCase())?.[1] ?? "";
  if (extension === "npy") return fitRows(await readNpy(file, api), name);
  if (["csv", "tsv", "txt"].includes(extension)) return fitRows(await readCsv(file, name), name);
  if (file.type.startsWith("image/")) return fitRows(await readImage(file, name), name);
  throw new Error(`${name}: expected a .npy, .csv or image file.`);
}

async function readNpy(file: File, api: WorkerApi): Promise<Float32Array> {
  const array = await api
    .readNpy(new Uint8Array(await file.arrayBuffer()))
    .catch((error: Error) => {
      throw new Error(`${file.name}: ${error.message}`);
    });
  const { shape, data } = array;
  if (shape.length !== 2 || shape[1] < 2) {
    throw new Error(`${file.name}: expected rows of two columns, got shape (${shape.join(", ")}).`);
  }
  if (shape[1] === 2) return data;
  const flat = new Float32Array(2 * shape[0]);
  for (let row = 0; row < shape[0]; row++) {
    flat[2 * row] = data[row * shape[1]];
    flat[2 * row + 1] = data[row * shape[1] + 1];
  }
  return flat;
}
