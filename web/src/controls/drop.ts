// Files dropped anywhere on the page, or chosen by button.
import { element, input } from "../dom";

export type FileTaker = (file: File, end: "source" | "data") => void;

export class FileDrop {
  private readonly chooser = input("file");
  private readonly zone = element("dropzone");
  private wanted: "source" | "data" = "data";

  constructor(take: FileTaker) {
    this.chooser.addEventListener("change", () => {
      const file = this.chooser.files?.[0];
      if (file) take(file, this.wanted);
      this.chooser.value = "";
    });
    document.addEventListener("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      this.zone.hidden = false;
    });
    document.addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) this.zone.hidden = true;
    });
    document.addEventListener("drop", (event) => {
      this.zone.hidden = true;
      const file = event.dataTransfer?.files[0];
      if (!file) return;
      event.preventDefault();
      const target = event.target instanceof Element ? event.target.closest("[data-end]") : null;
      const end = target?.closest("#end-source") ? "source" : "data";
      take(file, end);
    });
  }

  choose(end: "source" | "data"): void {
    this.wanted = end;
    this.chooser.click();
  }
}
