/**
 * Vectors as they come in and go out, and their parameters.
 *
 * @module
 */
import type { Distance } from '../index/types.js';

/** Where Qdrant would keep data; accepted, and told again by `info`. Fletch decides by itself. */
export type Memory = 'cold' | 'cached' | 'pinned';

/** Parameters of the HNSW graph. */
export interface HnswConfig {
  /** Links per node on the upper layers; twice as many on the lowest. Default 16. */
  m: number;
  /** Candidate list while building. Default 100. */
  ef_construct: number;
  /** Below this many KiB of matching vectors a search scans exactly. Default 10000. */
  full_scan_threshold: number;
  /** Threads that build; 0 means as many as there are cores. Default 0. */
  max_indexing_threads: number;
  /** Accepted. Default false. */
  on_disk?: boolean;
  memory?: Memory;
  /** Accepted. */
  payload_m?: number;
  /** Accepted. */
  inline_storage?: boolean;
}

/**
 * Precision in which components are kept. `uint8` (cut off, 0 to 255) and `float16` round what is stored and what
 * is asked; both are compared as float32. `turbo4` is accepted and kept in full precision.
 */
export type Datatype = 'float32' | 'float16' | 'uint8' | 'turbo4';

/** How points of several vectors are compared. */
export interface MultiVectorConfig {
  /** MaxSim: for every query token the best score among the point's tokens, summed. */
  comparator: 'max_sim';
  /**
   * Find candidates by one encoding to a point (MUVERA), instead of by a graph of all tokens: quicker to build where points
   * have many tokens, with fewer of the best found. Under `Cosine` and `Dot`. Default: false.
   */
  encodings?: boolean;
}

/** How an index of reduced, quantized vectors is made; see docs/http-api.md. */
export interface LeanVecConfig {
  /** Components of the reduced vectors, at most those of the vector. Default: as few as lose little. */
  dimension?: number | null;
  /** Bits of each of them. Default: 8. */
  primary_bits?: 4 | 8 | null;
  /** What candidates are compared by in memory. Default: `lvq8`. */
  secondary?: 'lvq8' | 'f32' | null;
  /** How the reduction is learned. Default: `id`. */
  method?: 'id' | 'ood-fw' | 'ood-es' | 'ood-es-fw' | null;
  /** Points from which on it is learned. Default: 10,000. */
  train_at?: number | null;
}

/** How an index of the smallest codes is made; see docs/http-api.md. */
export interface OsqConfig {
  /** Bits of a code for each dimension, on the average, besides the one of its sign. Default: 2. */
  bits?: number | null;
  /** Partitions, each with axes of its own. Default: one for every 50,000 points, at most 10. */
  partitions?: number | null;
  /** Percent of a partition's points that the comparison of signs leaves. Default: 10. */
  hamming_percent?: number | null;
  /** Stored vectors that are compared for each hit. Default: 4. */
  refine?: number | null;
  /** Points from which on codes are learned. Default: 10,000. */
  train_at?: number | null;
}

/**
 * Quantization is described by an object with one of these keys. `leanvec` and `osq` make indexes of these kinds; the others are kept
 * and told again, see docs/http-api.md.
 */
export type QuantizationConfig =
  | { scalar: { [key: string]: unknown } }
  | { product: { [key: string]: unknown } }
  | { binary: { [key: string]: unknown } }
  | { turbo: { [key: string]: unknown } }
  | { leanvec: LeanVecConfig }
  | { osq: OsqConfig };

/** A dense vector, or with `multivector_config` a list of them. */
export interface VectorParams {
  /** Dimension, 1 to 65536. */
  size: number;
  distance: Distance;
  hnsw_config?: Partial<HnswConfig> | null;
  quantization_config?: QuantizationConfig | null;
  on_disk?: boolean | null;
  memory?: Memory | null;
  datatype?: Datatype | null;
  multivector_config?: MultiVectorConfig | null;
}

/** A sparse vector; compared by dot product. */
export interface SparseVectorParams {
  index?: {
    full_scan_threshold?: number | null;
    on_disk?: boolean | null;
    memory?: Memory | null;
    datatype?: Datatype | null;
  } | null;
  /** `idf` weights every query term by its inverse document frequency. Default `none`. */
  modifier?: 'none' | 'idf' | null;
}

/** Values at distinct indices (unsigned 32-bit), in any order; both lists are equally long. */
export interface SparseVector {
  indices: number[] | Uint32Array;
  values: number[] | Float32Array;
}

/** As many finite numbers as the dimension; kept as float32. */
export type DenseVectorInput = number[] | Float32Array;
/** Vectors of one dimension, one per token. */
export type MultiVectorInput = DenseVectorInput[];
/** A vector of any kind. */
export type AnyVectorInput = DenseVectorInput | MultiVectorInput | SparseVector;

/** The unnamed vector, or one per vector name. */
export type VectorInput = DenseVectorInput | MultiVectorInput | { [name: string]: AnyVectorInput };

/** A vector as it is returned; under `Cosine`, dense ones have length 1. */
export type VectorOutput = number[] | number[][] | { indices: number[]; values: number[] };
/** The unnamed vector, or those that were asked for by their names. */
export type VectorStructOutput = number[] | number[][] | { [name: string]: VectorOutput };
