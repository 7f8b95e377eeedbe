/**
 * Making the indexes that follow each other in a LeanVec index.
 *
 * @module
 */
import type { Coding } from '../codes.js';
import { HnswIndex } from '../hnsw.js';
import { Rows } from '../rows.js';
import type { Distance } from '../types.js';
import type { LeanVecSettings } from './settings.js';

/** What all indexes of one LeanVec index, one after another, are made with. */
export interface LeanVecPlan {
  readonly dimension: number;
  readonly distance: Distance;
  readonly settings: LeanVecSettings;
  readonly threads?: number | undefined;
  readonly memoryLimit?: number | undefined;
}

/** An empty index for rows of a coding, or of vectors. */
export async function createGeneration(plan: LeanVecPlan, coding?: Coding): Promise<HnswIndex> {
  const { dimension, distance, settings, threads, memoryLimit } = plan;
  const { m, efConstruction, efSearch, seed } = settings;
  // A vector costs more than its links: half of them are as good as in other graphs of vectors.
  const links = coding ? m : Math.max(2, m >>> 1);
  const rows = await Rows.create({
    dimension,
    distance,
    m: links,
    efConstruction,
    seed,
    memoryLimit,
    coding,
  });
  return new HnswIndex(rows, efSearch, threads);
}
