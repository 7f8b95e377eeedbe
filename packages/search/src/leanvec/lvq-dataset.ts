/**
 * Vectors as codes, and distances to them.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { fromFloat16 } from '../space/round.js';
import { codeAt, levelsOf, padded, RECORD_HEAD } from './lvq-layout.js';

/** Bits per component of a level. */
export type LvqBits = 4 | 8;

/** The first level only, or both. */
export type LvqLevel = 1 | 2;

/** What a dataset is made of. */
export interface LvqParts {
  readonly rows: number;
  readonly dimension: number;
  readonly bits: LvqBits;
  /** 0: there is no second level. */
  readonly residualBits: LvqBits | 0;
  /** Subtracted before encoding: `dimension` numbers. */
  readonly mean: Float32Array;
  /** What the ranges in the records are multiplied by. */
  readonly scale: number;
  /** `rows` records of `stride` bytes, see `lvq-layout.ts`. */
  readonly records: Uint8Array;
  /** Second-level codes, `rows` x `residualStride` bytes. */
  readonly residuals: Uint8Array;
}

/** Encoded vectors. Made by `lvqEncode`. */
export class LVQDataset implements LvqParts {
  readonly rows: number;
  readonly dimension: number;
  readonly bits: LvqBits;
  readonly residualBits: LvqBits | 0;
  readonly mean: Float32Array;
  readonly scale: number;
  readonly records: Uint8Array;
  readonly residuals: Uint8Array;
  /** Bytes of a record. */
  readonly stride: number;
  /** Bytes of a vector's second-level codes. */
  readonly residualStride: number;

  /** @throws FletchError `DIMENSION_MISMATCH` when the bytes or the mean have another length than they must */
  constructor(parts: LvqParts) {
    this.rows = parts.rows;
    this.dimension = parts.dimension;
    this.bits = parts.bits;
    this.residualBits = parts.residualBits;
    this.mean = parts.mean;
    this.scale = parts.scale;
    this.records = parts.records;
    this.residuals = parts.residuals;
    this.stride = padded(RECORD_HEAD + Math.ceil((this.dimension * this.bits) / 8));
    this.residualStride = Math.ceil((this.dimension * this.residualBits) / 8);
    requireLength('records', this.records.length, this.rows * this.stride);
    requireLength('residuals', this.residuals.length, this.rows * this.residualStride);
    requireLength('mean', this.mean.length, this.dimension);
  }

  /** Bytes that a walk reads of a vector: a record. */
  get bytesPerVector(): number {
    return this.stride;
  }

  /** The lower end of vector i's range and its step. */
  range(i: number): { readonly lower: number; readonly step: number } {
    const at = this.#record(i);
    const { records, scale } = this;
    return {
      lower: fromFloat16(records[at]! | (records[at + 1]! << 8)) * scale,
      step: fromFloat16(records[at + 2]! | (records[at + 3]! << 8)) * scale,
    };
  }

  /** The most that a component of vector i may be off: half a step of the level. */
  errorBound(i: number, level: LvqLevel = 1): number {
    const { step } = this.range(i);
    this.#checkLevel(level);
    return level === 1 ? step / 2 : step / levelsOf(this.residualBits) / 2;
  }

  /**
   * Vector i as its codes have it, in float64.
   *
   * @param level - default 1
   * @throws FletchError `NOT_FOUND` for another vector, `INVALID_ARGUMENT` for a level that was not encoded
   */
  decode(i: number, level: LvqLevel = 1): Float64Array {
    const { constant, step, fine } = this.#affine(i, level);
    const start = i * this.stride + RECORD_HEAD;
    const rest = i * this.residualStride;
    const result = new Float64Array(this.dimension);
    for (let j = 0; j < this.dimension; j++) {
      result[j] = this.mean[j]! + constant + step * codeAt(this.records, start, this.bits, j);
      if (level === 2) result[j]! += fine * codeAt(this.residuals, rest, this.residualBits, j);
    }
    return result;
  }

  /**
   * The dot product of a query with vector i, from the codes: `q.mean + lower sum(q) + step q.c`.
   *
   * @throws FletchError `DIMENSION_MISMATCH`, and what {@link decode} throws
   */
  dot(query: ArrayLike<number>, i: number, level: LvqLevel = 1): number {
    const { constant, step, fine } = this.#affine(i, level);
    this.#checkQuery(query);
    let fixed = 0;
    for (let j = 0; j < query.length; j++) fixed += query[j]! * (this.mean[j]! + constant);
    const first = codesDot(this.records, i * this.stride + RECORD_HEAD, this.bits, query);
    if (level === 1) return fixed + step * first;
    const second = codesDot(this.residuals, i * this.residualStride, this.residualBits, query);
    return fixed + step * first + fine * second;
  }

  /**
   * The squared Euclidean distance of a query to vector i, from the codes.
   *
   * @throws FletchError `DIMENSION_MISMATCH`, and what {@link decode} throws
   */
  l2(query: ArrayLike<number>, i: number, level: LvqLevel = 1): number {
    const { constant, step, fine } = this.#affine(i, level);
    this.#checkQuery(query);
    const { mean, records, residuals, bits, residualBits } = this;
    const start = i * this.stride + RECORD_HEAD;
    const rest = i * this.residualStride;
    let sum = 0;
    for (let j = 0; j < query.length; j++) {
      let off = query[j]! - mean[j]! - constant - step * codeAt(records, start, bits, j);
      if (level === 2) off -= fine * codeAt(residuals, rest, residualBits, j);
      sum += off * off;
    }
    return sum;
  }

  /** A component is `mean + constant + step code + fine residual code`. */
  #affine(i: number, level: LvqLevel): { constant: number; step: number; fine: number } {
    this.#checkLevel(level);
    const { lower, step } = this.range(i);
    if (level === 1) return { constant: lower, step, fine: 0 };
    return { constant: lower - step / 2, step, fine: step / levelsOf(this.residualBits) };
  }

  #checkQuery(query: ArrayLike<number>): void {
    if (query.length === this.dimension) return;
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `The query has ${query.length} components, the vectors have ${this.dimension}.`,
    );
  }

  #record(i: number): number {
    if (!Number.isInteger(i) || i < 0 || i >= this.rows)
      throw new FletchError('NOT_FOUND', `There is no vector ${i}: they are numbered 0 to ${this.rows - 1}.`);
    return i * this.stride;
  }

  #checkLevel(level: number): void {
    if (level === 1 || (level === 2 && this.residualBits !== 0)) return;
    throw new FletchError(
      'INVALID_ARGUMENT',
      level === 2
        ? 'Only one level was encoded: give residualBits to have the second.'
        : `level must be 1 or 2, not ${level}.`,
    );
  }
}

function requireLength(name: string, actual: number, expected: number): void {
  if (actual !== expected)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `The ${name} have ${actual} entries instead of ${expected}.`,
      {
        details: { name, actual, expected },
      },
    );
}

function codesDot(bytes: Uint8Array, start: number, bits: number, query: ArrayLike<number>): number {
  let sum = 0;
  if (bits === 8) for (let j = 0; j < query.length; j++) sum += query[j]! * bytes[start + j]!;
  else for (let j = 0; j < query.length; j++) sum += query[j]! * codeAt(bytes, start, bits, j);
  return sum;
}
