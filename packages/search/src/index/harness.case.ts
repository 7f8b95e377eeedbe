/**
 * An HNSW index beside the exact answers, for the tests of the graph.
 *
 * @module
 */
import type { Bitset } from './bitset.js';
import { createFlatIndex } from './create.js';
import { HnswIndex } from './hnsw.js';
import { Rows } from './rows.js';
import type { Distance, VectorIndex } from './types.js';

export interface Harness {
  readonly rows: Rows;
  readonly index: HnswIndex;
  readonly exact: VectorIndex;
  add(rows: readonly number[], vectors: Float32Array): Promise<void>;
  remove(rows: readonly number[]): Promise<void>;
  /** Share of the true ten nearest that are found, over all `queries`. */
  recall(queries: Float32Array, options?: { ef?: number; filter?: Bitset }): number;
  close(): Promise<void>;
}

/** @param options - `m` 16, `efConstruction` 100 and two threads, as users have them */
export async function createHarness(options: {
  dimension: number;
  distance?: Distance;
  m?: number;
  efSearch?: number;
}): Promise<Harness> {
  const { dimension, distance = 'Euclid', m = 16, efSearch = 128 } = options;
  const rows = await Rows.create({ dimension, distance, m, efConstruction: 100, seed: 1 });
  const index = new HnswIndex(rows, efSearch, 2);
  const exact = await createFlatIndex({ dimension, distance, threads: 1 });
  return {
    rows,
    index,
    exact,
    async add(list, vectors) {
      await Promise.all([index.add(list, vectors), exact.add(list, vectors)]);
    },
    async remove(list) {
      await Promise.all([index.remove(list), exact.remove(list)]);
    },
    recall(queries, { ef, filter } = {}) {
      let found = 0;
      let total = 0;
      for (let at = 0; at < queries.length; at += dimension) {
        const query = queries.subarray(at, at + dimension);
        const truth = exact.search(query, 10, filter ? { filter } : {}).rows;
        const hits = index.search(query, 10, { ...(ef ? { ef } : {}), ...(filter ? { filter } : {}) }).rows;
        total += truth.length;
        for (const row of hits) if (truth.includes(row)) found++;
      }
      return total === 0 ? 1 : found / total;
    },
    async close() {
      await index.close();
      await exact.close();
    },
  };
}
