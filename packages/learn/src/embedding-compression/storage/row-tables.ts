/**
 * Tables of which a step reads and writes some rows.
 *
 * @module
 */
import type { Rng } from '@fletch/linalg';

/** Rows of numbers. */
export interface RowTable {
  readonly rows: number;
  readonly width: number;
  /** Learning rate of its own. */
  readonly rate?: number;
  /** Copies `rows[i]` to row i of `target`. */
  read(rows: Int32Array, target: Float32Array): void;
  /** Replaces `rows[i]` by row i of `source`. */
  write(rows: Int32Array, source: Float32Array): void;
}

/** Rows of 32-bit floats. */
export class FloatRows implements RowTable {
  readonly data: Float32Array;
  readonly rows: number;
  readonly width: number;
  readonly rate?: number;

  /** @param data - rows × width numbers, kept */
  constructor(data: Float32Array, width: number, rate?: number) {
    this.data = data;
    this.width = width;
    this.rows = data.length / width;
    if (rate !== undefined) this.rate = rate;
  }

  read(rows: Int32Array, target: Float32Array): void {
    const { data, width } = this;
    for (let i = 0, to = 0; i < rows.length; i++)
      for (let j = 0, from = rows[i]! * width; j < width; j++) target[to++] = data[from++]!;
  }

  write(rows: Int32Array, source: Float32Array): void {
    const { data, width } = this;
    for (let i = 0, from = 0; i < rows.length; i++)
      for (let j = 0, to = rows[i]! * width; j < width; j++) data[to++] = source[from++]!;
  }
}

/** `bound` times uniform numbers in (−1, 1). */
export function uniformRows(rows: number, width: number, bound: number, random: Rng): Float32Array {
  const data = random.fillUniform(new Float32Array(rows * width));
  for (let i = 0; i < data.length; i++) data[i] = bound * (2 * data[i]! - 1);
  return data;
}

/** The largest whole number that `bits` bits hold with a sign. */
export const largestCode = (bits: number): number => 2 ** (bits - 1) - 1;

/** The numbers rounded up or down at random so that their mean stays: ⌊v + U[0, 1)⌋, clamped to the codes. */
export function stochasticRound(
  values: Float32Array,
  bits: number,
  random: Rng,
  target: Int8Array | Int16Array,
): void {
  const most = largestCode(bits);
  const noise = random.fillUniform(new Float32Array(values.length));
  for (let i = 0; i < values.length; i++)
    target[i] = Math.max(-most - 1, Math.min(most, Math.floor(values[i]! + noise[i]!)));
}

/** Rows of whole numbers that stand for floats: `scale · code`. What is written is rounded at random. */
export class IntegerRows implements RowTable {
  readonly codes: Int8Array | Int16Array;
  readonly rows: number;
  readonly width: number;
  readonly #bits: number;
  readonly #scaleOf: (row: number) => number;
  readonly #random: Rng;

  /**
   * @param values - rows × width numbers
   * @param scaleOf - of a row, at the time of the call
   */
  constructor(
    values: Float32Array,
    width: number,
    bits: 8 | 16,
    scaleOf: (row: number) => number,
    random: Rng,
  ) {
    this.codes = bits === 8 ? new Int8Array(values.length) : new Int16Array(values.length);
    this.width = width;
    this.rows = values.length / width;
    this.#bits = bits;
    this.#scaleOf = scaleOf;
    this.#random = random;
    this.write(
      Int32Array.from({ length: this.rows }, (_, i) => i),
      values,
    );
  }

  read(rows: Int32Array, target: Float32Array): void {
    const { codes, width } = this;
    for (let i = 0, to = 0; i < rows.length; i++) {
      const scale = this.#scaleOf(rows[i]!);
      for (let j = 0, from = rows[i]! * width; j < width; j++) target[to++] = scale * codes[from++]!;
    }
  }

  write(rows: Int32Array, source: Float32Array): void {
    const { width, codes } = this;
    const count = rows.length * width;
    const scaled = new Float32Array(count);
    for (let i = 0, at = 0; i < rows.length; i++) {
      const scale = this.#scaleOf(rows[i]!);
      for (let j = 0; j < width; j++, at++) scaled[at] = source[at]! / scale;
    }
    const rounded = this.#bits === 8 ? new Int8Array(count) : new Int16Array(count);
    stochasticRound(scaled, this.#bits, this.#random, rounded);
    for (let i = 0, from = 0; i < rows.length; i++)
      for (let j = 0, to = rows[i]! * width; j < width; j++) codes[to++] = rounded[from++]!;
  }
}
