/**
 * The vectors that a collection holds: their parameters, and the checks of what comes in.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Distance } from '../index/types.js';
import { isSparse, isVector, readValue } from '../space/read.js';
import {
  type DenseSpec,
  MAX_VECTORS,
  type MultiSpec,
  type SparseSpec,
  type VectorSpec,
} from '../space/spec.js';
import type { VectorValue } from '../space/types.js';
import type {
  CreateCollection,
  Datatype,
  HnswConfig,
  SparseVectorParams,
  VectorInput,
  VectorParams,
} from '../types/index.js';
import { checkVectorName } from './names.js';

export type { VectorSpec } from '../space/spec.js';

/** Qdrant's defaults. */
export const defaultHnsw: HnswConfig = {
  m: 16,
  ef_construct: 100,
  full_scan_threshold: 10_000,
  max_indexing_threads: 0,
};

const distances: readonly string[] = ['Cosine', 'Dot', 'Euclid', 'Manhattan'] satisfies Distance[];
const datatypes: readonly string[] = ['float32', 'float16', 'uint8', 'turbo4'] satisfies Datatype[];
type HnswNumber = 'm' | 'ef_construct' | 'full_scan_threshold' | 'max_indexing_threads';

const hnswLimits: { readonly [K in HnswNumber]: readonly [least: number, most: number] } = {
  m: [0, 256],
  ef_construct: [4, 8192],
  full_scan_threshold: [0, 2 ** 40],
  max_indexing_threads: [0, 1024],
};

/**
 * Reads the vector parameters of a new collection.
 *
 * @throws FletchError `INVALID_ARGUMENT`
 */
export function vectorSpecs(config: CreateCollection): VectorSpec[] {
  const { vectors = {}, sparse_vectors: sparse } = config;
  if (typeof vectors !== 'object' || vectors === null)
    throw invalid('vectors: expected {size, distance} or an object of named vectors.');
  const hnsw = hnswConfig(config.hnsw_config, defaultHnsw, 'hnsw_config');
  const named = isParams(vectors) ? [['', vectors] as const] : Object.entries(vectors);
  const specs: VectorSpec[] = named.map(([name, params], slot) => dimensionedSpec(name, slot, params, hnsw));
  for (const [name, params] of Object.entries(sparse ?? {})) {
    if (specs.some((spec) => spec.name === name))
      throw invalid(`sparse_vectors: there is a vector named "${name}" already.`);
    specs.push(sparseSpec(name, specs.length, params));
  }
  if (specs.length > MAX_VECTORS) throw invalid(`A collection can have ${MAX_VECTORS} vectors and no more.`);
  for (const { name } of specs) checkVectorName(name);
  return specs;
}

function isParams(vectors: VectorParams | { [name: string]: VectorParams }): vectors is VectorParams {
  return typeof (vectors as VectorParams).size !== 'object' && Object.hasOwn(vectors, 'size');
}

/**
 * What is kept of a dense or multi vector's parameters.
 *
 * @param hnsw - what holds where the parameters say nothing
 * @throws FletchError `INVALID_ARGUMENT`
 */
export function dimensionedSpec(
  name: string,
  slot: number,
  params: VectorParams,
  hnsw: HnswConfig,
): DenseSpec | MultiSpec {
  const at = name === '' ? 'vectors' : `vectors.${name}`;
  if (typeof params !== 'object' || params === null) throw invalid(`${at}: expected {size, distance}.`);
  const { size, distance, datatype, multivector_config: multi } = params;
  if (!Number.isInteger(size) || size < 1 || size > 65_536)
    throw invalid(`${at}.size: expected an integer from 1 to 65536, got ${String(size)}.`);
  if (!distances.includes(distance))
    throw invalid(`${at}.distance: expected one of ${distances.join(', ')}, got ${String(distance)}.`);
  if (datatype != null && !datatypes.includes(datatype))
    throw invalid(`${at}.datatype: expected one of ${datatypes.join(', ')}, got ${String(datatype)}.`);
  if (multi != null && multi.comparator !== 'max_sim')
    throw invalid(`${at}.multivector_config.comparator: expected max_sim, got ${String(multi.comparator)}.`);
  if (multi?.encodings && distance !== 'Cosine' && distance !== 'Dot')
    throw invalid(
      `${at}.multivector_config.encodings: they stand for sums of dot products, use Cosine or Dot instead of ${distance}.`,
    );
  return {
    kind: multi == null ? 'dense' : 'multi',
    name,
    slot,
    dimension: size,
    distance,
    hnsw: hnswConfig(params.hnsw_config, hnsw, `${at}.hnsw_config`),
    ...(datatype != null && datatype !== 'float32' && { datatype }),
    params: withoutNulls(params),
  };
}

