/**
 * `{key, match}`: equality, lists of values, and text.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import { invalidFilter, keysSet, readObject, shown } from './condition.js';
import { anyElement, type FieldTest } from './field-test.js';
import type { Analyzer } from './text/analyzer.js';
import { type TextRows, textTests } from './text/rows.js';
import { isScalar, type Scalar, textsOf } from './values.js';

/** What a field has to be matched by. */
export interface MatchContext {
  /** The analyzer of the field's text index. */
  readonly analyzer: Analyzer | undefined;
  /** Whether the field is one of the elements of an array. */
  readonly nested: boolean;
}

type ReadTest = (input: unknown, at: string, context: MatchContext) => FieldTest;

/** How each key of `match` tests a field. */
const tests: { readonly [key: string]: ReadTest } = {
  value: (input, at) => oneOf(new Set([readScalar(input, at)])),
  any: (input, at) => oneOf(readList(input, at)),
  except(input, at) {
    const unwanted = readList(input, at);
    return {
      rows: (column) => column.except(unwanted),
      holds: anyElement((value) => value !== null && !(isScalar(value) && unwanted.has(value))),
    };
  },
  text: byTokens(
    'text',
    (rows, query) => rows.withAll(query),
    (query) => (value) => value.includes(query),
  ),
  text_any: byTokens(
    'text_any',
    (rows, query) => rows.withAny(query),
    (query) => {
      const words = query.split(/\p{White_Space}+/u).filter((word) => word !== '');
      return (value) => words.some((word) => value.includes(word));
    },
  ),
  phrase: byTokens(
    'phrase',
    (rows, query) => rows.withPhrase(query),
    (query) => (value) => value.includes(query),
  ),
  prefix(input, at) {
    const start = readText(input, at);
    return someString((value) => beginsWith(value, start));
  },
};

/** Compiles `match` for a field. An array matches when any of its elements does. */
export function compileMatch(input: unknown, at: string, context: MatchContext): FieldTest {
  const match = readObject(input, at, Object.keys(tests));
  const keys = keysSet(match);
  if (keys.length !== 1)
    throw invalidFilter(at, `expected exactly one of ${Object.keys(tests).join(', ')}, got ${shown(input)}`);
  return tests[keys[0]!]!(match[keys[0]!], `${at}.${keys[0]}`, context);
}

/**
 * A test of tokens where the field has a text index, else of the strings as they stand. With an index, all texts of
 * a field count as one, except in the elements of a `nested` condition; a phrase never reaches from one text into
 * the next.
 */
function byTokens(
  kind: keyof typeof textTests,
  search: (rows: TextRows, query: string) => ReturnType<TextRows['withAll']>,
  plain: (query: string) => (value: string) => boolean,
): ReadTest {
  return (input, at, { analyzer, nested }) => {
    const query = readText(input, at);
    if (!analyzer) return someString(plain(query));
    const holds = textTests[kind](analyzer, query);
    return nested
      ? {
          byText: true,
          // An index without order finds no phrases, but phrases in elements are looked for without it.
          rows: ({ text }) => (kind === 'phrase' && !analyzer.phrases ? text!.rows : search(text!, query)),
          holds: (values) => textsOf(values).some((text) => holds([text])),
        }
      : {
          byText: true,
          rows: ({ text }) => search(text!, query),
          holds: (values) => (kind !== 'phrase' || analyzer.phrases) && holds(textsOf(values)),
        };
  };
}

function someString(test: (value: string) => boolean): FieldTest {
  return {
    rows: (column) => column.strings(test),
    holds: anyElement((value) => typeof value === 'string' && test(value)),
  };
}

function oneOf(wanted: ReadonlySet<Scalar>): FieldTest {
  return {
    rows: (column) => column.equal(wanted),
    holds: anyElement((value: Json) => isScalar(value) && wanted.has(value)),
  };
}

/** As `startsWith`, but by hand and from behind: of 100,000 strings that begin alike, four times as fast. */
function beginsWith(value: string, start: string): boolean {
  if (value.length < start.length) return false;
  for (let i = start.length - 1; i >= 0; i--) if (value.charCodeAt(i) !== start.charCodeAt(i)) return false;
  return true;
}

function readText(input: unknown, at: string): string {
  if (typeof input === 'string') return input;
  throw invalidFilter(at, `expected a string, got ${shown(input)}`);
}

function readList(input: unknown, at: string): Set<Scalar> {
  if (!Array.isArray(input))
    throw invalidFilter(at, `expected a list of strings or integers, got ${shown(input)}`);
  const type = typeof input[0];
  const values = new Set<Scalar>();
  input.forEach((value: unknown, i) => {
    if (typeof value === 'boolean')
      throw invalidFilter(`${at}[${i}]`, 'expected a string or an integer, got a boolean');
    values.add(readScalar(value, `${at}[${i}]`));
    if (typeof value !== type)
      throw invalidFilter(`${at}[${i}]`, 'strings and integers are mixed in one list');
  });
  return values;
}

function readScalar(value: unknown, at: string): Scalar {
  if (typeof value === 'string' || typeof value === 'boolean' || Number.isSafeInteger(value))
    return value as Scalar;
  throw invalidFilter(
    at,
    typeof value === 'number'
      ? `expected an integer, got ${value}; use range for fractions`
      : `expected a string, an integer or a boolean, got ${shown(value)}`,
  );
}
