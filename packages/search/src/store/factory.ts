/**
 * How a store makes and loads the indexes of its collections.
 *
 * @module
 */
import { createHnswIndex, loadIndex } from '../index/create.js';
import type { IndexFactory } from './indexes.js';

/** @param threads - default: as many as there are cores */
export function indexFactory(threads: number | undefined): IndexFactory {
  return {
    create: ({ dimension, distance, hnsw }) =>
      createHnswIndex({
        dimension,
        distance,
        m: hnsw.m,
        efConstruction: hnsw.ef_construct,
        ...threadOption(hnsw.max_indexing_threads || threads),
      }),
    load: (path) => loadIndex(path, threadOption(threads)),
  };
}

function threadOption(threads: number | undefined): { threads?: number } {
  return threads ? { threads } : {};
}
