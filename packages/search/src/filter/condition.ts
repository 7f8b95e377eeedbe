/**
 * What a condition of a filter is made of.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Bitset } from '../index/bitset.js';
import type { Payload, PointId } from '../types/index.js';
import type { Column } from './column.js';
import type { Path } from './path.js';

/** What a compiled condition asks of the collection that it is evaluated on. */
export interface FilterSource {
  /** Rows of all points. */
  readonly live: Bitset;
  row(id: PointId): number | undefined;
  /** The field turned around; undefined when it would take too much memory. */
  column(path: Path): Column | undefined;
  /** Rows whose point matches, found by looking at every one. */
  scan(condition: Compiled): Bitset;
}

/** A condition ready for use. */
export interface Compiled {
  /** The payload fields it looks at. */
  readonly paths: readonly Path[];
  /** The rows where it holds; may hold rows that are no longer live. Not to be changed by the caller. */
  rows(source: FilterSource): Bitset;
  /** Whether it holds for one point. */
  matches(payload: Payload, id: PointId): boolean;
}

/** Compiles what stands at `at` in the filter. `depth` counts the filters around it. */
export type Compile = (input: unknown, at: string, depth: number) => Compiled;

/** One kind of condition; the table of all is in `kinds.ts`. */
export interface ConditionKind {
  /** Keys of the JSON object that mark it as this kind. The first one names the kind. */
  readonly keys: readonly string[];
  /** Compiles an object that has at least the first key. `compile` is for filters within. */
  compile(input: JsonObject, at: string, compile: Compile, depth: number): Compiled;
}

export type JsonObject = { readonly [key: string]: unknown };

/** An error that names the place in the filter: `filter.must[1].range.gte: expected a number, got "x"`. */
export function invalidFilter(at: string, what: string): FletchError {
  return new FletchError('INVALID_FILTER', `${at}: ${what}`, { details: { at } });
}

/** A value as it is shown in messages. */
export function shown(value: unknown): string {
  const text = typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** `value` as an object with no other keys than `known`. */
export function readObject(value: unknown, at: string, known: readonly string[]): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidFilter(at, `expected an object, got ${shown(value)}`);
  for (const key of Object.keys(value))
    if (!known.includes(key))
      throw invalidFilter(`${at}.${key}`, `unknown key; known are ${known.join(', ')}`);
  return value as JsonObject;
}

/** The keys of `input` that are set, i.e. neither null nor undefined. */
export function keysSet(input: JsonObject): string[] {
  return Object.keys(input).filter((key) => input[key] !== undefined && input[key] !== null);
}
