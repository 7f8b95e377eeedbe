/**
 * Vectors of what a JSON document holds at its ends: texts, numbers, truth values, null. All have length 1.
 *
 * @module
 */
import { FletchError, type Json } from '@fletch/base';
import { type Matrix, randomOrthogonal, rng } from '@fletch/linalg';
import type { NumberRange } from './ranges.js';
import { unit, type VSA } from './vsa.js';

/** Vectors of words; what it does not know is hashed. */
export interface EmbeddingTable {
  /** Numbers of a vector; at most the D of the encoder. */
  readonly dim: number;
  /** The vector of a word in lower case. */
  vector(word: string): ArrayLike<number> | undefined;
}

/** How numbers become vectors. */
export type NumberMode = 'arc' | 'fourier' | 'hash';

/** Weight of the whole text beside the bag of its tokens, so that exact matches stand apart. */
const WHOLE = 0.5;
/** Frequencies of `fourier`, in quarters of a circle over the range. */
const FREQUENCIES = [1, 2, 4, 8];
const WORD = /[\p{L}\p{N}]+/gu;

/** Lower-case runs of letters and digits. */
export function tokensOf(text: string): string[] {
  return text.toLowerCase().match(WORD) ?? [];
}

/** Makes leaf vectors. */
export class Leaves {
  readonly #vsa: VSA;
  readonly #table: EmbeddingTable | undefined;
  /** Embeddings → D dimensions, keeping inner products. */
  readonly #widen: Matrix<Float64Array> | undefined;
  readonly #numbers: NumberMode;
  /** Orthonormal directions that numbers turn through. */
  readonly #axes: readonly Float32Array[];

  /** @throws FletchError `INVALID_ARGUMENT` for a table of more dimensions than there are */
  constructor(vsa: VSA, table: EmbeddingTable | undefined, numbers: NumberMode) {
    if (table && (table.dim > vsa.dim || table.dim < 1))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `The embeddings have ${table.dim} dimensions, which do not fit into ${vsa.dim}: take a larger dim.`,
      );
    this.#vsa = vsa;
    this.#table = table;
    this.#widen = table && randomOrthogonal(rng(vsa.seed, 1), vsa.dim, table.dim);
    this.#numbers = numbers;
    const axes = randomOrthogonal(rng(vsa.seed, 2), vsa.dim, 2 * FREQUENCIES.length);
    this.#axes = Array.from({ length: axes.cols }, (_, j) =>
      Float32Array.from({ length: vsa.dim }, (_, i) => axes.data[i * axes.cols + j]!),
    );
  }

  /** Length 1: the bag of tokens, plus the whole text. */
  text(text: string, weightOf: (token: string) => number): Float32Array {
    if (text === '') return this.constant(text);
    const sum = new Float32Array(this.#vsa.dim);
    for (const token of tokensOf(text)) addTo(sum, this.#word(token), weightOf(token));
    unit(sum);
    addTo(sum, this.#vsa.symbol(`text:${text}`), WHOLE);
    return unit(sum);
  }

  /**
   * `arc`: cos(πu/2) n₀ + sin(πu/2) n₁, whose inner products are cos(π(u − u′)/2). `fourier`: four frequencies of the same.
   * `hash`: a symbol of its own.
   */
  number(value: number, range: NumberRange | undefined): Float32Array {
    if (this.#numbers === 'hash') return this.#vsa.symbol(`number:${value}`);
    const u = placeIn(value, range);
    const frequencies = this.#numbers === 'arc' ? FREQUENCIES.slice(0, 1) : FREQUENCIES;
    const out = new Float32Array(this.#vsa.dim);
    const weight = 1 / Math.sqrt(frequencies.length);
    for (const [j, frequency] of frequencies.entries()) {
      const angle = (Math.PI / 2) * frequency * u;
      addTo(out, this.#axes[2 * j]!, weight * Math.cos(angle));
      addTo(out, this.#axes[2 * j + 1]!, weight * Math.sin(angle));
    }
    return out;
  }

  /** `true`, `false` and `null` are symbols, and so are an empty object and an empty array. */
  constant(value: Json): Float32Array {
    return this.#vsa.symbol(`value:${JSON.stringify(value)}`);
  }

  #word(token: string): Float32Array {
    const known = this.#table?.vector(token);
    if (!known) return this.#vsa.symbol(`word:${token}`);
    const { data, rows, cols } = this.#widen!;
    const out = new Float32Array(rows);
    for (let i = 0; i < rows; i++) {
      let sum = 0;
      for (let j = 0; j < cols; j++) sum += data[i * cols + j]! * known[j]!;
      out[i] = sum;
    }
    return unit(out);
  }
}

/** Where a number stands in its range, 0 to 1; without a range on a scale that no number leaves. */
export function placeIn(value: number, range: NumberRange | undefined): number {
  if (!range) return 0.5 + Math.atan(Math.asinh(value)) / Math.PI;
  const scale = range.log ? Math.log : (x: number) => x;
  if (range.log && value <= 0) return 0;
  const [low, high] = [scale(range.low), scale(range.high)];
  return high > low ? Math.min(1, Math.max(0, (scale(value) - low) / (high - low))) : 0.5;
}

export function addTo(sum: Float32Array, vector: ArrayLike<number>, weight: number): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += weight * vector[i]!;
}
