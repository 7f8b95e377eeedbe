/**
 * The header of NumPy's `.npy`: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { type Bytes, invalidFile } from '../bytes.js';
import { type ElementType, elements } from '../elements.js';

/** What precedes the version. */
export const npyMagic = Buffer.from('\x93NUMPY', 'latin1');

/** Headers describe one array; NumPy itself reads no more than 10,000 bytes. */
const MAX_HEADER = 65_536;

export interface NpyHeader {
  /** NumPy's code without the byte order: `f4`, `i8`, `U36`. */
  readonly code: string;
  readonly bigEndian: boolean;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Where the data begins. */
  readonly start: number;
}

/**
 * Reads the header and nothing else.
 *
 * @throws FletchError `INVALID_INPUT_FILE`; `UNSAFE_FORMAT` for an array of pickled objects
 */
export async function readNpyHeader(bytes: Bytes): Promise<NpyHeader> {
  const fixed = await bytes.read(0, Math.min(12, bytes.size));
  if (fixed.length < 10 || !fixed.subarray(0, 6).equals(npyMagic))
    throw invalidFile(bytes.name, 'it does not begin as a .npy file does (\\x93NUMPY).', { offset: 0 });
  const major = fixed[6]!;
  if (major < 1 || major > 3)
    throw invalidFile(bytes.name, `its .npy version is ${major}.${fixed[7]}, known are 1.0, 2.0 and 3.0.`);
  const [length, at] =
    major === 1 ? [fixed.readUInt16LE(8), 10] : [fixed.length < 12 ? 0 : fixed.readUInt32LE(8), 12];
  if (length > MAX_HEADER)
    throw invalidFile(bytes.name, `its header would have ${length} bytes, more than ${MAX_HEADER}.`, {
      offset: 8,
    });
  const text = (await bytes.read(at, length)).toString(major === 3 ? 'utf8' : 'latin1');
  return { ...parseHeader(text, bytes.name), start: at + length };
}

/** The header is a Python dictionary of three keys; anything else in it is refused rather than evaluated. */
function parseHeader(text: string, file: string): Omit<NpyHeader, 'start'> {
  const wrong = (): FletchError =>
    invalidFile(file, `its header is not that of one plain array: ${JSON.stringify(text.slice(0, 120))}.`);
  const body = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (body === undefined) throw wrong();
  const fields = new Map<string, string>();
  const entry =
    /\s*'(descr|fortran_order|shape)'\s*:\s*('[^']*'|True|False|\([0-9L,\s]*\)|\[.*\])\s*(?:,\s*|$)/sy;
  let end = 0;
  for (let found = entry.exec(body); found; found = entry.exec(body)) {
    if (fields.has(found[1]!)) throw wrong();
    fields.set(found[1]!, found[2]!);
    end = entry.lastIndex;
    if (end === body.length) break;
  }
  if (end !== body.length) throw wrong();
  const descr = fields.get('descr');
  const order = fields.get('fortran_order');
  const shape = fields.get('shape');
  if (fields.size !== 3 || !descr || !shape?.startsWith('(') || !/^(True|False)$/.test(order ?? ''))
    throw wrong();
  if (descr.startsWith('['))
    throw invalidFile(file, 'it holds records with named fields: save the array of vectors alone.');
  return {
    ...parseType(descr.slice(1, -1), file),
    fortran: order === 'True',
    shape: parseShape(shape, wrong),
  };
}

function parseType(descr: string, file: string): Pick<NpyHeader, 'code' | 'bigEndian'> {
  const [, order = '', code = ''] = /^([<>=|]?)([a-zA-Z]\d*)$/.exec(descr) ?? [];
  if (code === 'O' || code === 'O8')
    throw new FletchError(
      'UNSAFE_FORMAT',
      `${file} holds pickled Python objects, and reading them would run the program in them. Save plain numbers: ` +
        'numpy.save(path, array.astype("float32")).',
      { details: { file } },
    );
  if (code === '') throw invalidFile(file, `its elements are of the unknown type ${JSON.stringify(descr)}.`);
  return { code: code === 'b1' ? 'u1' : code, bigEndian: order === '>' };
}

function parseShape(text: string, wrong: () => FletchError): number[] {
  const sizes = text
    .slice(1, -1)
    .split(',')
    .map((part) => part.trim().replace(/L$/, ''))
    .filter((part) => part !== '');
  const shape = sizes.map(Number);
  if (sizes.some((part) => !/^\d+$/.test(part)) || shape.some((size) => !Number.isSafeInteger(size)))
    throw wrong();
  return shape;
}

/** The numbers of the array. Throws `INVALID_INPUT_FILE` when they are none that vectors consist of. */
export function numberType({ code, bigEndian }: NpyHeader, file: string): ElementType {
  const key = bigEndian && !/1$/.test(code) ? `${code}>` : code;
  const known: Readonly<Record<string, ElementType>> = elements;
  if (Object.hasOwn(known, key)) return known[key]!;
  throw invalidFile(file, `its elements are of type ${code}: vectors are of f2, f4, f8, or integers.`);
}
