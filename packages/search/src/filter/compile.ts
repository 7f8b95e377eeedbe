/**
 * Compiles Qdrant's filter language.
 *
 * @module
 */
import { Bitset } from '../index/bitset.js';
import { type Compiled, type ConditionKind, invalidFilter, readObject, shown } from './condition.js';
import { conditionKinds } from './kinds.js';

/** How deep filters may be nested. */
const MOST_DEPTH = 32;
const clauses = ['must', 'should', 'must_not'];

/**
 * Compiles a filter.
 *
 * @param at - how messages name the filter itself
 * @throws FletchError `INVALID_FILTER` whose message and `details.at` name the place in the JSON
 */
export function compileFilter(filter: unknown, at = 'filter'): Compiled {
  return compileClauses(filter, at, 1);
}

function compileClauses(input: unknown, at: string, depth: number): Compiled {
  if (depth > MOST_DEPTH) throw invalidFilter(at, `filters may be nested ${MOST_DEPTH} deep`);
  const filter = readObject(input, at, clauses);
  const [must, should, mustNot] = clauses.map((name) => conditions(filter[name], `${at}.${name}`, depth));
  return {
    paths: [must, should, mustNot].flatMap((list) => list ?? []).flatMap((condition) => condition.paths),
    rows(source) {
      let rows: Bitset | undefined;
      for (const condition of must ?? []) rows = narrowed(rows, condition.rows(source));
      if (should)
        rows = narrowed(
          rows,
          should.reduce((all, condition) => all.or(condition.rows(source)), new Bitset()),
        );
      rows ??= source.live;
      for (const condition of mustNot ?? []) rows = rows.andNot(condition.rows(source));
      return rows;
    },
    matches: (payload, id) =>
      (must ?? []).every((condition) => condition.matches(payload, id)) &&
      (should === undefined || should.some((condition) => condition.matches(payload, id))) &&
      !(mustNot ?? []).some((condition) => condition.matches(payload, id)),
  };
}

/** The conditions of a clause, which is one of them or a list; undefined when the clause says nothing. */
function conditions(input: unknown, at: string, depth: number): Compiled[] | undefined {
  if (input === undefined || input === null) return undefined;
  if (!Array.isArray(input)) return [compileCondition(input, at, depth)];
  if (input.length === 0) return undefined;
  return input.map((condition, i) => compileCondition(condition, `${at}[${i}]`, depth));
}

function compileCondition(input: unknown, at: string, depth: number): Compiled {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw invalidFilter(at, `expected a condition, got ${shown(input)}`);
  const kind = kindOf(input, at);
  return kind.compile(readObject(input, at, kind.keys), at, compileClauses, depth + 1);
}

function kindOf(input: object, at: string): ConditionKind {
  const kind = conditionKinds.find(({ keys }) => keys.some((key) => Object.hasOwn(input, key)));
  if (kind) return kind;
  const known = conditionKinds.flatMap(({ keys }) => keys[0]!);
  throw invalidFilter(at, `expected a condition with one of ${known.join(', ')}, got ${shown(input)}`);
}

function narrowed(rows: Bitset | undefined, by: Bitset): Bitset {
  return rows ? rows.and(by) : by;
}
