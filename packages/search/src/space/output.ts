/**
 * The vectors of a point in the form in which they are returned.
 *
 * @module
 */
import type { VectorStructOutput } from '../types/index.js';
import type { VectorSpace } from './types.js';

/** Those of a row's vectors that are in `spaces`: the unnamed one alone as it is, otherwise by their names. */
export function vectorsOutput(spaces: readonly VectorSpace[], row: number): VectorStructOutput {
  const present = spaces.filter((space) => space.has(row));
  const [first] = present;
  if (present.length === 1 && first!.name === '')
    return first!.output(first!.vector(row)) as number[] | number[][];
  return Object.fromEntries(present.map((space) => [space.name, space.output(space.vector(row))]));
}
