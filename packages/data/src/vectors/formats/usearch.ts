/**
 * Indexes of USearch (include/usearch/index_dense.hpp): the matrix of vectors, a head of 64 bytes, and the graph, whose
 * nodes hold the keys.
 *
 * @module
 */
import { type Bytes, invalidFile, openBytes } from '../bytes.js';
import { type ElementType, elements } from '../elements.js';
import { fingerprintOf } from '../fingerprint.js';
import { checkDimension, checkRoom, readRows } from '../rows.js';
import type { RowBatch, SourceDistance, VectorFormat, VectorSource } from '../types.js';
import { type KeyReader, usearchKeys } from './usearch-keys.js';

const MAGIC = Buffer.from('usearch');
const HEAD = 64;

export const usearch: VectorFormat = {
  name: 'usearch',
  title: 'index of USearch (f64, f32, f16, bf16, i8)',
  endings: ['.usearch'],
  open: openUsearch,
};

/** Kinds of scalars since version 2.10; bytes stand for values of −1 to 1. */
const scalars: ReadonlyMap<number, { element: ElementType; scale?: number }> = new Map([
  [4, { element: elements.bf16 }],
  [10, { element: elements.f8 }],
  [11, { element: elements.f4 }],
  [12, { element: elements.f2 }],
  [23, { element: elements.i1, scale: 1 / 127 }],
]);

/** What they were called before. */
const oldScalars: ReadonlyMap<number, number> = new Map([
  [4, 10],
  [5, 11],
  [6, 12],
  [14, 23],
]);

const metrics: ReadonlyMap<string, SourceDistance> = new Map([
  ['i', 'Dot'],
  ['c', 'Cosine'],
  ['e', 'Euclid'],
]);

interface Head {
  readonly rows: number;
  readonly rowBytes: number;
  readonly start: number;
  readonly end: number;
  readonly dimension: number;
  readonly element: ElementType;
  readonly scale: number | undefined;
  readonly distance: SourceDistance | undefined;
}

async function openUsearch(path: string): Promise<VectorSource> {
  const bytes = await openBytes(path);
  try {
    const head = await readHead(bytes);
    const keys = await usearchKeys(bytes, head.end, head.rows);
    return await source(bytes, head, keys);
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

/** The size of the matrix is written in 32 or in 64 bits; where the head then stands shows which. */
async function readHead(bytes: Bytes): Promise<Head> {
  const begin = await bytes.read(0, Math.min(16, bytes.size));
  if (begin.subarray(0, 7).equals(MAGIC))
    throw invalidFile(bytes.name, 'it was saved without its vectors: save the index with them.');
  const sizes: [start: number, rows: number, rowBytes: number][] = [];
  if (begin.length >= 8) sizes.push([8, begin.readUInt32LE(0), begin.readUInt32LE(4)]);
  if (begin.length >= 16)
    sizes.push([16, Number(begin.readBigUInt64LE(0)), Number(begin.readBigUInt64LE(8))]);
  for (const [start, rows, rowBytes] of sizes) {
    const end = start + rows * rowBytes;
    if (!Number.isSafeInteger(end) || end + HEAD > bytes.size) continue;
    const head = await bytes.read(end, HEAD);
    if (head.subarray(0, 7).equals(MAGIC))
      return { rows, rowBytes, start, end: end + HEAD, ...parseHead(head, rowBytes, bytes.name) };
  }
  throw invalidFile(bytes.name, 'it is no index of USearch, or it was cut off: no head follows the vectors.');
}

function parseHead(
  head: Buffer,
  rowBytes: number,
  file: string,
): Pick<Head, 'dimension' | 'element' | 'scale' | 'distance'> {
  const old = head.readUInt16LE(7) < 2 || (head.readUInt16LE(7) === 2 && head.readUInt16LE(9) < 10);
  const code = old ? (oldScalars.get(head[14]!) ?? 0) : head[14]!;
  const scalar = scalars.get(code);
  if (!scalar)
    throw invalidFile(file, `its vectors are of kind ${head[14]}: f64, f32, f16, bf16 and i8 are read.`);
  const keyKind = head[15]!;
  if (keyKind !== (old ? 8 : 14))
    throw invalidFile(file, `its keys are of kind ${keyKind}: 64-bit ones are read.`);
  const dimension = Number(head.readBigUInt64LE(33));
  checkDimension(file, dimension);
  if (dimension * scalar.element.size !== rowBytes)
    throw invalidFile(
      file,
      `${dimension} dimensions of ${scalar.element.name} have not the ${rowBytes} bytes of a row: it is damaged.`,
    );
  if (head[41]) throw invalidFile(file, 'it holds several vectors for one key: points have one id each.');
  return {
    dimension,
    element: scalar.element,
    scale: scalar.scale,
    distance: metrics.get(String.fromCharCode(head[13]!)),
  };
}

async function source(bytes: Bytes, head: Head, keys: KeyReader): Promise<VectorSource> {
  const { rows, rowBytes, start, dimension, element, scale, distance } = head;
  checkRoom(bytes, start, rowBytes, rows);
  const layout = { start, stride: rowBytes, count: rows, lead: 0, dimension, element };
  return {
    format: 'usearch',
    path: bytes.name,
    holds: { kind: 'dense', dimension, ...(distance ? { distance } : {}) },
    count: rows,
    notes: distance
      ? []
      : ['The index compares its vectors in a way that collections do not: choose with --distance.'],
    fingerprint: await fingerprintOf([bytes.name], 'usearch'),
    async *batches(options) {
      for await (const { first, count, next, vectors } of readRows(bytes, layout, options)) {
        if (scale !== undefined) for (let i = 0; i < vectors.length; i++) vectors[i]! *= scale;
        yield living({ first, next }, vectors, await keys.read(first, count), dimension);
      }
    },
    close: () => bytes.close(),
  };
}

/** Leaves out what was removed: its key is null. */
function living(
  place: Pick<RowBatch, 'first' | 'next'>,
  vectors: Float32Array,
  keys: readonly (bigint | null)[],
  dimension: number,
): RowBatch {
  const ids: bigint[] = [];
  for (const [row, key] of keys.entries()) {
    if (key === null) continue;
    if (ids.length < row) vectors.copyWithin(ids.length * dimension, row * dimension, (row + 1) * dimension);
    ids.push(key);
  }
  return { ...place, count: ids.length, ids, vectors: vectors.subarray(0, ids.length * dimension) };
}
