/**
 * Keeps intermediate results away from overflow and underflow.
 *
 * @module
 */
import type { Block } from './block.js';
import { exponentOf } from './rank-one.js';

/** Magnitudes of the largest entry that need no scaling, as binary exponents, by bytes of a number. */
const SAFE = { 4: 24, 8: 300 } as const;

/**
 * Multiplies a row-major block by a power of two when its largest magnitude `peak` is very large or small.
 *
 * @returns what results of the scaled matrix have to be multiplied by
 */
export function rescale(block: Block, peak: number): number {
  const exponent = peak === 0 ? 0 : exponentOf(peak);
  if (Math.abs(exponent) <= SAFE[block.field.bytes]) return 1;
  const { field } = block;
  // In two steps: the factor itself may not be a number of this precision.
  const half = Math.trunc(exponent / 2);
  for (const part of [half, exponent - half])
    for (let i = 0; i < block.rows; i++) field.scale(block.cols, 2 ** -part, block.at(i, 0), 1);
  return 2 ** exponent;
}
