/**
 * What happens to a collection: reads, and writes between them.
 *
 * @module
 */
import type {
  CountRequest,
  FacetRequest,
  Filter,
  PayloadFieldSchema,
  PointId,
  PointStruct,
  PointsSelector,
  QueryGroupsRequest,
  QueryRequest,
  ScrollRequest,
  SearchMatrixRequest,
  UpdateOperation,
} from '@fletch/search';
import fc from 'fast-check';
import { available, capabilities } from '../capabilities.case.js';
import { maybe, one, pointId, record, writtenId } from './basic.case.js';
import { pointOf, pointsOf, type Shape, shapes, vectorsOf } from './collections.case.js';
import { filters } from './filters.case.js';
import {
  anyPath,
  COUNTED,
  PATHS,
  patch,
  payload,
  payloadIndex,
  payloadIndexes,
  payloadSelector,
} from './payloads.case.js';
import { groups, matrices, order, queries, vectorSelector } from './queries.case.js';

export type Step =
  | { query: QueryRequest }
  | { queryBatch: QueryRequest[] }
  | { scroll: ScrollRequest }
  | { count: CountRequest }
  | { facet: FacetRequest }
  | { groups: QueryGroupsRequest }
  | { matrix: SearchMatrixRequest }
  | { retrieve: { ids: PointId[]; with_payload?: unknown; with_vector?: unknown } }
  | { update: UpdateOperation[] }
  | { createIndex: { field_name: string; field_schema: PayloadFieldSchema } }
  | { deleteIndex: string };

/** A whole test: a collection, another one to look things up in, and what happens. */
export interface Script {
  readonly shape: Shape;
  readonly points: PointStruct[];
  readonly other: PointStruct[];
  readonly indexes: { field_name: string; field_schema: PayloadFieldSchema }[];
  readonly steps: Step[];
}

function operations(shape: Shape): fc.Arbitrary<UpdateOperation> {
  const names = shape.kinds.map(({ name }) => name);
  const filter = filters(1, names);
  const ids = fc.array(pointId, { minLength: 1, maxLength: 6 });
  const selector: fc.Arbitrary<PointsSelector> = fc.oneof(
    { weight: 2, arbitrary: ids.map((points) => ({ points })) },
    { weight: 1, arbitrary: filter.map((chosen) => ({ filter: chosen })) },
  );
  const key = maybe(one('o', 'o.b', 'l[]', 'l[0]', 'new.deep', 'any', 'l[].z[]', '"k.v"'));
  const updated = fc.uniqueArray(fc.record({ id: pointId, vector: vectorsOf(shape, 'some') }), {
    minLength: 1,
    maxLength: 3,
    selector: ({ id }) => id,
  });
  const more = capabilities.vectorUpdates;
  return fc.oneof(
    ...available<{ weight: number; arbitrary: fc.Arbitrary<UpdateOperation> }>(
      {
        weight: 4,
        arbitrary: fc
          .record({
            points: fc.uniqueArray(pointOf(shape), { minLength: 1, maxLength: 4, selector: ({ id }) => id }),
            update_filter: more
              ? (maybe(filter) as fc.Arbitrary<Filter>)
              : fc.constant(undefined as unknown as Filter),
            update_mode: more
              ? maybe(one('upsert' as const, 'insert_only' as const, 'update_only' as const))
              : fc.constant(undefined),
          })
          .map((upsert) => JSON.parse(JSON.stringify({ upsert })) as UpdateOperation),
      },
      { weight: 1, arbitrary: ids.map((points) => ({ delete: { points: points.slice(0, 2) } })) },
      {
        weight: 1,
        arbitrary: filter
          .filter((chosen) => Object.keys(chosen).length > 1)
          .map((chosen) => ({ delete: { filter: chosen } })),
      },
      {
        weight: 4,
        arbitrary: fc.tuple(patch, key, selector).map(([payload, at, chosen]) => ({
          set_payload: { payload, ...(at !== undefined && { key: at }), ...chosen },
        })),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(payload, selector)
          .map(([whole, chosen]) => ({ overwrite_payload: { payload: whole, ...chosen } })),
      },
      {
        weight: 3,
        arbitrary: fc
          .tuple(fc.array(anyPath, { minLength: 1, maxLength: 3 }), selector)
          .map(([keys, chosen]) => ({ delete_payload: { keys, ...chosen } })),
      },
      { weight: 1, arbitrary: selector.map((chosen) => ({ clear_payload: chosen })) },
      more && {
        weight: 3,
        arbitrary: fc.tuple(updated, maybe(filter)).map(([points, update_filter]) => ({
          update_vectors: { points, ...(update_filter && { update_filter }) },
        })),
      },
      more &&
        capabilities.missingVectors && {
          weight: 2,
          arbitrary: fc
            .tuple(fc.array(one(...names), { minLength: 1, maxLength: 2 }), selector)
            .map(([vector, chosen]) => ({ delete_vectors: { vector, ...chosen } })),
        },
    ),
  );
}

