/**
 * The form of the query builder, and the request that it stands for.
 *
 * @module
 */
import type { Prefetch, Query, QueryRequest, VectorQuery } from '@fletch/search';
import { type ConditionRow, filterOf, readRows, type TypedField } from './conditions.js';
import { readId, readIds } from './ids.js';

export const KINDS = {
  nearest: 'Nearest to …',
  recommend: 'Like these, unlike those',
  discover: 'Nearest, on the right side of pairs',
  context: 'On the right side of pairs',
  hybrid: 'Several searches, fused',
  order_by: 'In order of a field',
  sample: 'A random sample',
  all: 'In order of ids',
} as const;
export type Kind = keyof typeof KINDS;

export const SOURCES = { text: 'a text', id: 'a point', vector: 'a vector' } as const;

/** What points shall be near to. */
export interface Example {
  readonly source: keyof typeof SOURCES;
  readonly value: string;
  /** Encoder of a text; empty for the collection's own. */
  readonly model: string;
}

export interface Search {
  readonly example: Example;
  readonly using: string;
  readonly limit: string;
}

export interface Pair {
  readonly positive: string;
  readonly negative: string;
}

export interface QueryForm {
  readonly kind: Kind;
  readonly example: Example;
  readonly using: string;
  readonly diversity: string;
  readonly positive: string;
  readonly negative: string;
  readonly strategy: 'average_vector' | 'best_score' | 'sum_scores';
  readonly pairs: readonly Pair[];
  readonly searches: readonly Search[];
  readonly fusion: 'rrf' | 'dbsf';
  readonly orderBy: string;
  readonly direction: 'asc' | 'desc';
  readonly rows: readonly ConditionRow[];
  readonly limit: string;
  readonly offset: string;
  readonly threshold: string;
  readonly ef: string;
  readonly exact: boolean;
  readonly payload: boolean;
  readonly vectors: boolean;
}

const EXAMPLE: Example = { source: 'text', value: '', model: '' };
const SEARCH: Search = { example: EXAMPLE, using: '', limit: '20' };
const PAIR: Pair = { positive: '', negative: '' };

export const NEW_QUERY: QueryForm = {
  kind: 'nearest',
  example: EXAMPLE,
  using: '',
  diversity: '',
  positive: '',
  negative: '',
  strategy: 'average_vector',
  pairs: [PAIR],
  searches: [SEARCH, SEARCH],
  fusion: 'rrf',
  orderBy: '',
  direction: 'asc',
  rows: [],
  limit: '10',
  offset: '',
  threshold: '',
  ef: '',
  exact: false,
  payload: true,
  vectors: false,
};

/** What was typed as a number; what is none is sent as it is, so that the server can say what is wrong. */
const numeric = (text: string): number => (Number.isFinite(Number(text)) ? Number(text) : (text as never));

/** `{ [name]: text }` as a number, nothing when nothing was typed. */
const optional = (name: string, text: string) => (text.trim() === '' ? {} : { [name]: numeric(text) });

/** Undefined while nothing was typed. */
function exampleOf({ source, value, model }: Example): VectorQuery | undefined {
  const plain = value.trim();
  if (plain === '') return undefined;
  if (source === 'id') return readId(plain);
  if (source === 'text') {
    // Texts are encoded by the server; the library's own vocabulary has no such form.
    return { text: plain, ...(model.trim() === '' ? {} : { model: model.trim() }) } as never;
  }
  try {
    return JSON.parse(plain) as VectorQuery;
  } catch {
    return plain;
  }
}

const pairsOf = (pairs: readonly Pair[]) =>
  pairs
    .filter(({ positive, negative }) => positive.trim() !== '' && negative.trim() !== '')
    .map(({ positive, negative }) => ({ positive: readId(positive), negative: readId(negative) }));

function nearest(form: QueryForm): Query | undefined {
  const example = exampleOf(form.example);
  if (example === undefined || form.diversity.trim() === '') return example;
  return { nearest: example, mmr: { diversity: numeric(form.diversity) } };
}

