/**
 * Queries of every kind, and what is prefetched for them.
 *
 * @module
 */
import type {
  Prefetch,
  Query,
  QueryGroupsRequest,
  QueryRequest,
  SearchMatrixRequest,
  VectorQuery,
} from '@fletch/search';
import fc from 'fast-check';
import { available, capabilities } from '../capabilities.case.js';
import type { Kind } from '../oracle/vectors.case.js';
import { bare, date, integer, maybe, one, record, usualId } from './basic.case.js';
import { type Shape, vectorOf } from './collections.case.js';
import { filters } from './filters.case.js';
import { formulas } from './formulas.case.js';
import { ORDERED, PATHS, payloadSelector } from './payloads.case.js';

/** Name of the collection that `lookup_from` looks into. */
export const OTHER = 'other';

type Weighted<T> = { weight: number; arbitrary: fc.Arbitrary<T> };

/** A vector, or now and then the id of a point that has one, most times. */
function example(kind: Kind, grid: boolean): fc.Arbitrary<VectorQuery> {
  return fc.oneof(
    { weight: 9, arbitrary: vectorOf(kind, grid) as fc.Arbitrary<VectorQuery> },
    { weight: 1, arbitrary: usualId },
  );
}

/** Queries by vectors of one kind. */
function vectorQueries(kind: Kind, grid: boolean): fc.Arbitrary<Query> {
  const some = example(kind, grid);
  const examples = (minLength: number) => fc.array(some, { minLength, maxLength: 3 });
  const pair = fc.record({ positive: some, negative: some });
  return fc.oneof(
    ...available<Weighted<Query>>(
      { weight: 5, arbitrary: some },
      { weight: 2, arbitrary: some.map((nearest) => ({ nearest })) },
      capabilities.mmr && {
        weight: 1,
        arbitrary: fc.record({
          nearest: some,
          mmr: record<{ diversity?: number; candidates_limit?: number }>({
            diversity: maybe(one(0, 0.25, 0.5, 0.75, 1)) as fc.Arbitrary<number>,
            candidates_limit: maybe(fc.integer({ min: 1, max: 30 })) as fc.Arbitrary<number>,
          }),
        }),
      },
      capabilities.recommend && {
        weight: 4,
        arbitrary: fc
          .tuple(
            examples(0),
            examples(0),
            maybe(one('average_vector' as const, 'best_score' as const, 'sum_scores' as const), 5),
            some,
          )
          .map(([positive, negative, strategy, spare]) => ({
            recommend: {
              positive:
                positive.length === 0 &&
                ((strategy ?? 'average_vector') === 'average_vector' || negative.length === 0)
                  ? [spare]
                  : positive,
              negative,
              ...(strategy && { strategy }),
            },
          })),
      },
      capabilities.discover && {
        weight: 2,
        arbitrary: fc.record({
          discover: fc.record({ target: some, context: bare(pair, fc.array(pair, { maxLength: 3 })) }),
        }),
      },
      capabilities.discover && {
        weight: 2,
        arbitrary: fc.record({ context: bare(pair, fc.array(pair, { minLength: 1, maxLength: 3 })) }),
      },
      capabilities.feedback && {
        weight: 1,
        arbitrary: fc.record({
          relevance_feedback: fc.record({
            target: some,
            feedback: fc.array(fc.record({ example: some, score: one(0, 0.25, 0.5, 1) }), {
              minLength: 1,
              maxLength: 3,
            }),
            strategy: fc.record({ naive: fc.record({ a: one(0.5, 1), b: one(0.5, 1, 2), c: one(0.25, 1) }) }),
          }),
        }),
      },
    ),
  );
}

const ordered = fc.oneof(
  { weight: 9, arbitrary: one<string>(...ORDERED) },
  { weight: 1, arbitrary: one<string>(...PATHS.integer, ...PATHS.float) },
);

export const order = fc
  .tuple(ordered, maybe(one('asc' as const, 'desc' as const)), fc.nat(3), integer, date)
  .map(([key, direction, form, number, day]) => {
    if (form === 0) return key;
    const start = form === 1 && { start_from: key === 'd' ? day : number };
    return { key, ...(direction && { direction }), ...start };
  });

interface Parts {
  query?: Query;
  using?: string;
  score_threshold?: number;
  lookup_from?: { collection: string; vector?: string };
}

