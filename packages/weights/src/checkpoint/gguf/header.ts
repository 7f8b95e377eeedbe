/**
 * The head of a GGUF file: what it says of the model, and where its tensors lie.
 *
 * Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (versions 2 and 3, little-endian)
 *
 * @module
 */
import type { FileBytes } from '@fletch/data';
import { elementCount } from '../checkpoint.js';
import { Reader, type Refuse, utf8Text } from '../reader.js';
import { type GgufType, ggufTypes } from './types.js';

/** A tensor in a GGUF file. */
export interface GgufTensor {
  readonly name: string;
  readonly type: GgufType;
  /** Rows first: the reverse of the order in the file. */
  readonly shape: readonly number[];
  /** Where its bytes begin and end in the file. */
  readonly begin: number;
  readonly end: number;
}

/** The head, read. */
export interface GgufHeader {
  readonly version: number;
  /** Values as text; long lists as their beginning and their length. */
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their bytes. */
  readonly tensors: readonly GgufTensor[];
}

/** Entries, and tensors, that a file may have. */
const MAX_COUNT = 100_000;

/** Bytes of a key, of the name of a tensor, of a text. */
const [MAX_KEY, MAX_NAME, MAX_TEXT] = [65_535, 256, 2 ** 22];

/** Axes of a tensor. */
const MAX_AXES = 4;

/** Bytes that the offsets of tensors may be aligned to. */
const MAX_ALIGNMENT = 2 ** 16;

/** Lists in lists. */
const MAX_DEPTH = 4;

/** Items of a list that are kept. */
const KEPT = 8;

/** Bytes of the values of one type, by its number: u8 i8 u16 i16 u32 i32 f32 bool; text and list have none; u64 i64 f64. */
const valueSizes = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];
const [TEXT, LIST] = [8, 9];

const readValue: readonly ((bytes: Buffer) => number | bigint | boolean)[] = [
  (bytes) => bytes.readUInt8(),
  (bytes) => bytes.readInt8(),
  (bytes) => bytes.readUInt16LE(),
  (bytes) => bytes.readInt16LE(),
  (bytes) => bytes.readUInt32LE(),
  (bytes) => bytes.readInt32LE(),
  (bytes) => bytes.readFloatLE(),
  (bytes) => bytes.readUInt8() !== 0,
  () => 0,
  () => 0,
  (bytes) => bytes.readBigUInt64LE(),
  (bytes) => bytes.readBigInt64LE(),
  (bytes) => bytes.readDoubleLE(),
];

/**
 * Reads the head.
 *
 * @param maxHeader - bytes that it may have
 * @param refuse - makes the error of a file that breaks a rule
 */
export async function readGgufHeader(
  bytes: FileBytes,
  maxHeader: number,
  refuse: Refuse,
): Promise<GgufHeader> {
  const reader = new Reader(bytes, refuse, 0, Math.min(bytes.size, maxHeader));
  if ((await reader.take(4)).toString('latin1') !== 'GGUF') throw refuse('it does not begin with "GGUF"');
  const version = await reader.u32();
  if (version !== 2 && version !== 3)
    throw refuse(
      version > 0xffff
        ? 'it is in big-endian order, which is not read'
        : `its version is ${version}: 2 and 3 are read. Convert it with a newer llama.cpp`,
    );
  const [tensorCount, entryCount] = [
    await reader.size('the number of tensors'),
    await reader.size('the number of entries'),
  ];
  checkCount(tensorCount, MAX_COUNT, reader, 24, 'tensors', refuse);
  checkCount(entryCount, MAX_COUNT, reader, 13, 'entries', refuse);
  const metadata = new Map<string, string>();
  for (let i = 0; i < entryCount; i++) {
    const key = await readText(reader, MAX_KEY, `the key ${i}`, refuse);
    if (metadata.has(key)) throw refuse(`the key "${key}" stands twice`);
    if (key === '__proto__') throw refuse('a key is "__proto__"');
    metadata.set(key, await readEntry(reader, await reader.u32(), `"${key.slice(0, 80)}"`, refuse));
  }
  const tensors: Omit<GgufTensor, 'end'>[] = [];
  for (let i = 0; i < tensorCount; i++) tensors.push(await readTensor(reader, i, refuse));
  const alignment = alignmentOf(metadata, refuse);
  const start = Math.ceil(reader.offset / alignment) * alignment;
  return {
    version,
    metadata: Object.fromEntries(metadata),
    tensors: placed(tensors, { start, alignment, size: bytes.size }, refuse),
  };
}

/** Refuses counts before anything is made of them: each of what is counted has at least `each` bytes. */
function checkCount(
  count: number,
  most: number,
  reader: Reader,
  each: number,
  what: string,
  refuse: Refuse,
): void {
  if (count > most) throw refuse(`it claims to have ${count} ${what}: at most ${most} are read`);
  if (count * each > reader.left)
    throw refuse(`it claims to have ${count} ${what}, for which its ${reader.left} bytes are too few`);
}

async function readText(reader: Reader, most: number, what: string, refuse: Refuse): Promise<string> {
  const length = await reader.size(`the length of ${what}`);
  if (length > most) throw refuse(`${what} claims to have ${length} bytes: at most ${most} are read`);
  const text = utf8Text(await reader.take(length));
  if (text === null) throw refuse(`${what} is no UTF-8`);
  return text;
}

