/**
 * Tensors in ONNX models: `TensorProto` of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 *
 * @module
 */
import { bitsOf, type FileBytes, type TensorDType } from '@fletch/data';
import { type Refuse, utf8Text } from '../reader.js';
import { fieldsIn, packedVarints } from './fields.js';

/** Types by their number in the file. */
const types: Readonly<Record<number, TensorDType>> = {
  1: 'F32',
  2: 'U8',
  3: 'I8',
  4: 'U16',
  5: 'I16',
  6: 'I32',
  7: 'I64',
  9: 'BOOL',
  10: 'F16',
  11: 'F64',
  12: 'U32',
  13: 'U64',
  14: 'C64',
  16: 'BF16',
  17: 'F8_E4M3',
  18: 'F8_E4M3FNUZ',
  19: 'F8_E5M2',
  20: 'F8_E5M2FNUZ',
  24: 'F8_E8M0',
};

/** Bytes of numbers that are written as varints. */
const MAX_VARINTS = 2 ** 24;

/** Texts: no weights. */
const STRING = 8;

/** Axes of a tensor, and bytes of its name. */
const [MAX_AXES, MAX_NAME] = [32, 4096];

/** A piece of a file. */
export interface Piece {
  readonly begin: number;
  readonly end: number;
}

/** Values in another file. */
export interface ExternalData {
  readonly location: string;
  readonly offset: number;
  /** Bytes; absent when the shape says it. */
  readonly length?: number;
}

/** A tensor, before its numbers are read. */
export interface OnnxTensor {
  readonly name: string;
  readonly dtype: TensorDType;
  readonly shape: readonly number[];
  /** Bytes as they would lie in memory. */
  readonly size: number;
  /** Where they are: bytes in pieces, numbers written as varints, or another file. */
  readonly content:
    | { readonly kind: 'bytes'; readonly pieces: readonly Piece[] }
    | { readonly kind: 'varints'; readonly pieces: readonly Piece[] }
    | { readonly kind: 'external'; readonly file: ExternalData };
}

const FIELD = {
  dims: 1,
  type: 2,
  float: 4,
  int32: 5,
  int64: 7,
  name: 8,
  raw: 9,
  double: 10,
  uint64: 11,
  external: 13,
  location: 14,
} as const;

/** Lists of numbers of which types: those of fixed size lie as in memory, the others are varints. */
const typedLists: Readonly<Record<number, readonly TensorDType[]>> = {
  [FIELD.float]: ['F32', 'C64'],
  [FIELD.double]: ['F64'],
  [FIELD.int32]: [
    'I32',
    'I16',
    'I8',
    'U16',
    'U8',
    'BOOL',
    'F16',
    'BF16',
    'F8_E4M3',
    'F8_E4M3FNUZ',
    'F8_E5M2',
    'F8_E5M2FNUZ',
    'F8_E8M0',
  ],
  [FIELD.int64]: ['I64'],
  [FIELD.uint64]: ['U64', 'U32'],
};

/**
 * Reads what a tensor's message says, and where its numbers are; null for texts.
 *
 * @throws what `refuse` makes, for a message that is damaged or whose numbers do not fill its shape
 */
export async function readOnnxTensor(
  bytes: FileBytes,
  at: Piece,
  refuse: Refuse,
): Promise<OnnxTensor | null> {
  const dims: bigint[] = [];
  let [name, type, external] = ['', 0, false];
  const pieces = new Map<number, Piece[]>();
  const places = new Map<string, string>();
  for await (const { field, value, begin, end } of fieldsIn(bytes, refuse, at.begin, at.end)) {
    const content = () => bytes.read(begin, end - begin);
    if (field === FIELD.dims)
      if (value !== undefined) dims.push(value);
      else if (end - begin > 10 * MAX_AXES) throw refuse('a tensor claims to have too many axes');
      else dims.push(...packedVarints(await content(), refuse));
    else if (field === FIELD.type) type = Number(value ?? 0n);
    else if (field === FIELD.name) name = await readName(bytes, { begin, end }, refuse);
    else if (field === FIELD.location) external = value === 1n;
    else if (field === FIELD.external) {
      const [key, text] = await readPair(bytes, { begin, end }, refuse);
      places.set(key, text);
    } else if (field === FIELD.raw || field in typedLists)
      pieces.set(field, [...(pieces.get(field) ?? []), { begin, end }]);
    if (dims.length > MAX_AXES)
      throw refuse(`the tensor "${name}" claims to have more than ${MAX_AXES} axes`);
  }
  if (type === STRING) return null;
  const of = `the tensor "${name.slice(0, 200)}"`;
  if (name === '' || name === '__proto__') throw refuse(`a tensor has the name "${name}"`);
  const dtype = types[type];
  if (dtype === undefined) throw refuse(`the type of ${of} is ${type}, which is not known`);
  const shape = dims.map(Number);
  const size = shape.reduce((product, one) => product * one, bitsOf(dtype) / 8);
  if (!Number.isSafeInteger(size) || shape.some((one) => one > Number.MAX_SAFE_INTEGER))
    throw refuse(`the sizes of ${of} are ${dims.join(' × ')}: more than there are bytes`);
  const facts = { name, dtype, shape, size };
  if (external || places.size > 0)
    return { ...facts, content: { kind: 'external', file: externalData(places, of, refuse) } };
  return { ...facts, content: inside(pieces, facts, of, refuse) };
}

