/**
 * A vector of every kind of index, for suites that must hold whatever the kind.
 *
 * @module
 */
import type { VectorParams } from '../types/index.js';

/** By kind, what makes a vector have an index of it; those that learn do so early. */
export function indexKinds(size: number): Record<string, VectorParams> {
  const common = { size, distance: 'Euclid' } as const;
  const dimension = Math.max(1, size >>> 1);
  return {
    flat: { ...common, hnsw_config: { m: 0 } },
    hnsw: { ...common, quantization_config: { scalar: { type: 'int8' } } },
    leanvec: { ...common, quantization_config: { leanvec: { dimension, train_at: 12 } } },
    osq: { ...common, quantization_config: { osq: { train_at: 12, partitions: 2 } } },
    tokens: { ...common, distance: 'Dot', multivector_config: { comparator: 'max_sim' } },
    encoded: { ...common, distance: 'Dot', multivector_config: { comparator: 'max_sim', encodings: true } },
  };
}

/** A vector in the form that its parameters ask for. */
export function formed(params: VectorParams, vector: number[]): number[] | number[][] {
  return params.multivector_config ? [vector] : vector;
}
