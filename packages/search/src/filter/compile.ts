/**
 * Compiles Qdrant's filter language.
 *
 * @module
 */
import type { Bitset } from '../index/bitset.js';
import type { Condition, Filter } from '../types/index.js';
import {
  type Compiled,
  type Context,
  type FilterSource,
  invalidFilter,
  readObject,
  shown,
} from './condition.js';
import { clauses, conditionKinds, emptyKind } from './kinds.js';
import { rowsWithSome } from './some.js';
import type { Analyzer } from './text/analyzer.js';

/** How deep filters may be nested. */
const MOST_DEPTH = 32;
const NO_TEXTS: ReadonlyMap<string, Analyzer> = new Map();

/**
 * Compiles a filter.
 *
 * @param at - how messages name the filter itself
 * @param texts - the collection's text indexes (`columns.texts`), which decide how text is matched
 * @throws FletchError `INVALID_FILTER` whose message and `details.at` name the place in the JSON
 */
export function compileFilter(filter: unknown, at = 'filter', texts = NO_TEXTS): Compiled {
  return compileClauses(filter, at, { depth: 1, texts, within: undefined });
}

/**
 * Checks a filter.
 *
 * @throws FletchError `INVALID_FILTER`: `details.at` names the place in the JSON, `details.what` says what is wrong
 *   there, `details.ofValue` whether the filter is well-formed but for a value
 */
export function checkFilter(filter: unknown, at = 'filter'): asserts filter is Filter {
  compileFilter(filter, at);
}

/** Checks a condition, as {@link checkFilter}. */
export function checkCondition(condition: unknown, at = 'condition'): asserts condition is Condition {
  compileCondition(condition, at, { depth: 1, texts: NO_TEXTS, within: undefined });
}

function compileClauses(input: unknown, at: string, context: Context): Compiled {
  if (context.depth > MOST_DEPTH) throw invalidFilter(at, `filters may be nested ${MOST_DEPTH} deep`);
  const filter = readObject(input, at, clauses);
  const read = (name: string) => conditions(filter[name], `${at}.${name}`, context);
  const must = read('must');
  const should = read('should');
  const mustNot = read('must_not');
  const some = minShould(filter.min_should, `${at}.min_should`, context);
  const any = should && { conditions: should, least: 1 };
  return {
    paths: [must, should, mustNot, some?.conditions]
      .flatMap((list) => list ?? [])
      .flatMap(({ paths }) => paths),
    rows(source) {
      let rows: Bitset | undefined;
      for (const condition of must ?? []) rows = narrowed(rows, condition.rows(source));
      for (const clause of [any, some])
        if (clause) rows = narrowed(rows, rowsWithSome(clause.conditions, clause.least, source));
      rows ??= source.live;
      // In a nested filter the rows of a condition may be too many to be left out.
      if (!context.within) rows = without(rows, mustNot, source);
      return rows;
    },
    matches: (payload, id, has) =>
      (must ?? []).every((condition) => condition.matches(payload, id, has)) &&
      (should === undefined || should.some((condition) => condition.matches(payload, id, has))) &&
      !(mustNot ?? []).some((condition) => condition.matches(payload, id, has)) &&
      (some === undefined ||
        some.conditions.filter((condition) => condition.matches(payload, id, has)).length >= some.least),
  };
}

/** The conditions of a clause, which is one of them or a list; undefined when the clause says nothing. */
function conditions(input: unknown, at: string, context: Context): Compiled[] | undefined {
  if (input === undefined || input === null) return undefined;
  if (!Array.isArray(input)) return [compileCondition(input, at, context)];
  if (input.length === 0) return undefined;
  return input.map((condition, i) => compileCondition(condition, `${at}[${i}]`, context));
}

function minShould(input: unknown, at: string, context: Context) {
  if (input === undefined || input === null) return undefined;
  const clause = readObject(input, at, ['conditions', 'min_count']);
  if (!Array.isArray(clause.conditions))
    throw invalidFilter(`${at}.conditions`, `expected a list of conditions, got ${shown(clause.conditions)}`);
  const least = clause.min_count;
  if (!Number.isSafeInteger(least) || (least as number) < 0)
    throw invalidFilter(`${at}.min_count`, `expected an unsigned integer, got ${shown(least)}`);
  if (least === 0) throw invalidFilter(`${at}.min_count`, 'must be greater than 0', true);
  return {
    conditions: conditions(clause.conditions, `${at}.conditions`, context) ?? [],
    least: least as number,
  };
}

function compileCondition(input: unknown, at: string, context: Context): Compiled {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw invalidFilter(at, `expected a condition, got ${shown(input)}`);
  const kind =
    Object.keys(input).length === 0
      ? emptyKind
      : conditionKinds.find(({ keys, marks = keys }) => marks.some((key) => Object.hasOwn(input, key)));
  if (kind) return kind.compile(readObject(input, at, kind.keys), at, context, compileClauses);
  const known = conditionKinds.flatMap(({ keys }) => keys[0]!);
  throw invalidFilter(at, `expected a condition with one of ${known.join(', ')}, got ${shown(input)}`);
}

function narrowed(rows: Bitset | undefined, by: Bitset): Bitset {
  return rows ? rows.and(by) : by;
}

function without(rows: Bitset, conditions: readonly Compiled[] | undefined, source: FilterSource): Bitset {
  return (conditions ?? []).reduce((left, condition) => left.andNot(condition.rows(source)), rows);
}
