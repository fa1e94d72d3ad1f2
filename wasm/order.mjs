// Puts the functions of a WebAssembly file in an order that compresses well: gzip looks back 32 KB, so
// functions that share code belong near each other. Nothing but their order and numbers changes, and
// the alignment that loads and stores announce: always the natural one, a hint that has no meaning.
import { gzipSync } from "node:zlib";

/** What gzip looks back, less the function being placed. */
const window = 32_000;
/**
 * Several orders are made and the best is kept: by bytes compared at a time (about the shortest
 * repetition that is worth a reference), and by what a function costs beside its bytes.
 */
const attempts = [5, 6].flatMap((shingleSize) =>
  [2, 6, 20].map((overhead) => ({ shingleSize, overhead })),
);
/** Of a shingle. More common ones are found everywhere, whatever the order. */
const mostHolders = 15;
/** Functions whose number takes one byte in a call, less the imported ones. */
const shortNumbers = 125;

const [customId, importId, functionId, exportId, startId, elementId, codeId] = [
  0, 2, 3, 7, 8, 9, 10,
];

// Reading ------------------------------------------------------------------------------------------

class Reader {
  constructor(bytes, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get done() {
    return this.at >= this.end;
  }

  byte() {
    return this.bytes[this.at++];
  }

  skip(count) {
    this.at += count;
  }

  /** An unsigned LEB128 number; signed ones are only skipped, for which their value does not matter. */
  number() {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  part(length = this.number()) {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

function leb(value) {
  const bytes = [];
  for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

/** The sections, [{ id, content }]. */
function sectionsOf(file) {
  const reader = new Reader(file, 8);
  const sections = [];
  while (!reader.done) sections.push({ id: reader.byte(), content: reader.part() });
  return sections;
}

function importedFunctions(content) {
  const reader = new Reader(content);
  let functions = 0;
  for (let left = reader.number(); left > 0; --left) {
    reader.part(); // its module
    reader.part(); // its name
    const kind = reader.byte();
    if (kind !== 0) throw new Error(`order: only functions may be imported, got kind ${kind}`);
    reader.number();
    ++functions;
  }
  return functions;
}

// Immediates of instructions, after the opcode. Those without any are not listed.
const [blockType, one, two, memory, eightBytes, fourBytes, table, types] = [1, 2, 3, 4, 5, 6, 7, 8];
const immediates = new Map([
  ...[0x02, 0x03, 0x04, 0x06].map((code) => [code, blockType]),
  ...[0x07, 0x08, 0x09, 0x0c, 0x0d, 0x18, 0x41, 0x42, 0x3f, 0x40].map((code) => [code, one]),
  ...[0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26].map((code) => [code, one]),
  ...Array.from({ length: 0x3e - 0x28 + 1 }, (_, i) => [0x28 + i, memory]),
  [0x11, two],
  [0x43, fourBytes],
  [0x44, eightBytes],
  [0x0e, table],
  [0x1c, types],
]);
const [call, referFunction, prefixed] = [0x10, 0xd2, 0xfc];
/** Binary logarithm of the bytes of a load or store, from 0x28 (i32.load) to 0x3e (i64.store32). */
const alignments = [2, 3, 2, 3, 0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 3, 2, 3, 0, 1, 0, 1, 2];
/** Numbers after an instruction with the prefix 0xfc: saturating casts, then bulk memory. */
const prefixedNumbers = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1];
const known = (code) => code <= 0x11 || (code >= 0x18 && code <= 0xc4) || code === referFunction;

/** Aligns a function's body and says where it names other functions: [{ from, to, number }]. */
function readBody(body) {
  const reader = new Reader(body);
  const calls = [];
  for (let left = reader.number(); left > 0; --left) {
    reader.number();
    reader.byte();
  }
  while (!reader.done) {
    const code = reader.byte();
    if (code === call || code === referFunction) {
      const from = reader.at;
      const number = reader.number();
      calls.push({ from, to: reader.at, number });
    } else if (code === prefixed) {
      const count = prefixedNumbers[reader.number()];
      if (count === undefined) throw new Error("order: an instruction with a prefix is not known");
      for (let i = 0; i < count; ++i) reader.number();
    } else if (!known(code)) {
      throw new Error(`order: instruction 0x${code.toString(16)} is not known`);
    } else {
      if (immediates.get(code) === memory) body[reader.at] = alignments[code - 0x28];
      skipImmediates(reader, immediates.get(code));
    }
  }
  return calls;
}

function skipImmediates(reader, kind) {
  if (kind === one || kind === blockType) reader.number();
  else if (kind === two || kind === memory) {
    reader.number();
    reader.number();
  } else if (kind === fourBytes) reader.skip(4);
  else if (kind === eightBytes) reader.skip(8);
  else if (kind === types) reader.part();
  else if (kind === table) for (let left = reader.number() + 1; left > 0; --left) reader.number();
}

// The order ----------------------------------------------------------------------------------------

/** For each body the numbers of its shingles that others have too, and for each shingle its bodies. */
function shinglesOf(bodies, shingleSize) {
  const numbers = new Map();
  const holders = [];
  const all = bodies.map((body, index) => {
    const own = new Set();
    for (let at = 0; at + shingleSize <= body.length; ++at) {
      const key = body.toString("latin1", at, at + shingleSize);
      if (!numbers.has(key)) holders[numbers.size] = [];
      if (!numbers.has(key)) numbers.set(key, numbers.size);
      own.add(numbers.get(key));
    }
    for (const shingle of own) holders[shingle].push(index);
    return own;
  });
  const shared = (shingle) => holders[shingle].length > 1 && holders[shingle].length <= mostHolders;
  return { shingles: all.map((own) => [...own].filter(shared)), holders };
}

/** Always takes next the body of which most is found in what gzip still sees. */
function byLikeness(bodies, candidates, { shingles, holders }, overhead) {
  const score = new Int32Array(bodies.length);
  const seen = new Int32Array(holders.length);
  const count = (index, change) => {
    for (const shingle of shingles[index]) {
      const before = seen[shingle];
      seen[shingle] += change;
      if ((before === 0) === (seen[shingle] === 0)) continue;
      for (const other of holders[shingle]) score[other] += change;
    }
  };
  const order = [];
  let visible = 0;
  let oldest = 0;
  for (const group of candidates) {
    const left = new Set(group);
    while (left.size > 0) {
      let best = -1;
      let most = -1;
      for (const index of left) {
        const value = score[index] / (bodies[index].length + overhead);
        if (value > most) [best, most] = [index, value];
      }
      left.delete(best);
      order.push(best);
      count(best, 1);
      visible += bodies[best].length;
      while (visible > window) {
        visible -= bodies[order[oldest]].length;
        count(order[oldest++], -1);
      }
    }
  }
  return order;
}

// Writing ------------------------------------------------------------------------------------------

const sized = (content) => Buffer.concat([Buffer.from(leb(content.length)), content]);
const counted = (parts) => Buffer.concat([Buffer.from(leb(parts.length)), ...parts]);

function renumberBody(body, calls, numberOf) {
  const parts = [];
  let at = 0;
  for (const { from, to, number } of calls) {
    parts.push(body.subarray(at, from), Buffer.from(leb(numberOf(number))));
    at = to;
  }
  return sized(Buffer.concat([...parts, body.subarray(at)]));
}

function renumberExports(content, numberOf) {
  const reader = new Reader(content);
  const parts = [];
  for (let left = reader.number(); left > 0; --left) {
    const name = sized(reader.part());
    const kind = reader.byte();
    const number = reader.number();
    parts.push(
      Buffer.concat([name, Buffer.from([kind, ...leb(kind === 0 ? numberOf(number) : number)])]),
    );
  }
  return counted(parts);
}

/** Only what a linker writes for its function table: active segments of plain numbers. */
function renumberElements(content, numberOf) {
  const reader = new Reader(content);
  const parts = [];
  for (let left = reader.number(); left > 0; --left) {
    const from = reader.at;
    const [kind, constant] = [reader.number(), reader.byte()];
    if (kind !== 0 || constant !== 0x41) throw new Error("order: an element segment is not known");
    reader.number();
    reader.byte(); // end
    const head = content.subarray(from, reader.at);
    const functions = [];
    for (let i = reader.number(); i > 0; --i)
      functions.push(Buffer.from(leb(numberOf(reader.number()))));
    parts.push(Buffer.concat([head, counted(functions)]));
  }
  return counted(parts);
}

/** The file with its functions in a better order. Names of functions, were there any, would be lost. */
export function orderFunctions(file) {
  const sections = sectionsOf(file);
  const find = (id) => sections.find((section) => section.id === id)?.content ?? Buffer.from([0]);
  const imported = importedFunctions(find(importId));
  const code = new Reader(find(codeId));
  const bodies = Array.from({ length: code.number() }, () => Buffer.from(code.part()));
  const types = new Reader(find(functionId));
  const typeOf = Array.from({ length: types.number() }, () => Buffer.from(leb(types.number())));
  const calls = bodies.map(readBody);

  const written = (order) => {
    const place = new Int32Array(bodies.length);
    order.forEach((index, at) => (place[index] = at));
    const numberOf = (number) => (number < imported ? number : imported + place[number - imported]);
    const rewrite = {
      [functionId]: () => counted(order.map((index) => typeOf[index])),
      [exportId]: (content) => renumberExports(content, numberOf),
      [startId]: (content) => Buffer.from(leb(numberOf(new Reader(content).number()))),
      [elementId]: (content) => renumberElements(content, numberOf),
      [codeId]: () =>
        counted(order.map((index) => renumberBody(bodies[index], calls[index], numberOf))),
    };
    const kept = sections.filter(({ id }) => id !== customId);
    const parts = kept.map(({ id, content }) =>
      Buffer.concat([Buffer.from([id]), sized(rewrite[id]?.(content) ?? content)]),
    );
    return Buffer.concat([file.subarray(0, 8), ...parts]);
  };

  const uses = new Int32Array(bodies.length);
  for (const { number } of calls.flat()) if (number >= imported) ++uses[number - imported];
  const byUse = Array.from(bodies.keys()).sort((a, b) => uses[b] - uses[a] || a - b);
  const candidates = [byUse.slice(0, shortNumbers), byUse.slice(shortNumbers)];
  let best;
  for (const { shingleSize, overhead } of attempts) {
    const order = byLikeness(bodies, candidates, shinglesOf(bodies, shingleSize), overhead);
    const output = written(order);
    const size = gzipSync(output, { level: 9 }).length;
    if (best === undefined || size < best.size) best = { size, output };
  }
  return best.output;
}