const queries: { readonly [K in Kind]: (form: QueryForm) => Query | undefined } = {
  nearest,
  recommend: ({ positive, negative, strategy }) => ({
    recommend: {
      ...(positive.trim() === '' ? {} : { positive: readIds(positive) }),
      ...(negative.trim() === '' ? {} : { negative: readIds(negative) }),
      ...(strategy === 'average_vector' ? {} : { strategy }),
    },
  }),
  discover({ example, pairs }) {
    const target = exampleOf(example);
    return target === undefined ? undefined : { discover: { target, context: pairsOf(pairs) } };
  },
  context: ({ pairs }) => ({ context: pairsOf(pairs) }),
  hybrid: ({ fusion }) => ({ fusion }),
  order_by: ({ orderBy, direction }) => ({
    order_by: direction === 'asc' ? orderBy : { key: orderBy, direction },
  }),
  sample: () => ({ sample: 'random' }),
  all: () => undefined,
};

function prefetchOf({ example, using, limit }: Search): Prefetch {
  const query = exampleOf(example);
  return {
    ...(query === undefined ? {} : { query }),
    ...(using === '' ? {} : { using }),
    ...optional('limit', limit),
  };
}

/** Kinds that compare vectors, so that a vector is named and scores can be bounded. */
const COMPARING: readonly Kind[] = ['nearest', 'recommend', 'discover', 'context'];
export const compares = (kind: Kind): boolean => COMPARING.includes(kind);

/** The body of `points/query`. */
export function bodyOf(form: QueryForm, fields: readonly TypedField[]): QueryRequest {
  const query = queries[form.kind](form);
  const filter = filterOf(form.rows, fields);
  const comparing = compares(form.kind) && query !== undefined;
  const params = {
    ...optional('hnsw_ef', form.ef),
    ...(form.exact ? { exact: true } : {}),
  };
  return {
    ...(form.kind === 'hybrid' ? { prefetch: form.searches.map(prefetchOf) } : {}),
    ...(query === undefined ? {} : { query }),
    ...(comparing && form.using !== '' ? { using: form.using } : {}),
    ...(filter === undefined ? {} : { filter }),
    ...(comparing && Object.keys(params).length > 0 ? { params } : {}),
    ...(comparing || form.kind === 'hybrid' ? optional('score_threshold', form.threshold) : {}),
    ...optional('limit', form.limit),
    ...optional('offset', form.offset),
    ...(form.payload ? { with_payload: true } : {}),
    ...(form.vectors ? { with_vector: true } : {}),
  };
}

/** `found` where it is a thing of the same shape as `model`, field by field; `model`'s own otherwise. */
function like<T>(model: T, found: unknown): T {
  if (Array.isArray(model)) {
    return Array.isArray(found) ? (found.map((one) => like(model[0], one)) as T) : model;
  }
  if (model === null || typeof model !== 'object')
    return typeof found === typeof model ? (found as T) : model;
  const other = (found ?? {}) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(model).map(([name, own]) => [name, like(own, other[name])])) as T;
}

const oneOf = <T extends string>(value: T, allowed: readonly T[]): T =>
  allowed.includes(value) ? value : allowed[0]!;

/** Reads a form out of an address; what is missing or odd is as in a new form. */
export function readForm(value: unknown): QueryForm {
  const { rows, ...rest } = NEW_QUERY;
  const form = like(rest, value);
  const example = (one: Example): Example => ({
    ...one,
    source: oneOf(one.source, Object.keys(SOURCES) as Example['source'][]),
  });
  return {
    ...form,
    kind: oneOf(form.kind, Object.keys(KINDS) as Kind[]),
    strategy: oneOf(form.strategy, ['average_vector', 'best_score', 'sum_scores']),
    fusion: oneOf(form.fusion, ['rrf', 'dbsf']),
    direction: oneOf(form.direction, ['asc', 'desc']),
    example: example(form.example),
    searches: form.searches.map((search) => ({ ...search, example: example(search.example) })),
    rows: readRows((value as { rows?: unknown } | null)?.rows),
  };
}

/** What of a form differs from a new one, so that addresses stay short. */
export function shortForm(form: QueryForm): Partial<QueryForm> {
  const fresh = NEW_QUERY as unknown as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(form).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(fresh[name])),
  );
}
