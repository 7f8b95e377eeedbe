/**
 * The largest cosine that chance gives.
 *
 * @module
 */
import { FletchError } from '@fletch/base';

/** Width of a cell of the quadrature, and where the normal distribution ends. */
const CELL = 1e-3;
const END = 9;

/**
 * The expected largest absolute cosine of a random direction with `count` orthogonal ones in `width` dimensions: what an
 * intruder's cosine has to be compared with. It is the largest of `count` normal numbers over the length of all
 * `width`, and length and direction of a normal vector are independent:
 * `∫ 1 − (2Φ(t) − 1)^count dt · Γ(width / 2) / (√2 Γ((width + 1) / 2))`.
 *
 * @throws FletchError `INVALID_ARGUMENT` unless 1 ≤ count ≤ width
 * @example
 * ```ts
 * randomMaxCosine(768, 768); // 0.12: a cosine of 0.5 is far from chance
 * randomMaxCosine(96, 96); // 0.28: at toy size it is nearer
 * ```
 */
export function randomMaxCosine(count: number, width: number): number {
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(width) || count < 1 || count > width)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `There are no ${count} orthogonal directions in ${width} dimensions.`,
    );
  let below = 0;
  let largest = 0;
  for (let t = CELL / 2; t < END; t += CELL) {
    const half = Math.exp((-t * t) / 2) * Math.sqrt(2 / Math.PI) * (CELL / 2);
    below += half;
    largest += (1 - below ** count) * CELL;
    below += half;
  }
  // E of the length in n dimensions times that in n − 1 is n − 1.
  let length = Math.sqrt(2 / Math.PI);
  for (let n = 2; n <= width; n++) length = (n - 1) / length;
  return largest / length;
}
