/**
 * How many values of a spectrum count.
 *
 * @module
 */

/**
 * e to the entropy of the values as shares of their sum (Roy and Vetterli, The effective rank, EUSIPCO 2007): 1 when one
 * value holds all, n when n are alike, 0 when none is positive.
 *
 * @param spectrum - singular values or eigenvalues; what is not positive counts as 0
 * @example
 * ```ts
 * effectiveRankOf([1, 1, 1, 0]); // 3
 * ```
 */
export function effectiveRankOf(spectrum: ArrayLike<number>): number {
  const positive = Array.from(spectrum).filter((value) => value > 0);
  const total = positive.reduce((sum, value) => sum + value, 0);
  if (total === 0) return 0;
  return Math.exp(-positive.reduce((sum, value) => sum + (value / total) * Math.log(value / total), 0));
}
