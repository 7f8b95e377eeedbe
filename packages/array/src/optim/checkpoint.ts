/**
 * Saves trees of arrays bit for bit, in the safetensors format (https://github.com/huggingface/safetensors).
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { FletchError, replaceFile } from '@fletch/base';
import { type DType, dtypes } from '../core/dtype.js';
import { NDArray } from '../core/ndarray.js';
import { sizeOf } from '../core/shape.js';
import { type Tree, tree } from '../core/tree.js';

const names: { readonly [D in DType]: string } = {
  float32: 'F32',
  float64: 'F64',
  int32: 'I32',
  int64: 'I64',
  bool: 'BOOL',
};

/** A header longer than this is refused before it is read. */
const HEADER_LIMIT = 25_000_000;

/** The bytes of a tree of arrays; leaves are named with dots. */
export function packTree(value: unknown): Uint8Array {
  const header: Record<string, { dtype: string; shape: readonly number[]; data_offsets: [number, number] }> =
    {};
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, array] of Object.entries(tree.flatten<NDArray>(value))) {
    if (!(array instanceof NDArray))
      throw new FletchError('INVALID_ARGUMENT', `"${name}" is ${typeof array}: only arrays can be saved.`);
    const bytes = new Uint8Array(array.data.buffer, array.data.byteOffset, array.data.byteLength);
    header[name] = {
      dtype: names[array.dtype],
      shape: array.shape,
      data_offsets: [offset, offset + bytes.length],
    };
    parts.push(bytes);
    offset += bytes.length;
  }
  const text = JSON.stringify(header);
  // Data begin at a multiple of 8 bytes: every element type may be viewed in place.
  const head = new TextEncoder().encode(
    text.padEnd(Math.ceil(new TextEncoder().encode(text).length / 8) * 8),
  );
  const result = new Uint8Array(8 + head.length + offset);
  new DataView(result.buffer).setBigUint64(0, BigInt(head.length), true);
  result.set(head, 8);
  let at = 8 + head.length;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/**
 * The tree that {@link packTree} packed. The arrays own their memory.
 *
 * @throws FletchError `INVALID_INPUT_FILE` when the bytes are damaged or no such file
 */
export function unpackTree(bytes: Uint8Array): Tree<NDArray> {
  const refuse = (why: string, cause?: unknown) =>
    new FletchError('INVALID_INPUT_FILE', `These bytes are no saved tree: ${why}.`, { cause });
  if (bytes.length < 8) throw refuse(`${bytes.length} bytes are too few`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > HEADER_LIMIT || length > bytes.length - 8)
    throw refuse(`the header would take ${length} bytes`);
  let header: Record<string, Entry>;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length)));
  } catch (cause) {
    throw refuse('the header cannot be read', cause);
  }
  const start = 8 + length;
  const named: Record<string, NDArray> = Object.create(null);
  let expected = 0;
  const isCount = (n: unknown) => Number.isSafeInteger(n) && (n as number) >= 0;
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const dtype = (Object.keys(names) as DType[]).find((candidate) => names[candidate] === entry?.dtype);
    const [from, to] = entry?.data_offsets ?? [];
    if (dtype === undefined || !Array.isArray(entry.shape) || !entry.shape.every(isCount))
      throw refuse(`the entry "${name}" has no known type and shape`);
    const size = sizeOf(entry.shape);
    if (from !== expected || to !== expected + size * dtypes[dtype].bytes || to > bytes.length - start)
      throw refuse(`the data of "${name}" do not lie where they must`);
    expected = to;
    const own = new Uint8Array(bytes.subarray(start + from, start + to)).buffer;
    const made = dtypes[dtype].allocate(0).constructor as new (buffer: ArrayBufferLike) => NDArray['data'];
    named[name] = new NDArray(new made(own), entry.shape, dtype);
  }
  if (expected !== bytes.length - start)
    throw refuse(`${bytes.length - start - expected} bytes are left over`);
  return tree.unflatten(named);
}

/**
 * Writes a tree of arrays (parameters, optimizer state, counters) to a file; a crash leaves the old file whole.
 *
 * @throws FletchError `IO` or `DISK_FULL`
 */
export async function saveTree(path: string, value: unknown): Promise<void> {
  const bytes = packTree(value);
  await replaceFile(path, async (file) => {
    await file.writeFile(bytes);
  });
}

/**
 * Reads what {@link saveTree} wrote.
 *
 * @throws FletchError `NOT_FOUND` when there is no such file, `INVALID_INPUT_FILE` when it is damaged
 */
export async function loadTree(path: string): Promise<Tree<NDArray>> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new FletchError('NOT_FOUND', `${path} cannot be read.`, { cause });
  }
  return unpackTree(bytes);
}
