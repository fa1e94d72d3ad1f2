// What went wrong, for people: the library's own sentence, and what helps.
import { PathflowError } from "pathflow";

export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const help = error instanceof PathflowError ? remedy(error) : "";
  return help ? `${error.message.replace(/\.?$/, ".")} ${help}` : error.message;
}

function remedy({ code, where }: PathflowError): string {
  if (code === "NumericError") return "A lower learning rate and a reset help.";
  // The Worker, or what runs in it, is gone for good.
  const gone = code === "InternalError" || (code === "IoError" && where === "worker");
  return gone ? "Reload the page to go on: its address keeps your choices." : "";
}
