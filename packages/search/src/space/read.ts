/**
 * Vectors as users give them: checked, copied, rounded, and brought to unit length where they are compared by cosine.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { roundTo } from './round.js';
import type { DenseSpec, MultiSpec, VectorSpec } from './spec.js';
import type { DenseValue, MultiValue, SparseValue, VectorValue } from './types.js';

/** Components of all tokens of one vector together: fewer than this. */
export const MAX_MULTI_COMPONENTS = 1024 * 1024;

type Dimensioned = Pick<DenseSpec | MultiSpec, 'dimension' | 'distance' | 'datatype'>;

/**
 * Reads one vector of any kind.
 *
 * @param at - where it stood, for messages: `points[3].vector`
 * @throws FletchError `INVALID_ARGUMENT`, `DIMENSION_MISMATCH`, `NON_FINITE`, `ZERO_VECTOR`
 */
export function readValue(input: unknown, spec: VectorSpec, at: string): VectorValue {
  if (spec.kind === 'sparse') return readSparse(input, at);
  return spec.kind === 'multi' ? readMulti(input, spec, at) : readDense(input, spec, at);
}

/** Whether `value` is a list of numbers (or of anything that should be numbers). */
export function isDense(value: unknown): value is number[] | Float32Array {
  return value instanceof Float32Array || (Array.isArray(value) && !isList(value[0]));
}

/** Whether `value` is one vector rather than a map of them. */
export function isVector(value: unknown): value is number[] | Float32Array | number[][] {
  return isList(value);
}

/** Whether `value` looks like a sparse vector. */
export function isSparse(value: unknown): value is { indices: unknown; values: unknown } {
  return typeof value === 'object' && value !== null && 'indices' in value && 'values' in value;
}

/** Reads a dense vector; see {@link readValue}. */
export function readDense(input: unknown, spec: Dimensioned, at: string): DenseValue {
  if (isSparse(input)) throw invalid(`${at}: expected an array of numbers, got a sparse vector.`);
  if (!isList(input)) throw invalid(`${at}: expected an array of numbers.`);
  if (!isDense(input))
    throw invalid(`${at}: expected an array of numbers, got several vectors; one is kept to a point.`);
  const vector = new Float32Array(spec.dimension);
  fill(vector, input, spec, at);
  return vector;
}

/** Reads the vectors of one point, one or several; see {@link readValue}. */
export function readMulti(input: unknown, spec: Dimensioned, at: string): MultiValue {
  if (isSparse(input)) throw invalid(`${at}: expected a list of vectors, got a sparse vector.`);
  if (!isList(input)) throw invalid(`${at}: expected a list of vectors.`);
  if (input.length === 0) throw invalid(`${at}: expected at least one vector.`);
  if (isDense(input)) return { tokens: 1, values: readDense(input, spec, at) };
  const { dimension } = spec;
  const tokens = input.length;
  if (tokens * dimension >= MAX_MULTI_COMPONENTS)
    throw invalid(
      `${at}: ${tokens} vectors of ${dimension} dimensions are too many for one point; all together must have fewer than ${MAX_MULTI_COMPONENTS} components.`,
    );
  const values = new Float32Array(tokens * dimension);
  for (let token = 0; token < tokens; token++) {
    const one: unknown = input[token];
    if (!isList(one)) throw invalid(`${at}[${token}]: expected an array of numbers.`);
    fill(values.subarray(token * dimension, (token + 1) * dimension), one, spec, `${at}[${token}]`);
  }
  return { tokens, values };
}

/** Reads a sparse vector and sorts it by index; see {@link readValue}. */
export function readSparse(input: unknown, at: string): SparseValue {
  if (!isSparse(input) || !isNumbers(input.indices) || !isNumbers(input.values))
    throw invalid(`${at}: expected a sparse vector, {indices: […], values: […]}.`);
  const { indices, values } = input;
  if (indices.length !== values.length)
    throw invalid(
      `${at}.values: expected as many as indices, which are ${indices.length}, got ${values.length}.`,
    );
  const count = indices.length;
  const sorted = new Uint32Array(count);
  const weights = new Float32Array(count);
  const valuesAt = `${at}.values`;
  let ascending = true;
  for (let i = 0; i < count; i++) {
    const index: unknown = indices[i];
    if (typeof index !== 'number' || index >>> 0 !== index)
      throw invalid(`${at}.indices[${i}]: expected an integer from 0 to 4294967295, got ${shown(index)}.`);
    sorted[i] = index;
    weights[i] = component(values[i], valuesAt, i);
    if (i > 0 && sorted[i - 1]! >= index) ascending = false;
  }
  return ascending ? { indices: sorted, values: weights } : inOrder(sorted, weights, at);
}

function inOrder(indices: Uint32Array, values: Float32Array, at: string): SparseValue {
  const order = Uint32Array.from(indices.keys()).sort((a, b) => indices[a]! - indices[b]!);
  const sorted = order.map((i) => indices[i]!);
  const twice = sorted.findIndex((index, i) => i > 0 && index === sorted[i - 1]);
  if (twice >= 0) throw invalid(`${at}.indices: must be unique, but ${sorted[twice]} is there twice.`);
  return { indices: sorted, values: Float32Array.from(order, (i) => values[i]!) };
}

/** Copies components into `target`, checked and prepared for comparison. */
function fill(target: Float32Array, input: ArrayLike<unknown>, spec: Dimensioned, at: string): void {
  const { dimension, distance, datatype } = spec;
  if (input.length !== dimension)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `${at} has ${input.length} dimensions, but the collection's vectors have ${dimension}.`,
      { details: { at, expected: dimension, actual: input.length } },
    );
  let squares = 0;
  for (let i = 0; i < dimension; i++) {
    const value = component(input[i], at, i);
    target[i] = value;
    squares += target[i]! * target[i]!;
  }
  if (distance === 'Cosine' && datatype !== 'uint8') {
    if (squares === 0) throw zero(at, '');
    const length = Math.sqrt(squares);
    if (Math.abs(length - 1) > 1e-6) for (let i = 0; i < dimension; i++) target[i]! /= length;
  }
  if (datatype === undefined || datatype === 'float32' || datatype === 'turbo4') return;
  roundTo(datatype, target);
  let nothing = true;
  for (let i = 0; i < dimension; i++) {
    if (!Number.isFinite(target[i]))
      throw nonFinite(at, i, `${String(input[i])}, which does not fit ${datatype}`);
    if (target[i] !== 0) nothing = false;
  }
  if (nothing && distance === 'Cosine') throw zero(at, ` once it is kept as ${datatype}`);
}

/** A component, checked as a finite 32-bit number. */
function component(value: unknown, at: string, i: number): number {
  if (typeof value !== 'number')
    throw invalid(`${at}[${i}]: expected a number, got ${JSON.stringify(value)}.`);
  if (!Number.isFinite(Math.fround(value)))
    throw nonFinite(at, i, `${value}, which is not a finite 32-bit number`);
  return value;
}

function isList(value: unknown): value is unknown[] | Float32Array {
  return Array.isArray(value) || value instanceof Float32Array;
}

function isNumbers(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

function nonFinite(at: string, i: number, what: string): FletchError {
  return new FletchError('NON_FINITE', `${at}[${i}] is ${what}.`, { details: { at, component: i } });
}

function zero(at: string, when: string): FletchError {
  return new FletchError(
    'ZERO_VECTOR',
    `${at} is all zeros${when}, which has no direction to compare by cosine.`,
    { details: { at } },
  );
}

function invalid(message: string): FletchError {
  return new FletchError('INVALID_ARGUMENT', message);
}
