// Two columns of numbers as text, with or without a line of names above them. Read in pieces: a file
// of any size leaves the page alive.

const separator = /[\s,;]+/;
/** Of a line only the beginning counts. */
const longest = 4096;

export async function readCsv(file: Blob, name: string): Promise<number[]> {
  const reader = file.stream().pipeThrough(new TextDecoderStream()).getReader();
  const table = new Table(name);
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    const lines = (rest + (value ?? "")).split(/\r\n|\n|\r(?!$)/);
    rest = done ? "" : lines.pop()!.slice(0, longest);
    for (const line of lines) table.add(line);
    if (done) return table.rows();
    await new Promise((resolve) => setTimeout(resolve)); // pictures and clicks come first
  }
}

class Table {
  private readonly flat: number[] = [];
  private line = 0;
  private header = true;

  constructor(private readonly name: string) {}

  add(text: string): void {
    this.line++;
    const trimmed = text.trim();
    if (trimmed === "" || trimmed.startsWith("#")) return;
    const cells = trimmed.split(separator, 3).filter((cell) => cell !== "");
    const numbers = cells.slice(0, 2).map(Number);
    const fits = numbers.length === 2 && numbers.every(Number.isFinite);
    const named = !fits && this.header;
    this.header = false;
    if (fits) this.flat.push(...numbers);
    else if (!named) this.refuse(trimmed);
  }

  rows(): number[] {
    if (this.flat.length > 0) return this.flat;
    throw new Error(`${this.name}: no line holds two numbers.`);
  }

  private refuse(text: string): never {
    const got = text.length > 30 ? `${text.slice(0, 30)}…` : text;
    throw new Error(`${this.name}: line ${this.line} must begin with two numbers, got "${got}".`);
  }
}
