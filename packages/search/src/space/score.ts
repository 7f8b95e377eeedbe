/**
 * Scores of two vectors.
 *
 * @module
 */
import type { Distance } from '../index/types.js';

/** The score by the definition, in double precision. Under `Cosine` neither needs unit length. */
export function scoreOf(distance: Distance, a: Float32Array, b: Float32Array): number {
  let dot = 0;
  let [squaresA, squaresB, squares, absolute] = [0, 0, 0, 0];
  if (distance === 'Dot') {
    for (let i = 0; i < a.length; i++) dot += a[i]! * b[i]!;
    return dot;
  }
  if (distance === 'Cosine') {
    for (let i = 0; i < a.length; i++) {
      dot += a[i]! * b[i]!;
      squaresA += a[i]! * a[i]!;
      squaresB += b[i]! * b[i]!;
    }
    return dot / Math.sqrt(squaresA * squaresB);
  }
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[i]!;
    squares += difference * difference;
    absolute += Math.abs(difference);
  }
  return distance === 'Euclid' ? Math.sqrt(squares) : absolute;
}
