/**
 * What a condition of a filter is made of.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Bitset } from '../index/bitset.js';
import type { Payload, PointId } from '../types/index.js';
import type { Column } from './column.js';
import { type Path, parsePath } from './path.js';
import type { Analyzer } from './text/analyzer.js';

/** A field that a condition looks at, and by what. */
export interface FieldUse extends Path {
  /** By its text index instead of by its values. */
  readonly byText?: boolean;
}

/** What a compiled condition asks of the collection that it is evaluated on. */
export interface FilterSource {
  /** Rows of all points. */
  readonly live: Bitset;
  row(id: PointId): number | undefined;
  /** The id of a live row. */
  id(row: number): PointId | undefined;
  /** The field turned around; undefined when it would take too much memory. */
  column(field: FieldUse): Column | undefined;
  /** Rows whose point has the vector of this name; undefined when the collection has no such vector. */
  withVector(name: string): Bitset | undefined;
  /** Rows whose point matches, found by looking at every one, or at those in `within`. */
  scan(condition: Compiled, within?: Bitset): Bitset;
}

/** A condition ready for use. */
export interface Compiled {
  /** The payload fields it looks at, for `Columns.prepare`. */
  readonly paths: readonly FieldUse[];
  /** The rows where it holds; may hold rows that are no longer live. Not to be changed by the caller. */
  rows(source: FilterSource): Bitset;
  /**
   * Whether it holds for one point.
   *
   * @param hasVector - whether the point has the vector of a name; without it none is there
   */
  matches(payload: Payload, id: PointId, hasVector?: (name: string) => boolean): boolean;
}

/** Where a condition stands. */
export interface Context {
  /** How many filters are around it. */
  readonly depth: number;
  /** Text indexes by their field. */
  readonly texts: ReadonlyMap<string, Analyzer>;
  /**
   * The array whose elements the filter looks at, in a `nested` condition. There a condition's `rows` may be more
   * than those where it holds: they only narrow down the rows whose payload is looked at.
   */
  readonly within: Path | undefined;
}

/** Compiles the filter that stands at `at`. */
export type Compile = (input: unknown, at: string, context: Context) => Compiled;

/** One kind of condition; the table of all is in `kinds.ts`. */
export interface ConditionKind {
  /** Keys that the JSON object may have. The first one names the kind. */
  readonly keys: readonly string[];
  /** Those of the keys that mark an object as this kind. Default: all. */
  readonly marks?: readonly string[];
  /** Compiles an object that has one of the marks. `compile` is for filters within. */
  compile(input: JsonObject, at: string, context: Context, compile: Compile): Compiled;
}

export type JsonObject = { readonly [key: string]: unknown };

/**
 * An error that names the place in the filter: `filter.must[1].range.gte: expected a number, got "x"`.
 *
 * @param ofValue - the filter is well-formed, only a value in it is not allowed
 */
export function invalidFilter(at: string, what: string, ofValue = false): FletchError {
  return new FletchError('INVALID_FILTER', `${at}: ${what}`, { details: { at, what, ofValue } });
}

/** A value as it is shown in messages. */
export function shown(value: unknown): string {
  if (Array.isArray(value) && value.length > 20) return `a list of ${value.length}`;
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

/** The payload path `input`. */
export function readPath(input: unknown, at: string): Path {
  if (typeof input !== 'string') throw invalidFilter(at, `expected a payload path, got ${shown(input)}`);
  try {
    return parsePath(input);
  } catch {
    throw invalidFilter(at, `${shown(input)} is not a payload path`);
  }
}
