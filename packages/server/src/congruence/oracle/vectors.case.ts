/**
 * Vectors of the three kinds: how they are kept, how similar two of them are, what score is shown.
 *
 * @module
 */
import type {
  AnyVectorInput,
  CreateCollection,
  SparseVector,
  VectorInput,
  VectorParams,
} from '@fletch/search';
import { Refused } from './doubts.case.js';

/** What a collection's vector of one name is. */
export interface Kind {
  readonly name: string;
  readonly type: 'dense' | 'multi' | 'sparse';
  readonly distance: 'Cosine' | 'Dot' | 'Euclid' | 'Manhattan';
  readonly size: number;
  readonly idf: boolean;
}

/** Plain arrays of 32-bit numbers. */
export type Stored = number[] | number[][] | { indices: number[]; values: number[] };

export function kindsOf({ vectors, sparse_vectors }: CreateCollection): Map<string, Kind> {
  const kinds = new Map<string, Kind>();
  const single = vectors !== undefined && typeof (vectors as VectorParams).size === 'number';
  const named = single
    ? { '': vectors as VectorParams }
    : ((vectors ?? {}) as { [name: string]: VectorParams });
  for (const [name, { size, distance, multivector_config }] of Object.entries(named))
    kinds.set(name, { name, type: multivector_config ? 'multi' : 'dense', distance, size, idf: false });
  for (const [name, { modifier }] of Object.entries(sparse_vectors ?? {}))
    kinds.set(name, { name, type: 'sparse', distance: 'Dot', size: 0, idf: modifier === 'idf' });
  return kinds;
}

export const isSparse = (vector: unknown): vector is SparseVector =>
  typeof vector === 'object' && vector !== null && 'indices' in vector;
export const isMulti = (vector: unknown): vector is number[][] =>
  Array.isArray(vector) && Array.isArray(vector[0]);

/** The vectors of a point by name. */
export function namedVectors(input: VectorInput): [string, AnyVectorInput][] {
  return Array.isArray(input)
    ? [['', input as AnyVectorInput]]
    : Object.entries(input as { [name: string]: AnyVectorInput });
}

/** A vector as it is kept or searched for: rounded to 32 bits, of unit length under cosine, sparse ones by index. */
export function prepared(input: AnyVectorInput, kind: Kind): Stored {
  if (isSparse(input)) {
    if (kind.type !== 'sparse') throw new Refused(400, 'a sparse vector for a dense one');
    const pairs = Array.from(input.indices, (index, i) => [index, Math.fround(input.values[i]!)] as const);
    pairs.sort(([a], [b]) => a - b);
    return { indices: pairs.map(([index]) => index), values: pairs.map(([, value]) => value) };
  }
  if (kind.type === 'sparse') throw new Refused(400, 'a dense vector for a sparse one');
  if (isMulti(input)) {
    if (kind.type !== 'multi') throw new Refused(400, 'several vectors for one');
    return input.map((row) => preparedRow(row, kind));
  }
  const row = preparedRow(Array.from(input as number[]), kind);
  return kind.type === 'multi' ? [row] : row;
}

function preparedRow(row: number[], kind: Kind): number[] {
  if (row.length !== kind.size) throw new Refused(400, `dimension ${row.length} for ${kind.size}`);
  const rounded = row.map(Math.fround);
  if (kind.distance !== 'Cosine') return rounded;
  const length = Math.sqrt(rounded.reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? rounded : rounded.map((value) => Math.fround(value / length));
}

/** Larger is more similar: squared and plain distances count negative. Undefined when sparse vectors share no index. */
export function similarity(query: Stored, stored: Stored, kind: Kind): number | undefined {
  if (isSparse(query)) return sparseDot(query, stored as { indices: number[]; values: number[] });
  if (isMulti(query)) {
    let sum = 0;
    for (const row of query)
      sum += Math.max(...(stored as number[][]).map((other) => rowSimilarity(row, other, kind)));
    return sum;
  }
  return rowSimilarity(query as number[], stored as number[], kind);
}

function rowSimilarity(a: number[], b: number[], { distance }: Kind): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    if (distance === 'Euclid') sum -= (a[i]! - b[i]!) ** 2;
    else if (distance === 'Manhattan') sum -= Math.abs(a[i]! - b[i]!);
    else sum += a[i]! * b[i]!;
  }
  return sum;
}

function sparseDot(a: { indices: number[]; values: number[] }, b: { indices: number[]; values: number[] }) {
  let sum: number | undefined;
  a.indices.forEach((index, i) => {
    const j = b.indices.indexOf(index);
    if (j >= 0) sum = (sum ?? 0) + a.values[i]! * b.values[j]!;
  });
  return sum;
}

/** The score of a nearest query as it is shown. */
export function shownScore(similar: number, { distance }: Kind): number {
  if (distance === 'Euclid') return Math.sqrt(Math.abs(similar));
  return distance === 'Manhattan' ? Math.abs(similar) : similar;
}

/** Whether a smaller shown score is a better one. */
export const isDistance = ({ distance }: Kind) => distance === 'Euclid' || distance === 'Manhattan';
