/**
 * How many rows a sketch needs.
 *
 * @module
 */
import { FletchError } from '@fletch/base';

/** What the guarantee is to be. */
export interface Accuracy {
  /** ‖x' − x*‖∞ ≤ (ε / √d) ‖A x* − b‖₂ ‖A†‖₂. Default 0.5. */
  readonly epsilon?: number;
  /** Probability that it fails. Default 0.01. */
  readonly delta?: number;
  /** The theorem's count ε⁻² d log³(n/δ) instead of the calibrated one. Default false. */
  readonly theory?: boolean;
}

/**
 * Rows for an accuracy. Each coordinate of the error is nearly normal with variance [(AᵀA)⁻¹]_jj ‖r‖² / m, hence
 * m = 2 d ln(2d/δ) / ε²; by the theorem (Song, Ye, Yin and Zhang, ICML 2023) d log³(n/δ) / ε² rows are enough.
 *
 * @param n - rows of A
 * @param d - its columns
 * @returns at least d + 1
 * @throws FletchError `INVALID_ARGUMENT` unless ε > 0 and 0 < δ < 1
 */
export function sketchRows(n: number, d: number, accuracy: Accuracy = {}): number {
  const { epsilon = 0.5, delta = 0.01, theory = false } = accuracy;
  if (!(epsilon > 0 && epsilon < Number.POSITIVE_INFINITY))
    throw new FletchError('INVALID_ARGUMENT', `epsilon must be a positive number, not ${epsilon}.`);
  if (!(delta > 0 && delta < 1))
    throw new FletchError('INVALID_ARGUMENT', `delta must lie between 0 and 1, not be ${delta}.`);
  const factor = theory ? Math.log(n / delta) ** 3 : 2 * Math.log((2 * d) / delta);
  return Math.max(d + 1, Math.ceil((factor * d) / epsilon ** 2));
}
