/**
 * Points on their way in and out.
 *
 * @module
 */
import type { Payload, PointId, PointRecord, PointsSelector, UpsertOptions } from '@fletch/search';
import { z } from '@hono/zod-openapi';
import { FilterSchema } from './filters.js';
import { PayloadSchema, PointIdList, PointIdSchema, WithPayload, WithVector } from './primitives.js';
import { branch, isObject, kind, present, ref, shown } from './shape.js';
import { VectorSchema, VectorStruct, type WirePart, type WireVector } from './vectors.js';

/** A point as it arrives: its vector may still be a text. */
export interface WirePoint {
  id: PointId;
  vector: WireVector;
  payload?: Payload | null;
}

/** Points to insert, as rows whichever way they were written. */
export interface WireUpsert extends UpsertOptions {
  points: WirePoint[];
}

/** `vectors` is another name of `vector`, as in Qdrant. */
export function withVector(value: unknown): unknown {
  if (!isObject(value) || !('vectors' in value) || 'vector' in value) return value;
  const { vectors: vector, ...rest } = value;
  return { ...rest, vector };
}

const PointStruct = z.preprocess(
  withVector,
  z.object({ id: PointIdSchema, vector: VectorStruct, payload: PayloadSchema.nullish() }),
);

/** What an upsert may say beside its points. */
const upsertOptions = {
  update_filter: FilterSchema.nullish(),
  update_mode: z
    .enum(['upsert', 'insert_only', 'update_only'] satisfies UpsertOptions['update_mode'][])
    .nullish(),
};

const PointsList = z
  .object({ points: z.array(PointStruct), ...upsertOptions })
  .transform((upsert) => present(upsert) as WireUpsert);

const columns = branch<WirePart[] | { [name: string]: WirePart[] }>((value) =>
  isObject(value) ? z.record(z.string(), z.array(VectorSchema)) : z.array(VectorSchema),
).openapi({
  anyOf: [
    { type: 'array', items: ref('Vector') },
    { type: 'object', additionalProperties: { type: 'array', items: ref('Vector') } },
  ],
});

const PointsBatch = z
  .object({
    batch: z.object({
      ids: PointIdList,
      vectors: columns,
      payloads: z.array(PayloadSchema.nullable()).nullish(),
    }),
    ...upsertOptions,
  })
  .transform(({ batch, ...options }, context): WireUpsert => {
    const count = batch.ids.length;
    const fail = (path: string[], got: number): never => {
      const message = `expected as many as \`ids\`, which are ${count}, got ${got}`;
      context.issues.push({ code: 'custom', message, path: ['batch', ...path], input: batch });
      return z.NEVER;
    };
    const { vectors, payloads } = batch;
    if (payloads && payloads.length !== count) return fail(['payloads'], payloads.length);
    if (Array.isArray(vectors)) {
      if (vectors.length !== count) return fail(['vectors'], vectors.length);
    } else
      for (const [name, column] of Object.entries(vectors))
        if (column.length !== count) return fail(['vectors', name], column.length);
    const points = batch.ids.map((id, row) => ({
      id,
      vector: (Array.isArray(vectors)
        ? vectors[row]!
        : Object.fromEntries(
            Object.entries(vectors).map(([name, column]) => [name, column[row]!]),
          )) as WireVector,
      ...(payloads && { payload: payloads[row]! }),
    }));
    return { points, ...present(options) };
  });

/** The body of an upsert. */
export const PointInsert = branch<WireUpsert>((value) => {
  if (!isObject(value)) return `expected {"points": […]} or {"batch": {…}}, got ${kind(value)}`;
  if ('points' in value) return PointsList;
  if ('batch' in value) return PointsBatch;
  return 'expected {"points": […]} or {"batch": {"ids": […], "vectors": […], "payloads": […]}}';
}).openapi('PointInsertOperations', { anyOf: [ref('PointsBatch'), ref('PointsList')] });

export const PointRequest = z
  .object({
    ids: PointIdList,
    with_payload: WithPayload.nullish(),
    with_vector: WithVector.nullish(),
    with_vectors: WithVector.nullish(),
  })
  .transform(({ with_vectors, ...request }) =>
    present({ ...request, with_vector: request.with_vector ?? with_vectors }),
  )
  .openapi('PointRequest');

const byIds = z.object({ points: PointIdList });
const byFilter = z.object({ filter: FilterSchema });

/** Which points a write touches: `points` or `filter`. */
export const PointsSelectorSchema = branch<PointsSelector>((value) => {
  if (!isObject(value)) return `expected an object, got ${kind(value)}`;
  if (value.points != null && value.filter != null) return 'expected either `points` or `filter`, got both';
  if (value.points != null) return byIds;
  return value.filter != null ? byFilter : 'expected `points` (a list of ids) or `filter`';
}).openapi('PointsSelector', {
  anyOf: [
    { type: 'object', properties: { points: ref('PointIdList') }, required: ['points'] },
    { type: 'object', properties: { filter: ref('Filter') }, required: ['filter'] },
  ],
});

const payloadOutput = shown<Payload | null>({ anyOf: [ref('Payload'), { type: 'null' }] }).optional();
const vectorOutput = shown<NonNullable<PointRecord['vector']>>({
  anyOf: [
    ref('DenseVector'),
    ref('MultiDenseVector'),
    {
      type: 'object',
      additionalProperties: { anyOf: ['DenseVector', 'MultiDenseVector', 'SparseVector'].map(ref) },
    },
  ],
}).optional();
const pointId = shown<PointId>({ allOf: [ref('ExtendedPointId')] });

export const RecordSchema = z
  .object({ id: pointId, payload: payloadOutput, vector: vectorOutput, order_value: z.number().optional() })
  .openapi('Record');

export const ScoredPointSchema = z
  .object({
    id: pointId,
    version: z.int(),
    score: z.number(),
    payload: payloadOutput,
    vector: vectorOutput,
    order_value: z.number().optional(),
  })
  .openapi('ScoredPoint');

export const UpdateResultSchema = z
  .object({ operation_id: z.int(), status: z.enum(['acknowledged', 'completed']) })
  .openapi('UpdateResult');

/** Named parts of the document that only unions refer to. */
export const pointComponents = {
  PointsList,
  PointsBatch,
  ExtendedPointId: PointIdSchema,
  Payload: PayloadSchema,
};
