/**
 * Quantiles of weighted samples.
 *
 * @module
 */

/**
 * Quantiles of a weighted sample: linear between the middles of the steps of its distribution function.
 *
 * @param values - ascending
 * @param weights - positive; of the first `count` values
 * @param tau - ascending
 */
export function weightedQuantiles(
  values: ArrayLike<number>,
  weights: ArrayLike<number>,
  count: number,
  tau: ArrayLike<number>,
  out: Float64Array,
): void {
  let total = 0;
  for (let i = 0; i < count; i++) total += weights[i]!;
  let i = 0;
  let before = 0;
  // The middle of the step of value i, and of the one before it.
  let middle = weights[0]! / 2;
  let last = middle;
  for (let k = 0; k < tau.length; k++) {
    const wanted = tau[k]! * total;
    while (middle < wanted && i < count - 1) {
      before += weights[i]!;
      last = middle;
      middle = before + weights[++i]! / 2;
    }
    if (i === 0 || middle <= last) out[k] = values[i]!;
    else {
      const share = Math.min(1, (wanted - last) / (middle - last));
      out[k] = values[i - 1]! + share * (values[i]! - values[i - 1]!);
    }
  }
}
