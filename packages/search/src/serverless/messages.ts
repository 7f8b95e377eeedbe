/**
 * What the functions send each other: JSON, with numbers in base64 and bitmaps compressed.
 *
 * @module
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { SquashPredicate } from '../squash/index.js';
import type { Tree, TreeNode } from '../squash/tree.js';
import type { Missing } from './platform.js';

/** Bytes of a synchronous invocation's event or answer, at most. */
export const PAYLOAD_LIMIT = 6 * 1024 * 1024;
/** What is quick and small enough (the paper's choice). */
const DEFLATE_LEVEL = 3;

/** Queries: n × d numbers, and the conditions of each. */
export interface Queries {
  readonly count: number;
  readonly vectors: string;
  /** One list a query, or one for all. */
  readonly where: readonly (readonly SquashPredicate[])[];
}

/** How queries are searched. */
export interface SearchSettings {
  readonly k: number;
  readonly hammingPercent: number;
  readonly refine: number;
  readonly centroidFactor: number;
  /** Queries whose processors are called at once. */
  readonly batch: number;
}

export interface CoordinatorEvent {
  readonly queries: Queries;
  readonly settings: SearchSettings;
  readonly tree: Tree;
  /** Milliseconds until the answer, whole or partial, is given. */
  readonly timeout: number;
}

export interface AllocatorEvent {
  readonly tag: string;
  readonly node: TreeNode;
  readonly tree: Tree;
  /** Of the subtree, in the order of its nodes. */
  readonly queries: Queries;
  readonly settings: SearchSettings;
  readonly deadline: number;
}

export interface ProcessorEvent {
  readonly tag: string;
  readonly partition: number;
  readonly k: number;
  readonly percent: number;
  readonly read: number;
  readonly count: number;
  readonly vectors: string;
  /** Candidates of each query as a bitmap of local rows; null: all rows, for all queries. */
  readonly bitmaps: string | null;
}

/** Hits of one query. */
export interface Hits {
  readonly ids: string;
  readonly dists: string;
}

/** The answer to one query. */
export interface QueryReply extends Hits {
  readonly matched: number;
  readonly issued: number;
  readonly partitions: number;
  readonly missing: readonly Missing[];
}

/** Numbers as base64. */
export function pack(numbers: Float32Array | Uint32Array): string {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString('base64');
}

const bytesOf = (text: string): ArrayBuffer => Uint8Array.from(Buffer.from(text, 'base64')).buffer;

export const floats = (text: string): Float32Array => new Float32Array(bytesOf(text));
export const integers = (text: string): Uint32Array => new Uint32Array(bytesOf(text));

/** Queries `from` to before `to`. */
export function slice({ count, vectors, where }: Queries, from: number, to: number): Queries {
  const values = floats(vectors);
  const d = values.length / count;
  return {
    count: to - from,
    vectors: pack(values.slice(from * d, to * d)),
    where: where.length === 1 ? where : where.slice(from, to),
  };
}

/** Local rows of each query as one compressed bitmap. */
export function packBitmaps(candidates: readonly Uint32Array[], rows: number): string {
  const bytes = Math.ceil(rows / 8);
  const bitmaps = new Uint8Array(bytes * candidates.length);
  for (const [i, list] of candidates.entries())
    for (const row of list) bitmaps[i * bytes + (row >> 3)]! |= 1 << (row & 7);
  return deflateRawSync(bitmaps, { level: DEFLATE_LEVEL }).toString('base64');
}

/** The inverse of {@link packBitmaps}. */
export function unpackBitmaps(text: string, count: number, rows: number): Uint32Array[] {
  const bytes = Math.ceil(rows / 8);
  const bitmaps = inflateRawSync(Buffer.from(text, 'base64'), { maxOutputLength: bytes * count + 1 });
  return Array.from({ length: count }, (_, i) => {
    const list: number[] = [];
    for (let row = 0; row < rows; row++)
      if ((bitmaps[i * bytes + (row >> 3)]! >> (row & 7)) & 1) list.push(row);
    return Uint32Array.from(list);
  });
}
