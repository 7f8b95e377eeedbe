/**
 * Learning how rows become codes: partitions, and in each its axes, their bits and their cells.
 *
 * @module
 */
import { Matrix, rng } from '@fletch/linalg';
import { MAX_BITS } from '../../squash/bits.js';
import { equalClusters } from '../../squash/clusters.js';
import { buildPartition, type PartitionData } from '../../squash/partition.js';
import type { OsqSettings } from './settings.js';

/** Rows for each partition, unless their number is given; and most partitions then. */
const ROWS_PER_PARTITION = 50_000;
const MOST_PARTITIONS = 10;
/** Rows of the sample that a partition must have. */
const LEAST_ROWS = 20;
const LLOYD = { tol: 0.005, maxIter: 250 };

/** How the rows of a partition become codes. */
export interface LearnedPartition extends Pick<PartitionData, 'mean' | 'bits' | 'bounds'> {
  /** One row of `dimension` values for each entry of `bits`. */
  readonly axes: Float32Array;
}

/** How rows become codes. */
export interface Codebook {
  readonly dimension: number;
  /** P x dimension. */
  readonly centroids: Float32Array;
  readonly partitions: readonly LearnedPartition[];
}

/** What is learned from. */
export interface Lesson {
  readonly dimension: number;
  readonly settings: OsqSettings;
  /** Rows that will be coded. */
  readonly size: number;
  /** A sample of them, `n × dimension` values. */
  readonly vectors: Float32Array;
}

/** A codebook for rows like those of the sample. */
export async function learnCodebook({ dimension, settings, size, vectors }: Lesson): Promise<Codebook> {
  const { bits, seed } = settings;
  const x = new Matrix(vectors, vectors.length / dimension, dimension);
  const wanted = settings.partitions ?? Math.min(MOST_PARTITIONS, Math.ceil(size / ROWS_PER_PARTITION));
  const most = Math.max(1, Math.floor(x.rows / LEAST_ROWS));
  const { centroids, members } = await equalClusters(x, Math.min(wanted, most), rng(seed));
  const bitBudget = Math.max(1, Math.min(MAX_BITS * dimension, Math.round(bits * dimension)));
  const partitions = members.map((ids): LearnedPartition => {
    const options = { bitBudget, allocation: 'greedy', basis: 'rotated', lloyd: LLOYD, seed } as const;
    const { mean, axes, bits, bounds } = buildPartition(x, ids, options).data;
    return { mean, axes: axes.data, bits, bounds };
  });
  return { dimension, centroids: centroids.data, partitions };
}
