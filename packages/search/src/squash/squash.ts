/**
 * The index: partitions, attributes, and the search through them.
 *
 * @module
 */
import { FletchError, throwIfAborted } from '@fletch/base';
import { type Matrix, rng } from '@fletch/linalg';
import type { Bitset } from '../index/bitset.js';
import { checkInteger } from '../index/validate.js';
import { type Attributes, quantizeAttributes } from './attributes.js';
import { checkBudget } from './bits.js';
import { checkChoice, checkQuery, checkVectors, invalid, searchOptions } from './checks.js';
import { candidatesIn, choosePartitions } from './choose.js';
import { equalClusters } from './clusters.js';
import { buildPartition, type Partition } from './partition.js';
import { distance, type Nearest, nearestOf, refine } from './refine.js';
import {
  allocations,
  binaryBases,
  type Funnel,
  type SquashHits,
  type SquashOptions,
  type SquashSearchOptions,
} from './types.js';

/** What an index consists of. */
export interface SquashParts {
  /** n x d, by id. */
  readonly vectors: Matrix<Float32Array>;
  readonly attributes: Attributes;
  /** P x d. */
  readonly centroids: Matrix<Float32Array>;
  readonly partitions: readonly Partition[];
}

/** Bytes of an index. */
export interface SquashStats {
  readonly count: number;
  readonly dimension: number;
  readonly partitions: number;
  /** Of a vector: its packed codes. */
  readonly codeBytes: number;
  /** Of a vector: its signs. */
  readonly signBytes: number;
  /** Of all vectors: codes, signs, axes, boundaries and ids. */
  readonly indexBytes: number;
  /** Of all vectors in full. */
  readonly vectorBytes: number;
}

/** Vectors in partitions, with attributes: made by {@link buildSquash} and `loadSquash`. */
export class SquashIndex implements SquashParts {
  readonly vectors: Matrix<Float32Array>;
  readonly attributes: Attributes;
  readonly centroids: Matrix<Float32Array>;
  readonly partitions: readonly Partition[];

  constructor({ vectors, attributes, centroids, partitions }: SquashParts) {
    this.vectors = vectors;
    this.attributes = attributes;
    this.centroids = centroids;
    this.partitions = partitions;
  }

  get count(): number {
    return this.vectors.rows;
  }

  get dimension(): number {
    return this.vectors.cols;
  }

  /**
   * The k nearest vectors that satisfy the conditions: exactly min(k, M) of the M that do, in one pass.
   *
   * @param query - d numbers
   * @throws FletchError `DIMENSION_MISMATCH`, `NON_FINITE`, `INVALID_ARGUMENT`
   */
  search(query: ArrayLike<number>, k: number, options: SquashSearchOptions = {}): SquashHits {
    const settled = searchOptions(k, options);
    checkQuery(query, this.dimension);
    const mask = settled.where.length > 0 ? this.attributes.matches(settled.where) : null;
    const matched = mask?.count ?? this.count;
    const distances = centroidDistances(query, this.centroids);
    return settled.mode === 'exact'
      ? this.#exact(query, k, distances, mask, matched)
      : this.#approximate(query, k, distances, mask, matched, settled);
  }

  #approximate(
    query: ArrayLike<number>,
    k: number,
    distances: Float64Array,
    mask: Bitset | null,
    matched: number,
    { hammingPercent, refine: times, centroidFactor }: Required<SquashSearchOptions>,
  ): SquashHits {
    const issues = choosePartitions(
      distances,
      (partition) => candidatesIn(this.partitions[partition]!.data.ids, mask),
      { needed: Math.min(k, matched), factor: centroidFactor },
    );
    const funnel = { matched, issued: 0, hamming: 0, lb: 0, exact: 0, partitions: issues.length };
    const parts = issues.map(({ partition, rows }): Nearest => {
      const { data } = this.partitions[partition]!;
      const narrowed = this.partitions[partition]!.narrow(query, rows, {
        percent: hammingPercent,
        read: Math.ceil(times * k),
      });
      funnel.issued += rows.length;
      funnel.hamming += narrowed.left.length;
      funnel.lb += narrowed.rows.length;
      funnel.exact += narrowed.rows.length;
      return refine(query, narrowed.rows, data.ids, (row) => this.vectors.row(data.ids[row]!), k);
    });
    return { ...nearestOf(parts, k), funnel };
  }

  /** Vectors by rising lower bound, until it passes the k-th distance (Weber, Schek and Blott's VA-file, VLDB 1998). */
  #exact(
    query: ArrayLike<number>,
    k: number,
    distances: Float64Array,
    mask: Bitset | null,
    matched: number,
  ): SquashHits {
    let best: Nearest = { ids: new Uint32Array(0), dists: new Float32Array(0) };
    let read = 0;
    const order = Uint32Array.from(distances.keys()).sort((a, b) => distances[a]! - distances[b]! || a - b);
    for (const partition of order) {
      const { ids } = this.partitions[partition]!.data;
      const { rows, bounds } = this.partitions[partition]!.lowerBounds(query, candidatesIn(ids, mask));
      for (let i = 0; i < rows.length; i++) {
        const limit = best.ids.length < k ? Number.POSITIVE_INFINITY : best.dists[k - 1]!;
        if (bounds[i]! > limit) break;
        const id = ids[rows[i]!]!;
        read++;
        const dist = Math.fround(distance(query, this.vectors.row(id)));
        if (dist <= limit)
          best = nearestOf([best, { ids: Uint32Array.of(id), dists: Float32Array.of(dist) }], k);
      }
    }
    const funnel: Funnel = {
      matched,
      issued: matched,
      hamming: matched,
      lb: matched,
      exact: read,
      partitions: this.partitions.length,
    };
    return { ...best, funnel };
  }

  /** Sizes. */
  stats(): SquashStats {
    const codeBytes = Math.max(...this.partitions.map((partition) => partition.codeBytes));
    const indexBytes = this.partitions.reduce((sum, { data }) => {
      const { ids, axes, bounds, segments, signs, mean } = data;
      const arrays = [ids, axes.data, bounds, signs, mean, ...segments];
      return sum + arrays.reduce((bytes, { byteLength }) => bytes + byteLength, 0);
    }, this.centroids.data.byteLength);
    return {
      count: this.count,
      dimension: this.dimension,
      partitions: this.partitions.length,
      codeBytes,
      signBytes: Math.ceil(this.dimension / 8),
      indexBytes,
      vectorBytes: this.vectors.data.byteLength,
    };
  }
}