function inside(
  pieces: ReadonlyMap<number, readonly Piece[]>,
  { dtype, size }: { readonly dtype: TensorDType; readonly size: number },
  of: string,
  refuse: Refuse,
): OnnxTensor['content'] {
  if (pieces.size > 1) throw refuse(`${of} has its numbers twice`);
  const [[field, found] = [FIELD.raw, []]] = pieces;
  if (field !== FIELD.raw && !typedLists[field]?.includes(dtype))
    throw refuse(`${of} is ${dtype}, but its numbers are written as another type`);
  const length = found.reduce((sum, { begin, end }) => sum + end - begin, 0);
  const varints = field === FIELD.int32 || field === FIELD.int64 || field === FIELD.uint64;
  if (!varints && length !== size) throw refuse(`${of} has ${length} bytes, its shape and type need ${size}`);
  if (varints && length > MAX_VARINTS)
    throw refuse(
      `${of} has ${length} bytes of numbers one by one: at most ${MAX_VARINTS} are read. Save it with raw_data`,
    );
  if (varints && length < size / (bitsOf(dtype) / 8))
    throw refuse(`${of} has ${length} bytes of numbers, too few for its shape`);
  return { kind: varints ? 'varints' : 'bytes', pieces: found };
}

function externalData(places: ReadonlyMap<string, string>, of: string, refuse: Refuse): ExternalData {
  const location = places.get('location');
  if (location === undefined) throw refuse(`${of} is in another file, which is not named`);
  const whole = (key: string) => {
    const text = places.get(key);
    if (text === undefined) return undefined;
    if (/^\d{1,15}$/.test(text)) return Number(text);
    throw refuse(
      `the ${key} of ${of} in ${location.slice(0, 80)} is "${text.slice(0, 40)}", no whole number`,
    );
  };
  const length = whole('length');
  return { location, offset: whole('offset') ?? 0, ...(length !== undefined && { length }) };
}

async function readName(bytes: FileBytes, { begin, end }: Piece, refuse: Refuse): Promise<string> {
  if (end - begin > MAX_NAME) throw refuse(`a name has ${end - begin} bytes: at most ${MAX_NAME} are read`);
  const text = utf8Text(await bytes.read(begin, end - begin));
  if (text === null) throw refuse('a name is no UTF-8');
  return text;
}

/** A message of a key and a value (`StringStringEntryProto`). */
export async function readPair(
  bytes: FileBytes,
  at: Piece,
  refuse: Refuse,
): Promise<[key: string, value: string]> {
  const pair: [string, string] = ['', ''];
  for await (const { field, value, begin, end } of fieldsIn(bytes, refuse, at.begin, at.end))
    if (value === undefined && (field === 1 || field === 2))
      pair[field - 1] = await readName(bytes, { begin, end }, refuse);
  return pair;
}

/** Numbers that were written as varints, as they would lie in memory. */
export function bytesOfVarints(
  content: Uint8Array,
  { name, dtype, size }: OnnxTensor,
  refuse: Refuse,
): Uint8Array {
  const values = packedVarints(content, refuse);
  const each = bitsOf(dtype) / 8;
  if (values.length * each !== size)
    throw refuse(`the tensor "${name}" has ${values.length} numbers, its shape needs ${size / each}`);
  const bytes = Buffer.alloc(size);
  for (const [i, value] of values.entries()) {
    // Two's complement of 64 bits: the lowest bytes are the number's own.
    for (let k = 0; k < each; k++) bytes[i * each + k] = Number((value >> BigInt(8 * k)) & 0xffn);
  }
  return bytes;
}
