/**
 * How a store makes and loads the indexes of its collections.
 *
 * @module
 */
import {
  createFlatIndex,
  createHnswIndex,
  createLeanVecIndex,
  createOsqIndex,
  type FlatOptions,
  loadIndex,
  type WholeVectors,
} from '../index/create.js';
import type { VectorIndex } from '../index/types.js';
import type { DenseSpec, MultiSpec } from '../space/spec.js';
import type { LeanVecConfig, OsqConfig } from '../types/index.js';
import type { IndexFactory } from './indexes.js';

/** From this dimension on a collection that says nothing of quantization gets reduced vectors once it is large enough. */
const LEAN_DIMENSION = 64;
/** Links per node of codes for each that a node of vectors would have: they cost less to follow. */
const CODED_LINKS = 2;

type Make = (spec: DenseSpec, common: FlatOptions, whole?: WholeVectors) => Promise<VectorIndex>;

/** Indexes by their key in `quantization_config`. The other keys are those of Qdrant: vectors are searched whole. */
const quantized: Readonly<Record<string, Make>> = {
  leanvec: ({ dimension, hnsw, quantization }, common) => {
    const config: LeanVecConfig = quantization && 'leanvec' in quantization ? quantization.leanvec : {};
    return createLeanVecIndex({
      ...common,
      ...(config.dimension && { reduced: Math.min(config.dimension, dimension) }),
      ...(config.primary_bits && { bits: config.primary_bits }),
      ...(config.secondary && common.distance !== 'Manhattan' && { secondary: config.secondary }),
      ...(config.method && { method: config.method }),
      ...(config.train_at && { trainAt: config.train_at }),
      m: Math.min(256, CODED_LINKS * hnsw.m),
      efConstruction: Math.min(8192, CODED_LINKS * hnsw.ef_construct),
    });
  },
  osq: ({ quantization }, common, whole) => {
    const config: OsqConfig = quantization && 'osq' in quantization ? quantization.osq : {};
    return createOsqIndex({
      ...common,
      ...(config.bits && { bits: config.bits }),
      ...(config.partitions && { partitions: config.partitions }),
      ...(config.hamming_percent && { hammingPercent: config.hamming_percent }),
      ...(config.refine && { refine: config.refine }),
      ...(config.train_at && { trainAt: config.train_at }),
      ...(whole && { whole }),
    });
  },
};

/** The key of the index for a vector; undefined for one of whole vectors. */
function kindOf({
  kind,
  dimension,
  distance,
  hnsw,
  quantization,
}: DenseSpec | MultiSpec): string | undefined {
  // Tokens are compared with all of a point's.
  if (kind === 'multi') return undefined;
  // OSQ has no links. Without them there is no other index: every search compares all.
  if (quantization && 'osq' in quantization) return 'osq';
  if (hnsw.m === 0) return undefined;
  if (quantization) return Object.keys(quantization).find((key) => Object.hasOwn(quantized, key));
  return dimension >= LEAN_DIMENSION && distance !== 'Manhattan' ? 'leanvec' : undefined;
}

/** @param threads - default: as many as there are cores */
export function indexFactory(threads: number | undefined): IndexFactory {
  return {
    create: (spec, whole) => {
      const { dimension, distance, hnsw } = spec;
      const common = { dimension, distance, ...threadOption(hnsw.max_indexing_threads || threads) };
      const kind = kindOf(spec);
      if (kind !== undefined) return quantized[kind]!(spec as DenseSpec, common, whole);
      return hnsw.m === 0
        ? createFlatIndex(common)
        : createHnswIndex({ ...common, m: Math.max(2, hnsw.m), efConstruction: hnsw.ef_construct });
    },
    load: (path, whole) => loadIndex(path, { ...threadOption(threads), ...(whole && { whole }) }),
  };
}

function threadOption(threads: number | undefined): { threads?: number } {
  return threads ? { threads } : {};
}
