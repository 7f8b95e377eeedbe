/**
 * What the tests of filters share: points in memory, and every way to find which of them match.
 *
 * @module
 */
import { expect } from 'vitest';
import { Bitset } from '../index/bitset.js';
import type { Payload, PayloadIndexParams, PointId } from '../types/index.js';
import { Columns } from './columns.js';
import { compileFilter } from './compile.js';
import type { FilterSource } from './condition.js';
import { parsePath } from './path.js';

export interface TestPoint {
  readonly id: PointId;
  readonly payload: Payload;
  readonly vectors?: readonly string[];
}

/** A payload index of a test. */
export type TestIndexes = { readonly [field: string]: PayloadIndexParams };

/** Points by their row, with columns over them; `points` may change as long as the columns are told. */
export function testSource(
  points: ReadonlyMap<number, TestPoint>,
  options: { indexes?: TestIndexes; limit?: number } = {},
): FilterSource & { columns: Columns } {
  const columns = new Columns(function* (from = 0) {
    for (const row of [...points.keys()].sort((a, b) => a - b))
      if (row >= from) yield { row, payload: points.get(row)!.payload };
  }, options.limit);
  for (const [field, params] of Object.entries(options.indexes ?? {}))
    columns.declare(parsePath(field), params);
  return {
    columns,
    get live() {
      return Bitset.of(points.keys());
    },
    row: (id) => [...points].find(([, point]) => point.id === id)?.[0],
    id: (row) => points.get(row)?.id,
    column: (path) => columns.get(path),
    withVector: (name) =>
      Bitset.of([...points].flatMap(([row, { vectors }]) => (vectors?.includes(name) ? row : []))),
    scan: (condition, within) =>
      Bitset.of(
        [...points].flatMap(([row, point]) =>
          (within?.has(row) ?? true) && condition.matches(point.payload, point.id, hasVector(point))
            ? row
            : [],
        ),
      ),
  };
}

/**
 * Which points match, found by columns, by looking at all rows for want of memory, and one by one. All three must
 * agree.
 */
export function matchingPoints(
  filter: unknown,
  points: readonly TestPoint[],
  indexes: TestIndexes = {},
): boolean[] {
  const rows = new Map(points.entries());
  const source = testSource(rows, { indexes });
  const compiled = compileFilter(filter, 'filter', source.columns.texts);
  const ways = [source, testSource(rows, { indexes, limit: -1 })].map((from) => {
    const found = compiled.rows(from);
    return points.map((_, row) => found.has(row));
  });
  ways.push(points.map((point) => compiled.matches(point.payload, point.id, hasVector(point))));
  expect(ways[1], 'without memory').toEqual(ways[0]);
  expect(ways[2], 'one by one').toEqual(ways[0]);
  return ways[0]!;
}

/** {@link matchingPoints} of payloads whose ids are their places. */
export function matchingPayloads(
  filter: unknown,
  payloads: readonly Payload[],
  indexes?: TestIndexes,
): boolean[] {
  return matchingPoints(
    filter,
    payloads.map((payload, id) => ({ id, payload })),
    indexes,
  );
}

export function hasVector({ vectors }: TestPoint): (name: string) => boolean {
  return (name) => vectors?.includes(name) ?? false;
}
