/**
 * The head of a safetensors file: which tensors there are, and where.
 *
 * @module
 */
import { bitsOf, isTensorDType, type TensorDType } from './dtypes.js';
import { broken, type SafetensorsRule } from './rules.js';
import { parseStrictJson } from './strict-json.js';

/** Bytes of a header, unless more are allowed: what other readers in JavaScript allow. */
export const defaultMaxHeader = 25_000_000;

/** Bytes of a header that the format allows. */
export const formatMaxHeader = 100_000_000;

/** Tensors of one file. */
const MAX_TENSORS = 500_000;

/** A size of one dimension. */
const MAX_DIMENSION = 2 ** 32 - 1;

/** What a file says of a tensor. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: TensorDType;
  /** Sizes of its dimensions; none for a scalar. */
  readonly shape: readonly number[];
  /** Where its bytes begin, counted from the first tensor. */
  readonly begin: number;
  /** Where they end. */
  readonly end: number;
}

/** The head of a file. */
export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  /** By where they lie. */
  readonly tensors: readonly TensorInfo[];
}

/**
 * The length of the header, from the first 8 bytes.
 *
 * @throws FletchError `INVALID_INPUT_FILE`
 */
export function headerLength(
  head: Uint8Array,
  fileSize: number,
  file: string,
  limit: number = defaultMaxHeader,
): number {
  if (fileSize < 8 || head.length < 8)
    throw broken(file, 'LENGTH', `it has ${fileSize} bytes, and the length of the header alone takes 8`);
  const length = new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(fileSize - 8))
    throw broken(
      file,
      'HEADER_IN_FILE',
      `its header would have ${length} bytes, but only ${fileSize - 8} follow: it was cut off or is damaged`,
    );
  if (length > BigInt(Math.min(limit, formatMaxHeader)))
    throw broken(file, 'HEADER_LIMIT', `its header has ${length} bytes, more than ${limit} are not read`);
  if (length < 2n) throw broken(file, 'FIRST_BYTE', `its header has ${length} bytes`);
  return Number(length);
}

type Refuse = (rule: SafetensorsRule, what: string, cause?: unknown) => Error;

/**
 * Reads a header and checks every rule of the format.
 *
 * @param dataSize - bytes of the file behind the header
 * @throws FletchError `INVALID_INPUT_FILE`, `details.rule` says which {@link SafetensorsRule} is broken
 */
export function parseHeader(bytes: Uint8Array, dataSize: number, file: string): SafetensorsHeader {
  const refuse: Refuse = (rule, what, cause) => broken(file, rule, what, cause);
  if (bytes[0] !== 0x7b) throw refuse('FIRST_BYTE', 'its header does not begin with {');
  let last = bytes.length - 1;
  while (bytes[last] === 0x20) last--;
  if (bytes[last] !== 0x7d)
    throw refuse(
      'PADDING',
      `its header ends with the byte ${bytes[last]}: only spaces may follow the last }`,
    );
  const root = parseStrictJson(bytes, (fault, what, cause) =>
    refuse(fault, `of its header, ${what}`, cause),
  ) as Record<string, unknown>;
  const names = Object.keys(root);
  if (names.length > MAX_TENSORS)
    throw refuse('COUNT', `it holds ${names.length} tensors, more than ${MAX_TENSORS} are not read`);
  let metadata: Readonly<Record<string, string>> = {};
  const tensors: TensorInfo[] = [];
  for (const name of names) {
    checkName(name, refuse);
    if (name === '__metadata__') metadata = readMetadata(root[name], refuse);
    else tensors.push(readInfo(name, root[name], refuse));
  }
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkLayout(tensors, dataSize, refuse);
  return { metadata, tensors };
}

function checkName(name: string, refuse: Refuse): void {
  if (name === '__proto__') throw refuse('NAME', 'a key is called "__proto__"');
  if (/\p{Surrogate}/u.test(name))
    throw refuse('NAME', `the key ${JSON.stringify(name)} is no well-formed text`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readMetadata(value: unknown, refuse: Refuse): Readonly<Record<string, string>> {
  if (!isObject(value)) throw refuse('METADATA', '__metadata__ is no object');
  for (const [key, text] of Object.entries(value)) {
    checkName(key, refuse);
    if (typeof text !== 'string')
      throw refuse('METADATA', `"${key}" of __metadata__ is ${JSON.stringify(text)?.slice(0, 60)}, no text`);
  }
  return value as Readonly<Record<string, string>>;
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function readInfo(name: string, value: unknown, refuse: Refuse): TensorInfo {
  const of = `of the tensor ${JSON.stringify(name.slice(0, 200))}`;
  if (!isObject(value)) throw refuse('FIELDS', `the entry ${of} is no object`);
  const { dtype, shape, data_offsets: offsets } = value;
  const unknown = Object.keys(value).find(
    (key) => key !== 'dtype' && key !== 'shape' && key !== 'data_offsets',
  );
  if (unknown !== undefined) throw refuse('FIELDS', `the entry ${of} has an unknown field "${unknown}"`);
  if (!isTensorDType(dtype))
    throw refuse('DTYPE', `the type ${of} is ${JSON.stringify(dtype)?.slice(0, 60)}, which is not known`);
  const bytes = byteSize(dtype, shape);
  if (typeof bytes === 'string') throw refuse('SHAPE', `the shape ${of} ${bytes}`);
  const [begin, end] = Array.isArray(offsets) && offsets.length === 2 ? (offsets as unknown[]) : [];
  if (!isWhole(begin) || !isWhole(end) || begin > end)
    throw refuse('OFFSETS', `the offsets ${of} are ${JSON.stringify(offsets)?.slice(0, 80)}`);
  if (end - begin !== bytes)
    throw refuse('SIZE', `the offsets ${of} span ${end - begin} bytes, its shape and type need ${bytes}`);
  return { name, dtype, shape: shape as readonly number[], begin, end };
}

/** Bytes of a tensor, or what is wrong with its shape. */
export function byteSize(dtype: TensorDType, shape: unknown): number | string {
  if (!Array.isArray(shape) || !shape.every((size) => isWhole(size) && size <= MAX_DIMENSION))
    return `is ${JSON.stringify(shape)?.slice(0, 80)}, not a list of whole numbers below 2^32`;
  let bits = bitsOf(dtype);
  // A zero makes it empty, wherever it stands.
  if (shape.includes(0)) return 0;
  for (const size of shape) {
    bits *= size;
    if (bits > Number.MAX_SAFE_INTEGER) return 'needs more bytes than there are';
  }
  return bits % 8 === 0 ? bits / 8 : `needs ${bits} bits, which end inside a byte`;
}

function checkLayout(tensors: readonly TensorInfo[], dataSize: number, refuse: Refuse): void {
  let expected = 0;
  for (const { name, begin, end } of tensors) {
    if (begin !== expected)
      throw refuse(
        'CONTIGUOUS',
        `the tensor ${JSON.stringify(name.slice(0, 200))} begins at ${begin}, but the one before it ends at ${expected}: they overlap or leave a hole`,
      );
    expected = end;
  }
  if (expected !== dataSize)
    throw refuse(
      'FILE_END',
      `its tensors end at ${expected}, its bytes at ${dataSize}: it was cut off, or something was appended`,
    );
}
