/**
 * Unit length.
 *
 * @module
 */

/** Scales a vector to unit length in place; a zero vector stays. */
export function normalize(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const length = Math.sqrt(squares);
  if (length > 0) for (let j = 0; j < vector.length; j++) vector[j]! /= length;
  return vector;
}
