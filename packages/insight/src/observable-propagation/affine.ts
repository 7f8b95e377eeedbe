/**
 * Parts of weight matrices, as they lie in a checkpoint, applied and transposed in 64-bit numbers.
 *
 * @module
 */
import type { Real } from '@fletch/linalg';

/** Where a part lies: entry (out, in) is `data[offset + out · outStride + in · inStride]`. */
export interface AffineLayout {
  readonly data: Real;
  readonly out: number;
  readonly in: number;
  readonly offset?: number;
  readonly outStride: number;
  readonly inStride: number;
  /** `[out]` */
  readonly bias?: Real | undefined;
}

/** `y = W x + b`, W a view on numbers that are not copied. */
export class Affine {
  readonly out: number;
  readonly in: number;
  readonly bias: Real | undefined;
  readonly #data: Real;
  readonly #offset: number;
  readonly #outStride: number;
  readonly #inStride: number;

  constructor(layout: AffineLayout) {
    this.out = layout.out;
    this.in = layout.in;
    this.bias = layout.bias;
    this.#data = layout.data;
    this.#offset = layout.offset ?? 0;
    this.#outStride = layout.outStride;
    this.#inStride = layout.inStride;
  }

  /** `W x`, `[out]`. */
  times(x: ArrayLike<number>): Float64Array {
    return this.#product(x, this.out, this.in, this.#outStride, this.#inStride);
  }

  /** `W x + b`, `[out]`. */
  apply(x: ArrayLike<number>): Float64Array {
    const y = this.times(x);
    if (this.bias) for (let i = 0; i < y.length; i++) y[i]! += this.bias[i]!;
    return y;
  }

  /** `Wᵀ y`, `[in]`: what a direction at the output is at the input. */
  pull(y: ArrayLike<number>): Float64Array {
    return this.#product(y, this.in, this.out, this.#inStride, this.#outStride);
  }

  /** `Σ_j m(i, j) v_j`, walking along whatever is contiguous. */
  #product(v: ArrayLike<number>, rows: number, cols: number, rowStride: number, colStride: number) {
    const result = new Float64Array(rows);
    const data = this.#data;
    const offset = this.#offset;
    if (colStride <= rowStride) {
      for (let i = 0; i < rows; i++) {
        let sum = 0;
        for (let j = 0, at = offset + i * rowStride; j < cols; j++, at += colStride) sum += data[at]! * v[j]!;
        result[i] = sum;
      }
      return result;
    }
    for (let j = 0; j < cols; j++) {
      const factor = v[j]!;
      if (factor === 0) continue;
      for (let i = 0, at = offset + j * colStride; i < rows; i++, at += rowStride)
        result[i]! += data[at]! * factor;
    }
    return result;
  }
}
