// Two columns of numbers as text, with or without a line of names above them.

const separator = /[\s,;]+/;

export function readCsv(text: string, name: string): number[] {
  const flat: number[] = [];
  const lines = text.split(/\r\n|\n|\r/);
  let header = true;
  lines.forEach((line, index) => {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) return;
    const cells = trimmed.split(separator).filter((cell) => cell !== "");
    const numbers = cells.slice(0, 2).map(Number);
    const fits = numbers.length === 2 && numbers.every(Number.isFinite);
    if (!fits && header) {
      header = false;
      return;
    }
    header = false;
    if (!fits) {
      const got = trimmed.length > 30 ? `${trimmed.slice(0, 30)}…` : trimmed;
      throw new Error(`${name}: line ${index + 1} must begin with two numbers, got "${got}".`);
    }
    flat.push(...numbers);
  });
  if (flat.length === 0) throw new Error(`${name}: no line holds two numbers.`);
  return flat;
}