/** A query with what belongs to it. */
function parts(shape: Shape, prefetched: number): fc.Arbitrary<Parts> {
  const byKind = shape.kinds.map((kind): fc.Arbitrary<Parts> => {
    const ties = capabilities.strictThreshold ? 0 : 0.003;
    const threshold = { Cosine: [0, 0.5], Dot: [0, 2.25], Euclid: [2.25, 4], Manhattan: [2.25, 4] }[
      kind.distance
    ].map((value) => value + ties);
    return fc
      .tuple(vectorQueries(kind, shape.grid), fc.nat(5), one(...threshold), fc.nat(9))
      .map(([query, cutting, score_threshold, elsewhere]) => ({
        query,
        ...(kind.name !== '' && { using: kind.name }),
        // With distances Qdrant compares the scores of recommendations the wrong way around.
        ...(cutting === 0 &&
          (['Cosine', 'Dot'].includes(kind.distance) || isNearest(query)) && { score_threshold }),
        ...(capabilities.lookup && elsewhere === 0 && { lookup_from: { collection: OTHER } }),
      }));
  });
  const fusion: fc.Arbitrary<Query> = fc.oneof(
    one({ fusion: 'rrf' as const }, { fusion: 'dbsf' as const }),
    fc
      .tuple(
        maybe(fc.integer({ min: 1, max: 60 })),
        fc.boolean(),
        fc.array(one(0, 0.5, 1, 3), { minLength: 4, maxLength: 4 }),
      )
      .map(([k, weighted, weights]) => ({
        rrf: { ...(k && { k }), ...(weighted && { weights: weights.slice(0, prefetched) }) },
      })),
  );
  return fc.oneof(
    ...available<Weighted<Parts>>(
      { weight: 6, arbitrary: fc.oneof(...byKind) },
      prefetched === 0 && { weight: 1, arbitrary: fc.constant({}) },
      capabilities.orderBy && { weight: 1, arbitrary: order.map((order_by) => ({ query: { order_by } })) },
      capabilities.sample &&
        prefetched === 0 && { weight: 1, arbitrary: fc.constant({ query: { sample: 'random' as const } }) },
      prefetched > 0 && { weight: 6, arbitrary: fusion.map((query) => ({ query })) },
      capabilities.formula &&
        prefetched > 0 && {
          weight: 4,
          arbitrary: fc
            .tuple(
              formulas(
                prefetched,
                shape.kinds.map(({ name }) => name),
              ),
              fc.nat(4),
            )
            .map(([query, cutting]) => ({
              query,
              ...(cutting === 0 && { score_threshold: 0.71 }),
            })),
        },
    ),
  );
}

function isNearest(query: Query): boolean {
  return typeof query !== 'object' || Array.isArray(query) || 'indices' in query || 'nearest' in query;
}

const params = maybe(
  fc.oneof(fc.constant({ exact: true }), fc.record({ hnsw_ef: one(8, 128), exact: fc.boolean() })),
);

function prefetches(shape: Shape, depth: number): fc.Arbitrary<Prefetch> {
  const names = shape.kinds.map(({ name }) => name);
  const sources =
    depth === 0 || !capabilities.prefetch
      ? fc.constant([])
      : fc.oneof(
          { weight: depth > 1 ? 1 : 2, arbitrary: fc.constant([]) },
          { weight: 1, arbitrary: fc.array(prefetches(shape, depth - 1), { minLength: 1, maxLength: 3 }) },
        );
  return sources.chain((prefetch) =>
    fc
      .record({
        parts: parts(shape, prefetch.length),
        filter: maybe(filters(1, names)),
        limit: maybe(fc.integer({ min: 1, max: 30 }), 3),
        params,
      })
      .map(({ parts: own, ...rest }) =>
        clean<Prefetch>({
          ...own,
          ...rest,
          ...(prefetch.length > 0 && { prefetch: prefetch.length === 1 ? prefetch[0]! : prefetch }),
        }),
      ),
  );
}

const clean = <T>(value: unknown): T => JSON.parse(JSON.stringify(value)) as T;

export function queries(shape: Shape): fc.Arbitrary<QueryRequest> {
  const names = shape.kinds.map(({ name }) => name);
  return fc
    .record({
      inner: prefetches(shape, 2),
      filter: maybe(filters(3, names)),
      limit: maybe(fc.integer({ min: 1, max: 70 }), 3),
      offset: maybe(fc.integer({ min: 0, max: 20 })),
      with_payload: maybe(payloadSelector),
      with_vector: maybe(vectorSelector(names)),
    })
    .map(({ inner, ...rest }) => clean<QueryRequest>({ ...inner, ...rest }));
}

export function vectorSelector(names: readonly string[]): fc.Arbitrary<boolean | string[]> {
  return fc.oneof(fc.boolean(), fc.array(one(...names), { minLength: 1, maxLength: 2 }));
}

/** Groups of queries that score: others have no best hit. */
export function groups(shape: Shape): fc.Arbitrary<QueryGroupsRequest> {
  return fc
    .record({
      query: queries(shape).filter(
        ({ query }) =>
          query != null &&
          !['order_by', 'sample', 'mmr'].some((key) => typeof query === 'object' && key in query),
      ),
      group_by: one('s', 'n', 'o.b.c', 'l[].y', 'u', 'any', 'n[]', 'nothing'),
      group_size: maybe(fc.integer({ min: 1, max: 5 })),
      limit: maybe(fc.integer({ min: 1, max: 8 })),
      with_lookup: capabilities.lookup
        ? maybe(
            fc.oneof(
              fc.constant(OTHER),
              fc.constant({ collection: OTHER, with_payload: ['n'], with_vectors: false }),
            ),
          )
        : fc.constant(undefined),
    })
    .map(({ query: { offset, ...query }, ...rest }) => clean<QueryGroupsRequest>({ ...query, ...rest }));
}

/** With a sample that holds all points, the matrix leaves nothing to chance. */
export function matrices({ kinds }: Shape): fc.Arbitrary<SearchMatrixRequest> {
  const names = kinds.map(({ name }) => name);
  return fc
    .record({ using: one(...names), limit: fc.integer({ min: 1, max: 6 }), filter: maybe(filters(1, names)) })
    .map(({ using, ...rest }) =>
      clean<SearchMatrixRequest>({ sample: 1000, ...rest, ...(using !== '' && { using }) }),
    );
}
