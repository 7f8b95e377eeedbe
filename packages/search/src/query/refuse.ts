/**
 * Errors and checks of what reads ask for.
 *
 * @module
 */
import { FletchError } from '@fletch/base';

/** Most hits that one read may ask for, or skip. */
export const MOST_HITS = 1_000_000;

/** An `INVALID_ARGUMENT` that names the place in the request. */
export function refuse(at: string, what: string): FletchError {
  return new FletchError('INVALID_ARGUMENT', `${at}: ${what}`, { details: { at } });
}

/** An `INVALID_ARGUMENT` about parts of a request that do not go together; Qdrant calls it a bad request. */
export function badRequest(message: string, at?: string): FletchError {
  const details = { request: true, ...(at !== undefined && { at }) };
  return new FletchError('INVALID_ARGUMENT', at ? `${at}: ${message}` : message, { details });
}

/** An integer from `least` to `most`, or the default when it is not given. */
export function readInteger(
  value: unknown,
  at: string,
  least: number,
  byDefault: number,
  most: number = MOST_HITS,
): number {
  if (value === undefined || value === null) return byDefault;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most)
    return value;
  throw refuse(at, `expected an integer from ${least} to ${most}, got ${shown(value)}.`);
}

/** A finite number rounded to 32 bits, or the default when it is not given. */
export function readFloat<T>(value: unknown, at: string, byDefault: T): number | T {
  if (value === undefined || value === null) return byDefault;
  if (typeof value !== 'number' || !Number.isFinite(Math.fround(value)))
    throw refuse(at, `expected a number, got ${shown(value)}.`);
  return Math.fround(value);
}

/** One of some words, or the default when it is not given. */
export function readWord<W extends string>(value: unknown, at: string, words: readonly W[], byDefault: W): W {
  if (value === undefined || value === null) return byDefault;
  if (words.includes(value as W)) return value as W;
  throw refuse(at, `expected ${words.map((word) => `"${word}"`).join(' or ')}, got ${shown(value)}.`);
}

/** A value as an object. */
export function readObject(value: unknown, at: string, what = 'an object'): { [key: string]: unknown } {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value))
    return value as { [key: string]: unknown };
  throw refuse(at, `expected ${what}, got ${shown(value)}.`);
}

/** A list; one value alone stands for a list of it, nothing for an empty one. */
export function readList(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** A value as it is shown in messages. */
export function shown(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
