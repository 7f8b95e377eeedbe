/**
 * Rows of a filter form: a field, a test, what was typed; and the filter they make.
 *
 * @module
 */
import type { Condition, FieldMatch, FieldRange, Filter, PayloadFieldType } from '@fletch/search';
import { readIds } from './ids.js';

export const CLAUSES = ['must', 'should', 'must_not'] as const;
export type Clause = (typeof CLAUSES)[number];

/** A field of the payload and, where it is known, the type of its values. */
export interface TypedField {
  readonly key: string;
  readonly type: PayloadFieldType;
  readonly indexed: boolean;
}

/** One row. Values are kept as they are typed. */
export interface ConditionRow {
  readonly clause: Clause;
  /** Empty where the test is about the point itself. */
  readonly key: string;
  readonly test: TestName;
  readonly first: string;
  readonly second: string;
}

type Inputs = 'none' | 'one' | 'list' | 'range' | 'place';

interface Test {
  readonly label: string;
  readonly inputs: Inputs;
  /** Types of fields that it suits; undefined for any, `point` when it is about no field. */
  readonly types?: readonly PayloadFieldType[] | 'point';
  /** Undefined while there is too little to go by. */
  build(key: string, first: string, second: string, type: PayloadFieldType): Condition | undefined;
}

/** A value as its field has it. */
function value(text: string, type: PayloadFieldType): string | number | boolean {
  const plain = text.trim();
  if (type === 'bool') return plain === 'true';
  const isNumber = type === 'integer' || type === 'float';
  return isNumber && plain !== '' && Number.isFinite(Number(plain)) ? Number(plain) : plain;
}

/** Values between commas. */
const values = (text: string, type: PayloadFieldType) =>
  text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => value(part, type) as string | number);

const match = (make: (text: string) => FieldMatch): Test['build'] => {
  return (key, first) => (first.trim() === '' ? undefined : { key, match: make(first.trim()) });
};

const matchList =
  (name: 'any' | 'except'): Test['build'] =>
  (key, first, _, type) => {
    const list = values(first, type);
    return list.length === 0 ? undefined : { key, match: { [name]: list } };
  };

/** Bounds, both inclusive. Anything that is no number is a date. */
function bounds(first: string, second: string, type: PayloadFieldType): FieldRange | undefined {
  const bound = (text: string) => {
    const plain = text.trim();
    return type === 'datetime' || !Number.isFinite(Number(plain)) ? plain : Number(plain);
  };
  const range = {
    ...(first.trim() === '' ? {} : { gte: bound(first) }),
    ...(second.trim() === '' ? {} : { lte: bound(second) }),
  };
  return Object.keys(range).length === 0 ? undefined : range;
}

const words: readonly PayloadFieldType[] = ['text', 'keyword'];
const discrete: readonly PayloadFieldType[] = ['keyword', 'integer', 'uuid'];

export const TESTS = {
  is: {
    label: 'is',
    inputs: 'one',
    types: ['keyword', 'integer', 'bool', 'uuid'],
    build: (key, first, _, type) =>
      first.trim() === '' ? undefined : { key, match: { value: value(first, type) } },
  },
  any: { label: 'is any of', inputs: 'list', types: discrete, build: matchList('any') },
  except: { label: 'is none of', inputs: 'list', types: discrete, build: matchList('except') },
  text: { label: 'has all words', inputs: 'one', types: words, build: match((text) => ({ text })) },
  text_any: {
    label: 'has any word',
    inputs: 'one',
    types: ['text'],
    build: match((text_any) => ({ text_any })),
  },
  phrase: { label: 'has the phrase', inputs: 'one', types: ['text'], build: match((phrase) => ({ phrase })) },
  range: {
    label: 'is between',
    inputs: 'range',
    types: ['integer', 'float', 'datetime'],
    build(key, first, second, type) {
      const range = bounds(first, second, type);
      return range && { key, range };
    },
  },
  near: {
    label: 'is within',
    inputs: 'place',
    types: ['geo'],
    build(key, first, second) {
      const [lat, lon] = first.split(',').map(Number);
      const radius = Number(second);
      if (!Number.isFinite(lat) || !Number.isFinite(lon) || second.trim() === '' || !Number.isFinite(radius))
        return undefined;
      return { key, geo_radius: { center: { lat: lat!, lon: lon! }, radius } };
    },
  },
  count: {
    label: 'has so many values',
    inputs: 'range',
    build(key, first, second) {
      const values_count = bounds(first, second, 'integer') as { gte?: number; lte?: number } | undefined;
      return values_count && { key, values_count };
    },
  },
  empty: { label: 'is empty', inputs: 'none', build: (key) => ({ is_empty: { key } }) },
  null: { label: 'is null', inputs: 'none', build: (key) => ({ is_null: { key } }) },
  id: {
    label: 'id is any of',
    inputs: 'list',
    types: 'point',
    build(_, first) {
      const has_id = readIds(first);
      return has_id.length === 0 ? undefined : { has_id };
    },
  },
  vector: {
    label: 'has the vector',
    inputs: 'one',
    types: 'point',
    build: (_, first) => ({ has_vector: first.trim() }),
  },
} satisfies Readonly<Record<string, Test>>;

export type TestName = keyof typeof TESTS;

const test = (name: TestName): Test => TESTS[name];

/** Tests that suit a field; those about points when there is none. */
export function testsOf(field: TypedField | undefined): TestName[] {
  return (Object.keys(TESTS) as TestName[]).filter((name) => {
    const { types } = test(name);
    if (field === undefined) return types === 'point';
    return types === undefined || (types !== 'point' && types.includes(field.type));
  });
}

/** A row about `field`, or about the point itself. */
export function newRow(field: TypedField | undefined, clause: Clause = 'must'): ConditionRow {
  return { clause, key: field?.key ?? '', test: testsOf(field)[0]!, first: '', second: '' };
}

/** The filter of all rows that are complete; undefined for none. */
export function filterOf(rows: readonly ConditionRow[], fields: readonly TypedField[]): Filter | undefined {
  const filter: Partial<Record<Clause, Condition[]>> = {};
  for (const { clause, key, test: name, first, second } of rows) {
    const type = fields.find((field) => field.key === key)?.type ?? 'keyword';
    const condition = test(name).build(key, first, second, type);
    if (condition !== undefined) filter[clause] = [...(filter[clause] ?? []), condition];
  }
  return Object.keys(filter).length === 0 ? undefined : filter;
}

/** Reads rows out of an address; what is none is left out. */
export function readRows(value: unknown): ConditionRow[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((row): ConditionRow[] => {
    if (row === null || typeof row !== 'object') return [];
    const { clause, key, test: name, first, second } = row as Record<string, unknown>;
    const texts = [key, first, second].every((text) => typeof text === 'string');
    const known = CLAUSES.includes(clause as Clause) && Object.hasOwn(TESTS, name as string);
    return texts && known ? [{ clause, key, test: name, first, second } as ConditionRow] : [];
  });
}
