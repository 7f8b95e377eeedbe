/**
 * `{key, range}`: numbers or dates between bounds. `{key, values_count}`: so many values.
 *
 * @module
 */
import { invalidFilter, type JsonObject, keysSet, readObject, shown } from './condition.js';
import { parseDatetime } from './datetime.js';
import { anyElement, type FieldTest } from './field-test.js';
import { type DateBounds, isDateWithin } from './ordered-dates.js';
import { type Bounds, isWithin } from './ordered-rows.js';
import { countOf } from './presence.js';

const bounds = ['lt', 'gt', 'lte', 'gte'] as const;

type Limits<T> = { readonly [bound in (typeof bounds)[number]]?: T };

/** Compiles `range` for a field; bounds are joined by AND. They are dates when any of them is a string. */
export function compileRange(input: unknown, at: string): FieldTest {
  const range = readObject(input, at, bounds);
  return keysSet(range).some((key) => typeof range[key] === 'string')
    ? dateRange(read(range, at, readDate))
    : numberRange(read(range, at, readNumber));
}

/** Compiles `values_count`: an array counts its elements, null nothing, anything else one. */
export function compileCount(input: unknown, at: string): FieldTest {
  const limits = boundsOf(read(readObject(input, at, bounds), at, readCount));
  const test = (count: number) => isWithin(count, limits as Bounds);
  return {
    whenMissing: test(0),
    rows: (column) => column.counted(test),
    holds: (values) => values.some((value) => test(countOf(value))),
  };
}

function numberRange(limits: Limits<number>): FieldTest {
  const range = boundsOf(limits) as Bounds;
  return {
    rows: (column) => column.between(range.least, range.most, range.withLeast, range.withMost),
    holds: anyElement((value) => typeof value === 'number' && isWithin(value, range)),
  };
}

function dateRange(limits: Limits<number | bigint>): FieldTest {
  const range = boundsOf(limits);
  return {
    rows: (column) => column.dates(range),
    holds: anyElement((value) => {
      const date = typeof value === 'string' ? parseDatetime(value) : undefined;
      return date !== undefined && isDateWithin(date, range);
    }),
  };
}

/** Of gt and gte (lt and lte) the stricter one counts. */
function boundsOf({ lt, gt, lte, gte }: Limits<number | bigint>): DateBounds {
  const withLeast = gt === undefined || (gte !== undefined && gte > gt);
  const withMost = lt === undefined || (lte !== undefined && lte < lt);
  return {
    least: (withLeast ? gte : gt) ?? -Infinity,
    most: (withMost ? lte : lt) ?? Infinity,
    withLeast,
    withMost,
  };
}

function read<T>(range: JsonObject, at: string, readOne: (value: unknown, at: string) => T): Limits<T> {
  return Object.fromEntries(keysSet(range).map((key) => [key, readOne(range[key], `${at}.${key}`)]));
}

function readNumber(value: unknown, at: string): number {
  if (typeof value === 'number' && !Number.isNaN(value)) return value;
  throw invalidFilter(at, `expected a number or a date, got ${shown(value)}`);
}

function readDate(value: unknown, at: string): number | bigint {
  const date = typeof value === 'string' ? parseDatetime(value) : undefined;
  if (date !== undefined) return date;
  throw invalidFilter(
    at,
    `${shown(value)} is not a date as RFC 3339 writes it, for example "2024-05-17T09:30:00Z"`,
  );
}

function readCount(value: unknown, at: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw invalidFilter(at, `expected an unsigned integer, got ${shown(value)}`);
}
