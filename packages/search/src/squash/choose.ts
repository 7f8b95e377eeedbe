/**
 * Which partitions a query visits.
 *
 * @module
 */
import type { Bitset } from '../index/bitset.js';

/** A partition to search, and the candidates in it. */
export interface Issue {
  readonly partition: number;
  /** Local rows, rising. */
  readonly rows: Uint32Array;
}

/**
 * The guaranteed pass: partitions by rising distance of their centroids; those within `factor` times the least distance
 * always, then further ones until they hold `min(k, M)` candidates in all, M the number of matches. Partitions without
 * candidates are skipped.
 *
 * @param distances - of the query from each centroid
 * @param candidates - local rows of a partition that match
 * @param needed - min(k, M)
 */
export function choosePartitions(
  distances: Float64Array,
  candidates: (partition: number) => Uint32Array,
  { needed, factor }: { readonly needed: number; readonly factor: number },
): Issue[] {
  const order = Uint32Array.from(distances.keys()).sort((a, b) => distances[a]! - distances[b]! || a - b);
  const threshold = factor * (distances[order[0]!] ?? 0);
  const issues: Issue[] = [];
  let issued = 0;
  for (const partition of order) {
    if (distances[partition]! > threshold && issued >= needed) break;
    const rows = candidates(partition);
    if (rows.length === 0) continue;
    issues.push({ partition, rows });
    issued += rows.length;
  }
  return issues;
}

/** Local rows of a partition that are in the mask; all of them without one. */
export function candidatesIn(ids: Uint32Array, mask: Bitset | null): Uint32Array {
  if (mask === null) return Uint32Array.from(ids.keys());
  const rows = new Uint32Array(ids.length);
  let count = 0;
  for (let row = 0; row < ids.length; row++) if (mask.has(ids[row]!)) rows[count++] = row;
  return rows.subarray(0, count);
}
