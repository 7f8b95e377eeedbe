/**
 * The rows of a two-dimensional `.npy` array.
 *
 * @module
 */
import { type Bytes, invalidFile } from '../bytes.js';
import type { ElementType } from '../elements.js';
import {
  checkDimension,
  checkRoom,
  inexactValue,
  type RawBatch,
  readRows,
  rowOf,
  rowsPerBatch,
} from '../rows.js';
import type { BatchOptions } from '../types.js';
import { type NpyHeader, numberType, readNpyHeader } from './npy-header.js';

export interface NpyArray {
  readonly count: number;
  readonly dimension: number;
  rows(options?: BatchOptions): AsyncGenerator<Omit<RawBatch, 'bytes'>>;
}

/**
 * Checks that `bytes` hold one matrix of numbers, whole.
 *
 * @throws FletchError `INVALID_INPUT_FILE`, `UNSAFE_FORMAT`
 */
export async function openNpyArray(bytes: Bytes): Promise<NpyArray> {
  const header = await readNpyHeader(bytes);
  const element = numberType(header, bytes.name);
  const { shape, fortran } = header;
  if (shape.length !== 2)
    throw invalidFile(
      bytes.name,
      `its shape is (${shape.join(', ')}), vectors are rows of a matrix: reshape it to (count, dimension).`,
    );
  const [count, dimension] = shape as [number, number];
  checkDimension(bytes.name, dimension);
  checkRoom(bytes, header.start, dimension * element.size, count);
  checkEnd(bytes, header, count * dimension * element.size);
  if (fortran && count > 1 && dimension > 1) {
    if (!bytes.seekable)
      throw invalidFile(
        bytes.name,
        'it is compressed and stored column by column (Fortran order): save numpy.ascontiguousarray(array) instead.',
      );
    return {
      count,
      dimension,
      rows: (options) => readColumns(bytes, header.start, count, dimension, element, options),
    };
  }
  const layout = {
    start: header.start,
    stride: dimension * element.size,
    count,
    lead: 0,
    dimension,
    element,
  };
  return { count, dimension, rows: (options) => readRows(bytes, layout, options) };
}

export function checkEnd(bytes: Bytes, { start }: NpyHeader, size: number): void {
  if (start + size !== bytes.size)
    throw invalidFile(
      bytes.name,
      `its array ends at byte ${start + size}, the file at ${bytes.size}: save one array a file.`,
      { offset: start + size },
    );
}

/** Columns lie one after the other: of each, the piece of the batch is read. */
async function* readColumns(
  bytes: Bytes,
  start: number,
  count: number,
  dimension: number,
  element: ElementType,
  { size, from }: BatchOptions = {},
): AsyncGenerator<Omit<RawBatch, 'bytes'>> {
  // Long pieces: every one costs a call.
  const most = Math.max(rowsPerBatch(size, dimension * 4), rowsPerBatch(8192, dimension * 4));
  for (let first = rowOf(from); first < count; first += most) {
    const rows = Math.min(most, count - first);
    const vectors = new Float32Array(rows * dimension);
    const column = new Float32Array(rows);
    for (let j = 0; j < dimension; j++) {
      const raw = await bytes.read(start + (j * count + first) * element.size, rows * element.size);
      const inexact = element.decode(raw, 0, rows, column, 0);
      if (inexact >= 0) throw inexactValue(bytes.name, element, first + inexact, 0, dimension);
      for (let i = 0; i < rows; i++) vectors[i * dimension + j] = column[i]!;
    }
    yield* pieces({ first, count: rows, next: first + rows, vectors }, rowsPerBatch(size, dimension * 4));
  }
}

/** Cuts a batch into pieces of `most` rows. */
function* pieces(batch: Omit<RawBatch, 'bytes'>, most: number): Generator<Omit<RawBatch, 'bytes'>> {
  const dimension = batch.vectors.length / batch.count;
  for (let at = 0; at < batch.count; at += most) {
    const count = Math.min(most, batch.count - at);
    const first = batch.first + at;
    const vectors = batch.vectors.subarray(at * dimension, (at + count) * dimension);
    yield { first, count, next: first + count, vectors };
  }
}
