/**
 * Checks of what reads ask for.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { PointId } from '../types/index.js';
import { isPointId, parseId } from './ids.js';

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

/** A list of ids in canonical form. Throws `INVALID_ARGUMENT` naming the first bad one. */
export function readIds(ids: readonly PointId[], name: string): PointId[] {
  if (!Array.isArray(ids)) throw invalid(`${name}: expected a list of point ids.`);
  return ids.map((id, i) => (isPointId(id) ? parseId(id) : parseId(id, `${name}[${i}]`)));
}

function invalid(message: string): FletchError {
  return new FletchError('INVALID_ARGUMENT', message);
}
