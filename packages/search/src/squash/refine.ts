/**
 * The last stage: vectors are read and their distances computed.
 *
 * @module
 */
import { Top } from '../query/top.js';

/** Vectors by their local rows. */
export type VectorOf = (row: number) => Float32Array;

/** Euclidean distance, summed in double precision. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) {
    const gap = a[j]! - b[j]!;
    sum += gap * gap;
  }
  return Math.sqrt(sum);
}

/** Hits of a partition, or of several. */
export interface Nearest {
  readonly ids: Uint32Array;
  readonly dists: Float32Array;
}

/** The k nearest of ids with their distances; equal ones by id. */
export function nearestOf(parts: readonly Nearest[], k: number): Nearest {
  const top = new Top(k);
  for (const { ids, dists } of parts) for (let i = 0; i < ids.length; i++) top.offer(ids[i]!, -dists[i]!);
  const { rows, scores } = top.hits();
  return { ids: rows, dists: scores.map((score) => 0 - score) };
}

/** Distances of vectors from the query, the k least. */
export function refine(
  query: ArrayLike<number>,
  rows: Uint32Array,
  ids: Uint32Array,
  vectorOf: VectorOf,
  k: number,
): Nearest {
  const dists = Float32Array.from(rows, (row) => distance(query, vectorOf(row)));
  return nearestOf([{ ids: rows.map((row) => ids[row]!), dists }], k);
}