/** Distances of a query from all centroids. */
export function centroidDistances(query: ArrayLike<number>, centroids: Matrix<Float32Array>): Float64Array {
  return Float64Array.from({ length: centroids.rows }, (_, p) => distance(query, centroids.row(p)));
}

/**
 * Builds SQUASH's index (Oakley and Ferhatosmanoglu, arXiv 2502.01528, 2025): partitions of nearly equal sizes, in each
 * the principal axes, bits by energy, cells by Lloyd's rule, and codes in shared bytes.
 *
 * @param x - n x d, finite; kept, not copied
 * @param attrs - numeric attributes, n values each; default none
 * @throws FletchError `INVALID_ARGUMENT` for options out of range, too many partitions or vectors that are all the same,
 *   `DIMENSION_MISMATCH`, `NON_FINITE` with the position, `ABORTED`
 * @example
 * ```ts
 * const index = await buildSquash(vectors, [prices], { attributeNames: ['price'] });
 * index.search(query, 10, { where: [{ attr: 'price', op: '<', a: 20 }] }).ids;
 * ```
 */
export async function buildSquash(
  x: Matrix<Float32Array>,
  attrs: readonly Float32Array[] = [],
  options: SquashOptions = {},
): Promise<SquashIndex> {
  const { k = 10, bitBudget = 4 * x.cols, attrBits = 8, attributeNames = [], seed = 0 } = options;
  const { binaryBasis = 'rotated', allocation = 'greedy', signal, onProgress } = options;
  checkInteger('k', k, 1, x.rows);
  const { partitions = Math.max(1, Math.min(10, Math.floor(x.rows / (2 * k)))) } = options;
  const lloyd = { tol: options.lloyd?.tol ?? 0.005, maxIter: options.lloyd?.maxIter ?? 250 };
  checkChoice('binaryBasis', binaryBasis, binaryBases);
  checkChoice('allocation', allocation, allocations);
  checkInteger('partitions', partitions, 1, Math.max(1, Math.floor(x.rows / (2 * k))));
  checkInteger('lloyd.maxIter', lloyd.maxIter, 1, 10_000);
  if (!(lloyd.tol >= 0)) throw invalid(`lloyd.tol must not be negative, but is ${lloyd.tol}.`);
  checkBudget(bitBudget, x.cols);
  checkVectors(x);
  checkVaries(x);
  const attributes = quantizeAttributes(attrs, x.rows, {
    bits: attrBits,
    names: attributeNames,
    lloyd,
    seed,
  });
  const { centroids, members } = await equalClusters(x, partitions, rng(seed), options);
  const built: Partition[] = [];
  for (const ids of members) {
    throwIfAborted(signal);
    onProgress?.({ done: built.length, total: partitions, stage: 'coding' });
    built.push(buildPartition(x, ids, { bitBudget, allocation, basis: binaryBasis, lloyd, seed }));
    await new Promise(setImmediate);
  }
  return new SquashIndex({ vectors: x, attributes, centroids, partitions: built });
}

function checkVaries(x: Matrix<Float32Array>): void {
  for (let at = x.cols; at < x.data.length; at++) if (x.data[at] !== x.data[at % x.cols]) return;
  throw new FletchError(
    'INVALID_ARGUMENT',
    `All ${x.rows} vectors are the same: there is no variance to code.`,
  );
}
