/**
 * Indexes of hnswlib as its `saveIndex` writes them (hnswlib/hnswalg.h): sizes, the lowest layer with vectors and
 * labels, and the links of the upper layers, which are not needed here.
 *
 * @module
 */
import { type Bytes, invalidFile, openBytes } from '../bytes.js';
import { elements } from '../elements.js';
import { fingerprintOf } from '../fingerprint.js';
import { checkDimension, checkRoom, readRows } from '../rows.js';
import type { Glance, RowBatch, VectorFormat, VectorSource } from '../types.js';

/** Bytes before the lowest layer, on 64-bit machines. */
const HEADER = 96;

/** Of the two bytes behind the number of links, the first says whether the element was deleted. */
const DELETED = 1;

interface Header {
  readonly count: number;
  readonly stride: number;
  readonly labelAt: number;
  readonly dataAt: number;
}

export const hnswlib: VectorFormat = {
  name: 'hnswlib',
  title: 'index of hnswlib (float32)',
  endings: ['.hnsw', '.hnswlib'],
  matches: (glance) => parseHeader(glance) !== undefined,
  open: openHnswlib,
};

/** The header if it hangs together: its sizes follow from each other, so that chance does not make one. */
function parseHeader({ head, size }: Pick<Glance, 'head' | 'size'>): Header | undefined {
  if (head.length < HEADER) return undefined;
  const wide = (at: number): number => Number(head.readBigUInt64LE(at));
  const [offset, most, count, stride, labelAt, dataAt] = [0, 8, 16, 24, 32, 40].map(wide) as [
    ...[number, number, number, number, number, number],
  ];
  const [maxM, maxM0, m] = [56, 64, 72].map(wide) as [number, number, number];
  const scale = head.readDoubleLE(80);
  const fits =
    offset === 0 &&
    count <= most &&
    stride === labelAt + 8 &&
    dataAt === 4 * maxM0 + 4 &&
    labelAt > dataAt &&
    maxM === m &&
    maxM0 === 2 * m &&
    Math.abs(scale * Math.log(m) - 1) < 1e-9 &&
    HEADER + count * stride <= size;
  return fits ? { count, stride, labelAt, dataAt } : undefined;
}

async function openHnswlib(path: string): Promise<VectorSource> {
  const bytes = await openBytes(path);
  try {
    const head = await bytes.read(0, Math.min(HEADER, bytes.size));
    const header = parseHeader({ head, size: bytes.size });
    if (!header)
      throw invalidFile(path, 'its header is not that of an index of hnswlib, or it was cut off.', {
        offset: 0,
      });
    return await source(bytes, header);
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

async function source(bytes: Bytes, { count, stride, labelAt, dataAt }: Header): Promise<VectorSource> {
  const width = labelAt - dataAt;
  if (width % 4 !== 0)
    throw invalidFile(bytes.name, `its vectors have ${width} bytes: only those of float32 are read.`);
  const dimension = width / 4;
  checkDimension(bytes.name, dimension);
  checkRoom(bytes, HEADER, stride, count);
  const layout = { start: HEADER, stride, count, lead: dataAt, dimension, element: elements.f4 };
  return {
    format: 'hnswlib',
    path: bytes.name,
    holds: { kind: 'dense', dimension },
    count,
    notes: [
      'An index of hnswlib does not say how its vectors are compared: choose with --distance. (Those of the space "cosine" are stored at length 1.)',
    ],
    fingerprint: await fingerprintOf([bytes.name], 'hnswlib'),
    async *batches(options) {
      for await (const raw of readRows(bytes, layout, options)) yield living(raw, stride, labelAt, dimension);
    },
    close: () => bytes.close(),
  };
}

/** Leaves out what was marked deleted. */
function living(
  {
    first,
    count,
    next,
    bytes,
    vectors,
  }: Pick<RowBatch, 'first' | 'count' | 'next'> & {
    readonly bytes: Buffer;
    readonly vectors: Float32Array;
  },
  stride: number,
  labelAt: number,
  dimension: number,
): RowBatch {
  const ids: bigint[] = [];
  for (let row = 0; row < count; row++) {
    if (bytes[row * stride + 2]! & DELETED) continue;
    if (ids.length < row) vectors.copyWithin(ids.length * dimension, row * dimension, (row + 1) * dimension);
    ids.push(bytes.readBigUInt64LE(row * stride + labelAt));
  }
  return { first, count: ids.length, next, ids, vectors: vectors.subarray(0, ids.length * dimension) };
}
