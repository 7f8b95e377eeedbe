/**
 * Conditions on one field: `{key, match | range | geo_… | values_count | is_empty | is_null}`, `{is_empty: {key}}`
 * and `{is_null: {key}}`.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type { Bitset } from '../index/bitset.js';
import {
  type Compiled,
  type ConditionKind,
  type Context,
  type FieldUse,
  type FilterSource,
  invalidFilter,
  keysSet,
  readObject,
  readPath,
  shown,
} from './condition.js';
import { anyElement, type FieldTest } from './field-test.js';
import { type Area, areaKinds } from './geo/area.js';
import { geoPointOf } from './geo/point.js';
import { compileMatch, type MatchContext } from './match.js';
import { type Path, pathOf, valuesAt } from './path.js';
import { isFilled, isNullish } from './presence.js';
import { compileCount, compileRange } from './range.js';
import { RowSet } from './row-set.js';

/** Tests that hold where any value passes. */
const anyTests = ['match', 'range', ...Object.keys(areaKinds)];
/** Tests that say something of rows without the field, too. Where one of them stands, the others do not count. */
const wholeTests = ['values_count', 'is_empty', 'is_null'];

/** Several keys beside `key` mean, as in Qdrant: the first of `wholeTests`, else any of the others. */
export const field: ConditionKind = {
  keys: ['key', ...anyTests, ...wholeTests],
  marks: ['key', ...anyTests, 'values_count'],
  compile(input, at, context) {
    const path = readPath(input.key, `${at}.key`);
    const names = keysSet(input).filter((name) => name !== 'key');
    if (names.length === 0)
      throw invalidFilter(
        at,
        `at least one of ${[...anyTests, ...wholeTests].join(', ')} must stand beside key`,
        true,
      );
    const match = {
      analyzer: context.texts.get(fullPath(path, context).text),
      nested: context.within !== undefined,
    };
    const tests = new Map(names.map((name) => [name, readTest(name, input[name], `${at}.${name}`, match)]));
    const whole = wholeTests.find((name) => tests.has(name));
    if (whole) return onField(path, context, tests.get(whole)!);
    return [...tests.values()].map((test) => onField(path, context, test)).reduce(either);
  },
};

function readTest(name: string, input: unknown, at: string, match: MatchContext): FieldTest {
  switch (name) {
    case 'match':
      return compileMatch(input, at, match);
    case 'range':
      return compileRange(input, at);
    case 'values_count':
      return compileCount(input, at);
    case 'is_empty':
      return isEmptyTest(readFlag(input, at));
    case 'is_null':
      return isNullTest(readFlag(input, at));
    default:
      return areaTest(areaKinds[name]!(input, at));
  }
}

/** `{is_empty: {key}}`: nothing stands there but nulls and empty arrays. */
export const isEmpty: ConditionKind = {
  keys: ['is_empty'],
  compile(input, at, context) {
    const path = readField(input.is_empty, `${at}.is_empty`);
    return byColumn(
      path,
      context,
      (source, column) => source.live.andNot(column.filled()),
      (values) => !values.some(isFilled),
    );
  },
};

/** `{is_null: {key}}`: null stands there; an array that holds null does not count. */
export const isNull: ConditionKind = {
  keys: ['is_null'],
  compile(input, at, context) {
    const path = readField(input.is_null, `${at}.is_null`);
    return byColumn(
      path,
      context,
      (_source, column) => column.nulls(),
      (values) => values.includes(null),
    );
  },
};

function isEmptyTest(flag: boolean): FieldTest {
  return {
    whenMissing: flag,
    rows: ({ presence }) => (flag ? presence.empty : presence.filled),
    holds: (values) => values.some((value) => isFilled(value) !== flag),
  };
}

function isNullTest(flag: boolean): FieldTest {
  return {
    whenMissing: !flag,
    rows: ({ presence }) => (flag ? presence.nullish : presence.solid),
    holds: (values) => values.some((value) => isNullish(value) === flag),
  };
}

function areaTest(area: Area): FieldTest {
  return {
    rows: (column) => column.within(area),
    holds: anyElement((value) => {
      const point = geoPointOf(value);
      return point !== undefined && area.holds(point);
    }),
  };
}

function onField(path: Path, context: Context, test: FieldTest): Compiled {
  const { whenMissing = false, byText = false } = test;
  return byColumn(
    byText ? { ...path, byText } : path,
    context,
    ({ live }, column) => {
      const rows = test.rows(column);
      return whenMissing ? rows.or(live.andNot(column.presence.present)) : rows;
    },
    (values) => (values.length === 0 ? whenMissing : test.holds(values)),
  );
}

/** A condition on one field, by its column where there is room for one, else by looking at every payload. */
function byColumn(
  use: FieldUse,
  context: Context,
  rows: (source: FilterSource, column: NonNullable<ReturnType<FilterSource['column']>>) => Bitset,
  holds: (values: readonly Json[]) => boolean,
): Compiled {
  const full = fullPath(use, context);
  const column: FieldUse = use.byText ? { ...full, byText: true } : full;
  const nested = context.within !== undefined;
  // What holds for an element without the field says nothing of the row.
  const narrows = !nested || !holds([]);
  const condition: Compiled = {
    paths: narrows ? [column] : [],
    rows(source) {
      const found = narrows ? source.column(column) : undefined;
      if (found) return rows(source, found);
      return nested ? source.live : source.scan(condition);
    },
    matches: (payload) => holds(valuesAt(payload, use)),
  };
  return condition;
}

function either(one: Compiled, other: Compiled): Compiled {
  return {
    paths: [...one.paths, ...other.paths],
    rows(source) {
      const rows = RowSet.from(one.rows(source));
      rows.addSet(other.rows(source));
      return rows.done();
    },
    matches: (payload, id) => one.matches(payload, id) || other.matches(payload, id),
  };
}

/** The field of the payload that `path` in the element of an array is. */
function fullPath(path: Path, { within }: Context): Path {
  return within ? pathOf([...within.steps, ...path.steps]) : path;
}

function readField(input: unknown, at: string): Path {
  return readPath(readObject(input, at, ['key']).key, `${at}.key`);
}

function readFlag(input: unknown, at: string): boolean {
  if (typeof input === 'boolean') return input;
  throw invalidFilter(at, `expected true or false, got ${shown(input)}`);
}