function steps(shape: Shape): fc.Arbitrary<Step> {
  const names = shape.kinds.map(({ name }) => name);
  const filter = maybe(filters(3, names), 4) as fc.Arbitrary<Filter>;
  const limit = maybe(fc.integer({ min: 1, max: 70 })) as fc.Arbitrary<number>;
  const withPayload = maybe(payloadSelector) as fc.Arbitrary<true>;
  const withVector = maybe(vectorSelector(names)) as fc.Arbitrary<true>;
  const scroll = fc.oneof(
    {
      weight: 3,
      arbitrary: record<ScrollRequest>({
        filter,
        limit,
        offset: maybe(writtenId) as fc.Arbitrary<PointId>,
        with_payload: withPayload,
        with_vector: withVector,
      }),
    },
    ...(capabilities.orderBy
      ? [
          {
            weight: 2,
            arbitrary: record<ScrollRequest>({ filter, limit, order_by: order, with_payload: withPayload }),
          },
        ]
      : []),
  );
  const facet = record<FacetRequest>({
    key: fc.oneof(
      { weight: 9, arbitrary: one<string>(...COUNTED) },
      { weight: 1, arbitrary: one<string>(...PATHS.keyword, ...PATHS.integer) },
    ),
    filter,
    limit,
    exact: maybe(fc.boolean()) as fc.Arbitrary<boolean>,
  });
  return fc.oneof(
    ...available<{ weight: number; arbitrary: fc.Arbitrary<Step> }>(
      { weight: 40, arbitrary: queries(shape).map((query) => ({ query })) },
      {
        weight: 2,
        arbitrary: fc
          .array(queries(shape), { minLength: 1, maxLength: 3 })
          .map((queryBatch) => ({ queryBatch })),
      },
      { weight: 20, arbitrary: scroll.map((request) => ({ scroll: request })) },
      { weight: 10, arbitrary: record<CountRequest>({ filter }).map((count) => ({ count })) },
      capabilities.facets && { weight: 5, arbitrary: facet.map((request) => ({ facet: request })) },
      capabilities.groups && { weight: 8, arbitrary: groups(shape).map((request) => ({ groups: request })) },
      capabilities.matrix && { weight: 2, arbitrary: matrices(shape).map((matrix) => ({ matrix })) },
      {
        weight: 2,
        arbitrary: record<{ ids: PointId[]; with_payload?: unknown; with_vector?: unknown }>({
          ids: fc.array(writtenId, { maxLength: 5 }),
          with_payload: withPayload,
          with_vector: withVector,
        }).map((retrieve) => ({ retrieve })),
      },
      {
        weight: 9,
        arbitrary: fc.array(operations(shape), { minLength: 1, maxLength: 3 }).map((update) => ({ update })),
      },
      { weight: 2, arbitrary: payloadIndex.map((createIndex) => ({ createIndex })) },
      {
        weight: 1,
        arbitrary: one<string>(...Object.values(PATHS).flat()).map((deleteIndex) => ({ deleteIndex })),
      },
    ),
  );
}

/** Scripts of at most `most` steps. The shape of the collection itself does not shrink: all else depends on it. */
export function scripts(most: number): fc.Arbitrary<Script> {
  return fc.noShrink(shapes).chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      points: pointsOf(shape, 60),
      other: capabilities.lookup ? pointsOf(shape, 30) : fc.constant([]),
      indexes: payloadIndexes,
      steps: fc.array(steps(shape), { minLength: 1, maxLength: most, size: 'max' }),
    }),
  );
}
