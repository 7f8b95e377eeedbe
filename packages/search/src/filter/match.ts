/**
 * `{key, match}`: equality, lists of values, and text.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import { elements, isScalar, type Scalar } from './column.js';
import { type Compiled, invalidFilter, keysSet, readObject, shown } from './condition.js';
import type { Path } from './path.js';

interface Test {
  readonly rows: Compiled['rows'];
  readonly holds: (value: Json) => boolean;
}

/** How each key of `match` tests a field. */
const tests: { readonly [key: string]: (input: unknown, at: string, path: Path) => Test } = {
  value(input, at, path) {
    const wanted = readScalar(input, at);
    return oneOf(new Set([wanted]), path);
  },
  any: (input, at, path) => oneOf(readList(input, at), path),
  except(input, at, path) {
    const unwanted = readList(input, at);
    return {
      rows: (source) => source.column(path)!.except(unwanted),
      holds: (value) => value !== null && !(isScalar(value) && unwanted.has(value)),
    };
  },
  text(input, at, path) {
    if (typeof input !== 'string') throw invalidFilter(at, `expected a string, got ${shown(input)}`);
    return {
      rows: (source) => source.column(path)!.strings((value) => value.includes(input)),
      holds: (value) => typeof value === 'string' && value.includes(input),
    };
  },
};

/** Compiles `match` for a field. An array matches when any of its elements does. */
export function compileMatch(input: unknown, at: string, path: Path): Test {
  const match = readObject(input, at, Object.keys(tests));
  const keys = keysSet(match);
  if (keys.length !== 1)
    throw invalidFilter(at, `expected exactly one of ${Object.keys(tests).join(', ')}, got ${shown(input)}`);
  return tests[keys[0]!]!(match[keys[0]!], `${at}.${keys[0]}`, path);
}

/** Whether a test holds for any of the values at a path. */
export function anyHolds(values: readonly Json[], holds: (value: Json) => boolean): boolean {
  return elements(values).some(holds);
}

function oneOf(wanted: ReadonlySet<Scalar>, path: Path): Test {
  return {
    rows: (source) => source.column(path)!.equal(wanted),
    holds: (value) => isScalar(value) && wanted.has(value),
  };
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
