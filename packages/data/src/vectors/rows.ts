/**
 * Rows of one length, one after the other: what most binary formats are.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import { type Bytes, invalidFile } from './bytes.js';
import type { ElementType } from './elements.js';
import type { BatchOptions } from './types.js';

/** Most components that a collection's vector can have. */
export const MAX_DIMENSION = 65_536;

/** Bytes of one batch: rows are then fewer than were asked for. */
const BATCH_BYTES = 16 * 2 ** 20;

export const defaultBatch = 256;

/** Where the rows are. */
export interface Layout {
  /** Byte of the first row. */
  readonly start: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
  readonly count: number;
  /** Bytes from the beginning of a row to its vector. */
  readonly lead: number;
  readonly dimension: number;
  readonly element: ElementType;
}

/** Rows as they lie in the file, and their vectors. */
export interface RawBatch {
  readonly first: number;
  readonly count: number;
  readonly next: Json;
  /** `count` × stride bytes. */
  readonly bytes: Buffer;
  readonly vectors: Float32Array;
}

/** Rows that fit into a batch. */
export function rowsPerBatch(size: number | undefined, rowBytes: number): number {
  return Math.max(1, Math.min(size ?? defaultBatch, Math.floor(BATCH_BYTES / Math.max(1, rowBytes))));
}

/** Reads the position that an earlier batch gave out. */
export function rowOf(from: Json | undefined): number {
  return typeof from === 'number' && Number.isSafeInteger(from) && from >= 0 ? from : 0;
}

/**
 * Checks a dimension that a header gives.
 *
 * @throws FletchError `INVALID_INPUT_FILE`
 */
export function checkDimension(file: string, dimension: number): void {
  if (Number.isInteger(dimension) && dimension >= 1 && dimension <= MAX_DIMENSION) return;
  throw invalidFile(
    file,
    `its vectors would have ${dimension} dimensions, a collection's have 1 to ${MAX_DIMENSION}: is it another format?`,
  );
}

/** Throws unless `count` rows of `stride` bytes fit between `start` and the end. */
export function checkRoom({ name, size }: Bytes, start: number, stride: number, count: number): void {
  const end = start + stride * count;
  if (Number.isSafeInteger(end) && count >= 0 && end <= size) return;
  throw invalidFile(
    name,
    `its header promises ${count} rows of ${stride} bytes, which end at byte ${end}, but the file has ${size}: it was cut off or is damaged.`,
    { size, expected: end },
  );
}

/** Streams the rows. */
export async function* readRows(
  bytes: Bytes,
  layout: Layout,
  { size, from }: BatchOptions = {},
): AsyncGenerator<RawBatch> {
  const { start, stride, count, lead, dimension, element } = layout;
  const most = rowsPerBatch(size, stride);
  for (let first = rowOf(from); first < count; first += most) {
    const rows = Math.min(most, count - first);
    const raw = await bytes.read(start + first * stride, rows * stride);
    const vectors = new Float32Array(rows * dimension);
    // Rows without anything between them are decoded at once.
    const tight = stride === dimension * element.size;
    for (let row = 0; row < (tight ? 1 : rows); row++) {
      const inexact = element.decode(
        raw,
        row * stride + lead,
        tight ? rows * dimension : dimension,
        vectors,
        row * dimension,
      );
      if (inexact >= 0) throw inexactValue(bytes.name, element, first + row, inexact, dimension);
    }
    yield { first, count: rows, next: first + rows, bytes: raw, vectors };
  }
}

/** An integer of row `row` (or of a later one, at `position` counted on) that would be rounded. */
export function inexactValue(
  file: string,
  element: ElementType,
  row: number,
  position: number,
  dimension: number,
): unknown {
  const at = row + Math.floor(position / dimension);
  return invalidFile(
    file,
    `row ${at} holds an ${element.name} that 32-bit floats cannot hold exactly: are these vectors, or ids?`,
    { row: at },
  );
}
