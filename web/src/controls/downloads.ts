// Keeping what is seen: the picture, the particles at t = 0, the model.
import type { WorkerApi } from "pathflow";
import { button, byId, download } from "../dom";
import type { Frame } from "../engine/frame";

export interface Savable {
  frame(): Frame | undefined;
  model(): Promise<Uint8Array<ArrayBuffer>>;
  picture(): HTMLCanvasElement;
  /** "8gaussians-1200", for the names of files. */
  label(): string;
}

export function startDownloads(
  api: WorkerApi,
  from: Savable,
  tell: (message: string, problem: boolean) => void,
): void {
  const menu = byId("downloads", HTMLDetailsElement);
  const offer = (id: string, work: () => Promise<string>): void => {
    button(id).addEventListener("click", () => {
      menu.open = false;
      work().then(
        (message) => tell(message, false),
        (error: Error) => tell(error.message, true),
      );
    });
  };
  offer("save-png", async () => {
    const blob = await new Promise<Blob | null>((done) => from.picture().toBlob(done, "image/png"));
    if (!blob) throw new Error("The picture could not be made.");
    return keep(`pathflow-${from.label()}.png`, blob);
  });
  offer("save-npy", async () => {
    const frame = from.frame();
    if (!frame) throw new Error("There are no samples yet.");
    const data = frame.points.slice(frame.points.length - 2 * frame.n);
    const bytes = await api.writeNpy({ data, shape: [frame.n, 2] });
    return keep(`pathflow-${from.label()}.npy`, new Blob([bytes]));
  });
  offer("save-model", async () => {
    const bytes = await from.model();
    return keep(`pathflow-${from.label()}.safetensors`, new Blob([bytes]));
  });
  document.addEventListener("pointerdown", (event) => {
    if (menu.open && !menu.contains(event.target as Node)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape") menu.open = false;
  });
}

function keep(name: string, blob: Blob): string {
  download(name, blob);
  return `Saved ${name} (${Math.max(1, Math.round(blob.size / 1024))} KB).`;
}