async function readEntry(reader: Reader, type: number, what: string, refuse: Refuse): Promise<string> {
  if (type === TEXT) return readText(reader, MAX_TEXT, `the value of ${what}`, refuse);
  if (type === LIST) return readList(reader, what, refuse, 0);
  const size = valueSizes[type];
  if (size === undefined) throw refuse(`the type of ${what} is ${type}, which is not known`);
  return String(readValue[type]!(await reader.take(size)));
}

/** Its beginning, as JSON, and how long it is when there is more. */
async function readList(reader: Reader, what: string, refuse: Refuse, depth: number): Promise<string> {
  if (depth > MAX_DEPTH) throw refuse(`${what} has lists in lists, more than ${MAX_DEPTH} deep`);
  const type = await reader.u32();
  const count = await reader.size(`the length of ${what}`);
  const size = valueSizes[type];
  if (size === undefined) throw refuse(`the type of the items of ${what} is ${type}, which is not known`);
  checkCount(
    count,
    Number.MAX_SAFE_INTEGER,
    reader,
    size || (type === TEXT ? 8 : 12),
    `items of ${what}`,
    refuse,
  );
  const shown: string[] = [];
  for (let i = 0; i < (size > 0 ? Math.min(count, KEPT) : count); i++)
    if (type === LIST) shown.push(await readList(reader, what, refuse, depth + 1));
    else if (type === TEXT && i >= KEPT) reader.skip(await reader.size(`the length of an item of ${what}`));
    else {
      const text = await readEntry(reader, type, `an item of ${what}`, refuse);
      shown.push(type === TEXT ? JSON.stringify(text) : text);
    }
  if (size > 0 && count > KEPT) reader.skip((count - KEPT) * size);
  const more = count > KEPT ? `, … ${count} in all` : '';
  return `[${shown.slice(0, KEPT).join(', ')}${more}]`;
}

async function readTensor(reader: Reader, i: number, refuse: Refuse): Promise<Omit<GgufTensor, 'end'>> {
  const name = await readText(reader, MAX_NAME, `the name of the tensor ${i}`, refuse);
  if (name === '' || name === '__proto__') throw refuse(`the tensor ${i} has the name "${name}"`);
  const axes = await reader.u32();
  if (axes > MAX_AXES)
    throw refuse(`the tensor "${name}" claims to have ${axes} axes: at most ${MAX_AXES} are known`);
  const sizes: number[] = [];
  for (let axis = 0; axis < axes; axis++) sizes.push(await reader.size(`a size of "${name}"`));
  const code = await reader.u32();
  const type = ggufTypes.get(code);
  if (!type) throw refuse(`the type of the tensor "${name}" is ${code}, which is not known`);
  if (sizes.reduce((product, size) => product * Math.max(1, size), 1) > Number.MAX_SAFE_INTEGER / 8)
    throw refuse(`the tensor "${name}" has the sizes ${sizes.join(' × ')}: more than there are bytes`);
  if ((sizes[0] ?? 1) % type.block !== 0)
    throw refuse(
      `a row of "${name}" has ${sizes[0]} numbers, which are no whole blocks of ${type.block} (${type.name})`,
    );
  return { name, type, shape: sizes.reverse(), begin: await reader.size(`the offset of "${name}"`) };
}

function alignmentOf(metadata: ReadonlyMap<string, string>, refuse: Refuse): number {
  const given = metadata.get('general.alignment');
  if (given === undefined) return 32;
  const alignment = Number(given);
  if (Number.isInteger(alignment) && alignment >= 8 && alignment <= MAX_ALIGNMENT && alignment % 8 === 0)
    return alignment;
  throw refuse(`general.alignment is ${given.slice(0, 40)}, no multiple of 8 up to ${MAX_ALIGNMENT}`);
}

/** Tensors with their places in the file: inside of it, aligned, none over another. */
function placed(
  tensors: readonly Omit<GgufTensor, 'end'>[],
  { start, alignment, size }: { readonly start: number; readonly alignment: number; readonly size: number },
  refuse: Refuse,
): GgufTensor[] {
  const names = new Set<string>();
  const found = tensors.map(({ name, type, shape, begin }) => {
    if (names.has(name)) throw refuse(`the tensor "${name}" stands twice`);
    names.add(name);
    if (begin % alignment !== 0)
      throw refuse(`"${name}" begins at ${begin}, which is not aligned to ${alignment}`);
    const length = (elementCount(shape) / type.block) * type.bytes;
    const at = start + begin;
    if (at + length > size)
      throw refuse(
        `"${name}" would end at ${at + length}, but the file ends at ${size}: it was cut off, or its header lies`,
      );
    return { name, type, shape, begin: at, end: at + length };
  });
  found.sort((a, b) => a.begin - b.begin || a.end - b.end);
  for (const [i, { name, begin }] of found.entries())
    if (i > 0 && begin < found[i - 1]!.end) throw refuse(`"${name}" overlaps "${found[i - 1]!.name}"`);
  return found;
}
