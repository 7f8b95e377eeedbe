/**
 * How many bits each dimension gets.
 *
 * @module
 */
import { invalid } from './checks.js';

/** Most bits of a dimension: a code is a byte. */
export const MAX_BITS = 8;

/** @throws FletchError `INVALID_ARGUMENT` unless the budget is from 1 to 8 bits a dimension */
export function checkBudget(budget: number, dimensions: number): void {
  if (!Number.isInteger(budget) || budget < 1 || budget > MAX_BITS * dimensions)
    throw invalid(
      `The bit budget must be an integer from 1 to ${MAX_BITS * dimensions} (8 bits for each of ${dimensions} dimensions), ` +
        `but is ${budget}.`,
      { budget, dimensions },
    );
}

/**
 * Non-uniform bits: one at a time to the dimension whose cells err most, a bit dividing that by four (SQUASH, section
 * 2.4). No other division of the budget leaves a smaller Σ e_j / 4^b_j. A dimension without energy gets none, so that
 * less than the budget is spent where only such ones are left.
 *
 * @param energies - variances of the dimensions
 * @param budget - bits in all
 * @throws FletchError `INVALID_ARGUMENT` for a budget below 1 or above 8 bits a dimension
 */
export function allocateBits(energies: ArrayLike<number>, budget: number): Uint8Array {
  checkBudget(budget, energies.length);
  const bits = new Uint8Array(energies.length);
  const left = Float64Array.from(energies);
  for (let spent = 0; spent < budget; spent++) {
    let best = -1;
    for (let j = 0; j < left.length; j++)
      if (bits[j]! < MAX_BITS && left[j]! > 0 && (best < 0 || left[j]! > left[best]!)) best = j;
    if (best < 0) break;
    bits[best]!++;
    left[best]! /= 4;
  }
  return bits;
}

/**
 * The same bits for every dimension; what cannot be divided goes to the first ones.
 *
 * @throws FletchError as {@link allocateBits}
 */
export function uniformBits(dimensions: number, budget: number): Uint8Array {
  checkBudget(budget, dimensions);
  const each = Math.floor(budget / dimensions);
  return Uint8Array.from({ length: dimensions }, (_, j) => each + (j < budget % dimensions ? 1 : 0));
}
