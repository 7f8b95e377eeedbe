/**
 * What a collection knows of each of its vectors.
 *
 * @module
 */
import type { Distance } from '../index/types.js';
import type {
  Datatype,
  HnswConfig,
  QuantizationConfig,
  SparseVectorParams,
  VectorParams,
} from '../types/index.js';

/** Most vectors that a collection may have. */
export const MAX_VECTORS = 256;

interface NamedSpec {
  /** `''` for the unnamed vector. */
  readonly name: string;
  /** Number of its table and of its snapshot's file; never that of another vector of the collection. */
  readonly slot: number;
}

interface DimensionedSpec extends NamedSpec {
  readonly dimension: number;
  readonly distance: Distance;
  readonly hnsw: HnswConfig;
  /** The vector's own or the collection's; it chooses the index. */
  readonly quantization?: QuantizationConfig;
  /** Absent for `float32`. */
  readonly datatype?: Datatype;
  /** The parameters as they were given; what Fletch does not use of them is told again. */
  readonly params?: VectorParams;
}

/** One vector to a point. */
export interface DenseSpec extends DimensionedSpec {
  readonly kind: 'dense';
}

/** Several vectors of one dimension to a point, compared by MaxSim. */
export interface MultiSpec extends DimensionedSpec {
  readonly kind: 'multi';
}

/** Values at some of 2^32 indices, compared by dot product. */
export interface SparseSpec extends NamedSpec {
  readonly kind: 'sparse';
  /** `idf` weights the terms of queries by their inverse document frequency. */
  readonly modifier?: 'idf';
  readonly params?: SparseVectorParams;
}

export type VectorSpec = DenseSpec | MultiSpec | SparseSpec;

/** How a manifest of the first format describes a vector: all were dense, their slots in order. */
type EarlySpec = Omit<DenseSpec, 'kind' | 'slot'>;

/** The specs that a manifest lists. */
export function readSpecs(listed: readonly (VectorSpec | EarlySpec)[]): Map<string, VectorSpec> {
  return new Map(listed.map((spec, slot) => [spec.name, { kind: 'dense', slot, ...spec } as VectorSpec]));
}
