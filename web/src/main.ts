// The page as a web server hands it out: the Worker, its WebAssembly and the weights are files.
import { createWorker } from "pathflow";
import { start } from "./start";
import "./style/page.css";

start({
  engine: () => createWorker(),
  async weights() {
    const response = await fetch(new URL("pretrained.safetensors", document.baseURI));
    if (!response.ok) throw new Error(`The trained network did not arrive (${response.status}).`);
    return new Uint8Array(await response.arrayBuffer());
  },
});
