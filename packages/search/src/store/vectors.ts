/**
 * The vectors that a collection holds: their parameters, and the checks of what comes in.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Distance } from '../index/types.js';
import type { CreateCollection, HnswConfig, VectorInput, VectorParams } from '../types/index.js';

/** One kind of vector of a collection; the unnamed one is called `''`. */
export interface VectorSpec {
  readonly name: string;
  readonly dimension: number;
  readonly distance: Distance;
  readonly hnsw: HnswConfig;
}

/** Qdrant's defaults. */
export const defaultHnsw: HnswConfig = {
  m: 16,
  ef_construct: 100,
  full_scan_threshold: 10_000,
  max_indexing_threads: 0,
};

const distances: readonly string[] = ['Cosine', 'Dot', 'Euclid', 'Manhattan'] satisfies Distance[];
type HnswNumber = 'm' | 'ef_construct' | 'full_scan_threshold' | 'max_indexing_threads';

const hnswLimits: { readonly [K in HnswNumber]: readonly [least: number, most: number] } = {
  m: [2, 256],
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
  const { vectors } = config;
  if (typeof vectors !== 'object' || vectors === null)
    throw invalid('vectors: expected {size, distance} or an object of named vectors.');
  const hnsw = hnswConfig(config.hnsw_config, defaultHnsw, 'hnsw_config');
  const named = isParams(vectors) ? [['', vectors] as const] : Object.entries(vectors);
  if (named.length === 0) throw invalid('vectors: a collection needs at least one vector.');
  return named.map(([name, params]) => vectorSpec(name, params, hnsw));
}

function isParams(vectors: VectorParams | { [name: string]: VectorParams }): vectors is VectorParams {
  return typeof (vectors as VectorParams).size !== 'object' && Object.hasOwn(vectors, 'size');
}

function vectorSpec(name: string, params: VectorParams, hnsw: HnswConfig): VectorSpec {
  const at = name === '' ? 'vectors' : `vectors.${name}`;
  if (typeof params !== 'object' || params === null) throw invalid(`${at}: expected {size, distance}.`);
  const { size, distance } = params;
  if (!Number.isInteger(size) || size < 1 || size > 65_536)
    throw invalid(`${at}.size: expected an integer from 1 to 65536, got ${String(size)}.`);
  if (!distances.includes(distance))
    throw invalid(`${at}.distance: expected one of ${distances.join(', ')}, got ${String(distance)}.`);
  return {
    name,
    dimension: size,
    distance,
    hnsw: hnswConfig(params.hnsw_config, hnsw, `${at}.hnsw_config`),
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
): Map<string, Float32Array> {
  const vectors = new Map<string, Float32Array>();
  if (isVector(input)) {
    vectors.set('', readVector(input, specFor(specs, '', at), `${at}.vector`));
    return vectors;
  }
  if (typeof input !== 'object' || input === null)
    throw invalid(`${at}.vector: expected an array of numbers or an object of named vectors.`);
  for (const [name, values] of Object.entries(input)) {
    if (!isVector(values)) throw invalid(`${at}.vector.${name}: expected an array of numbers.`);
    vectors.set(name, readVector(values, specFor(specs, name, at), `${at}.vector.${name}`));
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
    `${at}: the collection has no ${name === '' ? 'unnamed vector' : `vector named "${name}"`}; it has ${names.join(', ')}.`,
    { details: { at, vector: name, vectors: [...specs.keys()] } },
  );
}

/** Checks one vector and copies it; see {@link readVectors}. */
export function readVector(input: number[] | Float32Array, spec: VectorSpec, at: string): Float32Array {
  if (input.length !== spec.dimension)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `${at} has ${input.length} dimensions, but the collection's vectors have ${spec.dimension}.`,
      { details: { at, expected: spec.dimension, actual: input.length } },
    );
  const vector = new Float32Array(input.length);
  let squares = 0;
  for (let i = 0; i < input.length; i++) {
    const value: unknown = input[i];
    if (typeof value !== 'number')
      throw invalid(`${at}[${i}]: expected a number, got ${JSON.stringify(value)}.`);
    vector[i] = value;
    if (!Number.isFinite(vector[i]))
      throw new FletchError('NON_FINITE', `${at}[${i}] is ${value}, which is not a finite 32-bit number.`, {
        details: { at, component: i },
      });
    squares += vector[i]! * vector[i]!;
  }
  if (spec.distance !== 'Cosine') return vector;
  if (squares === 0)
    throw new FletchError('ZERO_VECTOR', `${at} is all zeros, which has no direction to compare by cosine.`, {
      details: { at },
    });
  const length = Math.sqrt(squares);
  if (Math.abs(length - 1) > 1e-6) for (let i = 0; i < vector.length; i++) vector[i]! /= length;
  return vector;
}

/** Whether `value` is one vector rather than a map of them. */
export function isVector(value: unknown): value is number[] | Float32Array {
  return Array.isArray(value) || value instanceof Float32Array;
}

function invalid(message: string): FletchError {
  return new FletchError('INVALID_ARGUMENT', message);
}