/**
 * What is kept of a sparse vector's parameters.
 *
 * @throws FletchError `INVALID_ARGUMENT`
 */
export function sparseSpec(name: string, slot: number, params: SparseVectorParams): SparseSpec {
  const at = `sparse_vectors.${name}`;
  if (typeof params !== 'object' || params === null) throw invalid(`${at}: expected an object.`);
  const { modifier, index } = params;
  if (modifier != null && modifier !== 'none' && modifier !== 'idf')
    throw invalid(`${at}.modifier: expected none or idf, got ${String(modifier)}.`);
  const datatype = index?.datatype;
  if (datatype === 'turbo4') throw invalid(`${at}: sparse vectors do not support the datatype turbo4.`);
  if (datatype != null && !datatypes.includes(datatype))
    throw invalid(`${at}.index.datatype: expected float32, float16 or uint8, got ${String(datatype)}.`);
  return {
    kind: 'sparse',
    name,
    slot,
    ...(modifier === 'idf' && { modifier }),
    params: withoutNulls(params),
  };
}

function hnswConfig(given: Partial<HnswConfig> | null | undefined, base: HnswConfig, at: string): HnswConfig {
  const config = { ...base };
  for (const key of Object.keys(hnswLimits) as HnswNumber[]) {
    const value = given?.[key] ?? base[key];
    const [least, most] = hnswLimits[key];
    if (!Number.isInteger(value) || value < least || value > most)
      throw invalid(`${at}.${key}: expected an integer from ${least} to ${most}, got ${String(value)}.`);
    config[key] = value;
  }
  return config;
}

/**
 * The vectors of one point by name, checked; those compared by cosine are brought to unit length.
 *
 * @param at - where it stood, for messages: `points[3]`
 * @throws FletchError `INVALID_ARGUMENT`, `DIMENSION_MISMATCH`, `NON_FINITE`, `ZERO_VECTOR`
 */
export function readVectors(
  input: VectorInput,
  specs: ReadonlyMap<string, VectorSpec>,
  at: string,
): Map<string, VectorValue> {
  const vectors = new Map<string, VectorValue>();
  if (isVector(input)) {
    vectors.set('', readValue(input, specFor(specs, '', at), `${at}.vector`));
    return vectors;
  }
  if (typeof input !== 'object' || input === null)
    throw invalid(`${at}.vector: expected an array of numbers or an object of named vectors.`);
  if (isSparse(input) && !specs.has('indices') && !specs.has('values'))
    throw invalid(`${at}.vector: a sparse vector has a name, as in {words: {indices: […], values: […]}}.`);
  for (const [name, value] of Object.entries(input)) {
    if (!isVector(value) && !isSparse(value))
      throw invalid(`${at}.vector.${name}: expected an array of numbers or {indices, values}.`);
    vectors.set(name, readValue(value, specFor(specs, name, at), `${at}.vector.${name}`));
  }
  return vectors;
}

/**
 * The parameters of the vector called `name`.
 *
 * @throws FletchError `INVALID_ARGUMENT` naming those that there are
 */
export function specFor(specs: ReadonlyMap<string, VectorSpec>, name: string, at: string): VectorSpec {
  const spec = specs.get(name);
  if (spec) return spec;
  const names = [...specs.keys()].map((known) => (known === '' ? 'an unnamed one' : `"${known}"`));
  throw new FletchError(
    'INVALID_ARGUMENT',
    `${at}: the collection has no ${name === '' ? 'unnamed vector' : `vector named "${name}"`}; it has ${names.join(', ') || 'none'}.`,
    { details: { at, vector: name, vectors: [...specs.keys()] } },
  );
}

function withoutNulls<T extends object>(params: T): T {
  return JSON.parse(JSON.stringify(params, (_key, value: unknown) => value ?? undefined)) as T;
}

function invalid(message: string): FletchError {
  return new FletchError('INVALID_ARGUMENT', message);
}
