/**
 * MaxSim from the scores of single vectors.
 *
 * @module
 */
import { type Distance, largerIsBetter, type RowGroups } from './types.js';

/**
 * For each token of a query the best score in each group, summed; under `Euclid` the root of the summed squares.
 *
 * @param compare - the scores of one token with all rows of the groups
 */
export async function maxSimByScores(
  query: Float32Array,
  { starts }: RowGroups,
  { dimension, distance }: { readonly dimension: number; readonly distance: Distance },
  compare: (token: Float32Array) => Promise<Float32Array>,
): Promise<Float32Array> {
  const best = largerIsBetter(distance) ? Math.max : Math.min;
  const sums = new Float64Array(Math.max(0, starts.length - 1));
  for (let at = 0; at < query.length; at += dimension) {
    const scores = await compare(query.subarray(at, at + dimension));
    for (let group = 0; group < sums.length; group++) {
      let score = scores[starts[group]!]!;
      for (let i = starts[group]! + 1; i < starts[group + 1]!; i++) score = best(score, scores[i]!);
      sums[group]! += distance === 'Euclid' ? score * score : score;
    }
  }
  return Float32Array.from(sums, (sum) => (distance === 'Euclid' ? Math.sqrt(sum) : sum));
}
