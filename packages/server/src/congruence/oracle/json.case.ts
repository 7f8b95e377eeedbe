/**
 * JSON values, seen plainly.
 *
 * @module
 */
import type { Json } from '@fletch/base';

export type JsonObject = { [key: string]: Json };

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value and, when it is an array, its elements: one level, as Qdrant looks at payload values. */
export function opened(value: Json): Json[] {
  return Array.isArray(value) ? value : [value];
}

/** Strings in the order of their UTF-8 bytes, which is that of their code points. */
export function compareStrings(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** One or many, as the filter language and others write lists. */
export function list<T>(value: T | readonly T[] | null | undefined): T[] {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? [...value] : [value as T];
}
