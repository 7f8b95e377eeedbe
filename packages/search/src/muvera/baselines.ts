/**
 * What fixed dimensional encodings are measured against.
 *
 * @module
 */
import type { Matrix } from '@fletch/linalg';
import type { IndexHits } from '../index/types.js';
import { joinSets } from './sets.js';

/** Documents that a query's vectors found. */
export interface HeuristicCandidates {
  /** Each once, those of better ranks first. */
  readonly documents: Uint32Array;
  /** Hits that named them, duplicates included. */
  readonly retrieved: number;
}

/**
 * The single-vector heuristic: every vector of the query takes its nearest among the vectors of all documents, and
 * whose they are is a candidate (Khattab and Zaharia, SIGIR 2020, section 3.6).
 *
 * @param hits - of each vector of the query, best first
 * @param owner - document of each row
 * @param each - hits of a vector that count. Default: all
 */
export function singleVectorCandidates(
  hits: readonly IndexHits[],
  owner: Uint32Array,
  each = Math.max(0, ...hits.map(({ rows }) => rows.length)),
): HeuristicCandidates {
  const found = new Set<number>();
  let retrieved = 0;
  for (let rank = 0; rank < each; rank++)
    for (const { rows } of hits) {
      if (rank >= rows.length) continue;
      retrieved++;
      found.add(owner[rows[rank]!]!);
    }
  return { documents: Uint32Array.from(found), retrieved };
}

/**
 * A set's mean at unit length, compared by inner product: one vector for a set, without partitions.
 *
 * @throws FletchError `INVALID_ARGUMENT` for an empty set, `NON_FINITE`
 */
export function meanPool(set: Matrix): Float32Array {
  const { vectors } = joinSets([set], set.cols);
  const sum = new Float64Array(set.cols);
  for (let i = 0; i < set.rows; i++) for (let j = 0; j < set.cols; j++) sum[j]! += vectors.at(i, j);
  const length = Math.sqrt(sum.reduce((total, value) => total + value * value, 0));
  return Float32Array.from(sum, (value) => (length === 0 ? 0 : value / length));
}
