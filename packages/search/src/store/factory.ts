/**
 * How a store makes and loads the indexes of its collections.
 *
 * @module
 */
import { createFlatIndex, createHnswIndex, loadIndex } from '../index/create.js';
import type { IndexFactory } from './indexes.js';

/** @param threads - default: as many as there are cores */
export function indexFactory(threads: number | undefined): IndexFactory {
  return {
    create: ({ dimension, distance, hnsw }) => {
      const common = { dimension, distance, ...threadOption(hnsw.max_indexing_threads || threads) };
      // Without links there is no graph: every search compares all.
      return hnsw.m === 0
        ? createFlatIndex(common)
        : createHnswIndex({ ...common, m: Math.max(2, hnsw.m), efConstruction: hnsw.ef_construct });
    },
    load: (path) => loadIndex(path, threadOption(threads)),
  };
}

function threadOption(threads: number | undefined): { threads?: number } {
  return threads ? { threads } : {};
}
