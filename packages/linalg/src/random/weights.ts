/**
 * Tables of cumulative weights.
 *
 * @module
 */
import { FletchError } from '@fletch/base';

/**
 * Sums of the weights up to each index; weights of zero at the end are left out.
 *
 * @throws FletchError `INVALID_ARGUMENT` naming the first bad weight, or when all are zero
 */
export function cumulative(weights: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(weights.length);
  let total = 0;
  let used = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    if (!(weight >= 0) || weight === Number.POSITIVE_INFINITY)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Weight ${i} is ${weight}: weights are finite and not negative.`,
        {
          details: { index: i, weight },
        },
      );
    total += weight;
    sums[i] = total;
    if (weight > 0) used = i + 1;
  }
  if (!(total > 0) || total === Number.POSITIVE_INFINITY)
    throw new FletchError('INVALID_ARGUMENT', `The ${weights.length} weights sum to ${total}.`, {
      details: { total },
    });
  return sums.subarray(0, used);
}

/** The first index whose cumulative weight exceeds `value`, the last one for the total itself. */
export function search(sums: Float64Array, value: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
