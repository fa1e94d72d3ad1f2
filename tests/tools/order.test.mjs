// wasm/order.mjs puts a module's functions in another order: what they are, and do, must not change.
import assert from "node:assert/strict";
import { test } from "node:test";
import { orderFunctions } from "../../wasm/order.mjs";

const leb = (value) => (value < 128 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)]);
const counted = (parts) => [...leb(parts.length), ...parts.flat()];
const section = (id, content) => [id, ...leb(content.length), ...content];
const text = (name) => counted([...Buffer.from(name)].map((byte) => [byte]));
const [localGet, constant, add, call, callIndirect, end] = [0x20, 0x41, 0x6a, 0x10, 0x11, 0x0b];

/**
 * `count` functions i32 -> i32 after one imported: number k adds k to what number k - 1 makes of its
 * argument, the first to what the host does. All are exported ("f0", ...) and in the table, and "table"
 * calls the table's last one. `favourite`: all but that one call it, and not the one before.
 */
function chain(count, favourite = false) {
  const bodies = Array.from({ length: count }, (_, k) => {
    const callee = favourite && k + 1 < count ? count : k;
    return [0, localGet, 0, call, ...leb(callee), constant, k % 64, add, end];
  });
  bodies.push([0, localGet, 0, constant, ...signed(count - 1), callIndirect, 0, 0, end]);
  const numbers = Array.from({ length: count }, (_, k) => leb(k + 1));
  const exports = numbers.map((number, k) => [...text(`f${k}`), 0, ...number]);
  exports.push([...text("table"), 0, ...leb(count + 1)], [...text("memory"), 2, 0]);
  return Buffer.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, 0x7f, 1, 0x7f]),
    ...section(2, [1, ...text("env"), ...text("host"), 0, 0]),
    ...section(3, counted(bodies.map(() => [0]))),
    ...section(4, [1, 0x70, 0, ...leb(count)]),
    ...section(5, [1, 0, 1]),
    ...section(7, counted(exports)),
    ...section(9, [1, 0, constant, 0, end, ...counted(numbers)]),
    ...section(10, counted(bodies.map((body) => [...leb(body.length), ...body]))),
    ...section(0, [...text("name"), 1, 2, 3]),
  ]);
}

/** LEB128 of a number of at least 0, signed: its highest bit is kept free. */
const signed = (value) => (value < 64 ? [value] : [(value & 0x7f) | 0x80, ...signed(value >>> 7)]);

const start = async (bytes) =>
  (await WebAssembly.instantiate(bytes, { env: { host: (x) => 2 * x } })).instance.exports;

for (const count of [1, 5, 300]) {
  test(`${count} functions that call one another do what they did, by name and by table`, async () => {
    const before = chain(count);
    const after = orderFunctions(before);
    const [old, ordered] = [await start(before), await start(after)];
    for (let k = 0; k < count; ++k) assert.equal(ordered[`f${k}`](7), old[`f${k}`](7), `f${k}`);
    assert.equal(old.table(7), old[`f${count - 1}`](7));
    assert.equal(ordered.table(7), old.table(7));
    assert.deepEqual(Object.keys(ordered), Object.keys(old));
  });
}

test("names of functions, which would no longer fit, are left out", async () => {
  const sections = WebAssembly.Module.customSections;
  const before = await WebAssembly.compile(chain(5));
  assert.equal(sections(before, "name").length, 1);
  assert.equal(sections(await WebAssembly.compile(orderFunctions(chain(5))), "name").length, 0);
});

test("the function that is called most gets a number of one byte", () => {
  const bytes = chain(300, true);
  assert.ok(orderFunctions(bytes).length <= bytes.length - 299);
});

test("loads and stores announce their natural alignment, and read and write what they did", async () => {
  const [load, store] = [0x29, 0x37]; // i64: their natural alignment is 2^3
  const body = [0, constant, 8, constant, 8, load, 0, 1, store, 1, 2, localGet, 0, end];
  const file = (bytes) =>
    Buffer.from([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, [1, 0x60, 1, 0x7f, 1, 0x7f]),
      ...section(3, [1, 0]),
      ...section(5, [1, 0, 1]),
      ...section(7, [2, ...text("copy"), 0, 0, ...text("memory"), 2, 0]),
      ...section(10, counted([[...leb(bytes.length), ...bytes]])),
    ]);
  const after = orderFunctions(file(body));
  const aligned = [0, constant, 8, constant, 8, load, 3, 1, store, 3, 2, localGet, 0, end];
  assert.deepEqual([...after], [...file(aligned)]);
  const { copy, memory } = await start(after);
  new DataView(memory.buffer).setBigInt64(9, 12345678901234n, true);
  assert.equal(copy(5), 5);
  assert.equal(new DataView(memory.buffer).getBigInt64(10, true), 12345678901234n);
});

test("an instruction that it cannot read is refused, not passed on", () => {
  const bytes = chain(1);
  bytes[bytes.indexOf(Buffer.from([constant, 0, add, end])) + 2] = 0xfd; // SIMD
  assert.throws(() => orderFunctions(bytes), /instruction 0xfd is not known/);
});

test("an import that is no function is refused", () => {
  const bytes = Buffer.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(2, [1, ...text("env"), ...text("memory"), 2, 0, 1]),
  ]);
  assert.throws(() => orderFunctions(bytes), /only functions may be imported, got kind 2/);
});
