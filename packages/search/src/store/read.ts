/**
 * Checks of what reads ask for.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { isSparse, isVector } from '../space/read.js';
import type { AnyVectorInput, NearestQuery, PointId, QueryRequest } from '../types/index.js';
import { isPointId, parseId } from './ids.js';

/** What a query is about: a vector, a stored point, or nothing but order. */
export type Target = { readonly vector: AnyVectorInput } | { readonly id: PointId } | undefined;

/** Reads `query`. Throws `INVALID_ARGUMENT`. */
export function readTarget(query: QueryRequest['query']): Target {
  if (query === undefined || query === null) return undefined;
  if (isVector(query) || isSparse(query)) return { vector: query as AnyVectorInput };
  if (typeof query === 'object') {
    if (Object.keys(query).join() !== 'nearest')
      throw invalid(
        `query: expected a vector, a point id or {nearest: …}, got ${Object.keys(query).join(', ')}.`,
      );
    return readTarget((query as NearestQuery).nearest ?? '');
  }
  return { id: parseId(query, 'query') };
}

/** An integer in a range, or the default when it is not given. Throws `INVALID_ARGUMENT`. */
export function readCount(
  value: number | null | undefined,
  name: string,
  least: number,
  byDefault: number,
): number {
  if (value === undefined || value === null) return byDefault;
  if (!Number.isSafeInteger(value) || value < least)
    throw invalid(`${name}: expected an integer of at least ${least}, got ${String(value)}.`);
  return value;
}

/** A finite number, if given. Throws `INVALID_ARGUMENT`. */
export function readNumber(value: number | null | undefined, name: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || Number.isNaN(value)) throw invalid(`${name}: expected a number.`);
  return value;
}

/** A list of ids in canonical form. Throws `INVALID_ARGUMENT` naming the first bad one. */
export function readIds(ids: readonly PointId[], name: string): PointId[] {
  if (!Array.isArray(ids)) throw invalid(`${name}: expected a list of point ids.`);
  return ids.map((id, i) => (isPointId(id) ? parseId(id) : parseId(id, `${name}[${i}]`)));
}

function invalid(message: string): FletchError {
  return new FletchError('INVALID_ARGUMENT', message);
}
