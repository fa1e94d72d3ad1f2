// Starting the library in its Worker.
import { createWorker, type WorkerApi } from "pathflow";

export async function startEngine(): Promise<WorkerApi> {
  return createWorker();
}

/** The small trained network that comes with the page. */
export async function fetchPretrained(): Promise<Uint8Array> {
  const response = await fetch(new URL("pretrained.safetensors", document.baseURI));
  if (!response.ok) throw new Error(`The trained network did not arrive (${response.status}).`);
  return new Uint8Array(await response.arrayBuffer());
}
