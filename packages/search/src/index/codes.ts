/**
 * Rows that are kept as codes: reduced by a linear map and quantized (LeanVec, arXiv 2312.16335; LVQ, arXiv 2304.04759).
 *
 * @module
 */
import { type Arena, Header } from '@fletch/kernels';

/** How rows become codes. All matrices are row-major, `reduced × dimension`. */
export interface Coding {
  /** Components of the reduced vector. */
  readonly reduced: number;
  /** Bits of each of its components. */
  readonly bits: 8 | 4;
  /**
   * What candidates are compared by in the end: 8-bit codes of the whole vector, or the vector itself; `none` when nothing
   * is reduced and the first codes, of 8 bits, do for both.
   */
  readonly secondary: 'lvq8' | 'f32' | 'none';
  /** Whether codes are compared by squared Euclidean distance (of unit vectors it tells the cosine) or dot product. */
  readonly squared: boolean;
  /** Subtracted from data and queries; `dimension` values. */
  readonly mean: Float32Array;
  /** Reduces queries; empty when nothing is reduced. */
  readonly query: Float32Array;
  /** Reduces data; the same. */
  readonly data: Float32Array;
}

/** What the integers of a row of the query's matrix are scaled to, so that products of rows fit 32 bits. */
const LENGTH = 32767;
const TAIL_BYTES = 16;

const roundUp = (value: number, to: number) => Math.ceil(value / to) * to;

/** Bytes of the two codes of a row. */
export function codeStrides(
  { reduced, bits, secondary }: Coding,
  padded: number,
): { first: number; second: number } {
  const first = bits === 8 ? roundUp(reduced, 16) : roundUp(reduced, 32) / 2;
  if (secondary === 'none') return { first: first + TAIL_BYTES, second: 0 };
  return {
    first: first + TAIL_BYTES,
    second: secondary === 'f32' ? padded * 4 : roundUp(padded, 16) + TAIL_BYTES,
  };
}

/** Puts the matrices into an index's memory, in the forms that the kernels use. */
export function placeCoding(coding: Coding, arena: Arena, dimension: number, padded: number): void {
  const { reduced, mean, query, data } = coding;
  const set = (field: number, value: number) => {
    arena.words[field >>> 2] = value;
  };
  const meanAt = arena.allocate(padded * 4);
  arena.floats.set(mean, meanAt >>> 2);
  set(Header.bits, coding.bits);
  set(Header.reduced, reduced);
  set(Header.squared, coding.squared ? 1 : 0);
  set(Header.secondBits, coding.secondary === 'f32' ? 32 : 8);
  set(Header.mean, meanAt);
  if (coding.secondary === 'none') return;
  const rows = roundUp(reduced, 4);
  const wide = roundUp(padded, 16);
  const dataAt = arena.allocate(rows * padded * 4);
  const scalesAt = arena.allocate(rows * 4);
  const queryAt = arena.allocate(rows * wide * 2);
  const integers = new Int16Array(arena.memory.buffer);
  for (let j = 0; j < reduced; j++) {
    arena.floats.set(data.subarray(j * dimension, (j + 1) * dimension), (dataAt >>> 2) + j * padded);
    const row = query.subarray(j * dimension, (j + 1) * dimension);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    arena.floats[(scalesAt >>> 2) + j] = length / LENGTH;
    const by = length > 0 ? LENGTH / length : 0;
    for (let i = 0; i < dimension; i++) integers[(queryAt >>> 1) + j * wide + i] = Math.round(row[i]! * by);
  }
  set(Header.queryRows, queryAt);
  set(Header.queryScales, scalesAt);
  set(Header.dataRows, dataAt);
}

/** What the code of a whole vector stands for: `target.length` values. */
export function decodeWhole(coding: Coding, bytes: Uint8Array, target: Float32Array): void {
  if (coding.secondary === 'f32') {
    target.set(new Float32Array(bytes.buffer, bytes.byteOffset, target.length));
    return;
  }
  const codes = new Int8Array(bytes.buffer, bytes.byteOffset, target.length);
  const [step, offset] = new Float32Array(
    bytes.buffer,
    bytes.byteOffset + bytes.length - TAIL_BYTES,
    2,
  ) as unknown as [number, number];
  for (let i = 0; i < target.length; i++) target[i] = coding.mean[i]! + offset + step * codes[i]!;
}
