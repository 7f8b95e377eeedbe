/**
 * Updates of points' vectors, several updates in one request, and vectors that are added to a collection.
 *
 * @module
 */
import type { Filter, PointId, UpdateOperation, VectorNameConfig } from '@fletch/search';
import { z } from '@hono/zod-openapi';
import { dimensionedFields, sparseFields } from './collections.js';
import { FilterSchema } from './filters.js';
import { DeletePayload, SetPayload, select, selection } from './payloads.js';
import { PointInsert, PointsSelectorSchema, type WireUpsert, withVector } from './points.js';
import { CollectionParams, PointIdSchema } from './primitives.js';
import { branch, isObject, kind, present, ref } from './shape.js';
import { VectorStruct, type WireVector } from './vectors.js';

/** New vectors of a point as they arrive. */
export interface WirePointVectors {
  id: PointId;
  vector: WireVector;
}

const PointVectors = z
  .preprocess(withVector, z.object({ id: PointIdSchema, vector: VectorStruct }))
  .superRefine(({ vector }, context) => {
    if (Object.keys(vector).length > 0) return;
    const message = 'must specify vectors to update for point';
    context.issues.push({
      code: 'custom',
      message,
      path: ['vector'],
      input: vector,
      params: { ofValue: true },
    });
  })
  .openapi('PointVectors', {
    type: 'object',
    properties: { id: ref('ExtendedPointId'), vector: ref('VectorStruct') },
    required: ['id', 'vector'],
  });

export interface WireUpdateVectors {
  points: WirePointVectors[];
  update_filter?: Filter;
}

export const UpdateVectors = z
  .object({ points: z.array(PointVectors).min(1), update_filter: FilterSchema.nullish() })
  .transform((update) => present(update) as WireUpdateVectors)
  .openapi('UpdateVectors');

/** Names of vectors, and the points that they are taken from. */
export const DeleteVectors = z
  .preprocess(withVector, z.object({ vector: z.array(z.string()).min(1), ...selection }).transform(select))
  .openapi('DeleteVectors', {
    type: 'object',
    properties: {
      vector: { type: 'array', items: { type: 'string' }, minItems: 1 },
      points: ref('PointIdList'),
      filter: ref('Filter'),
    },
    required: ['vector'],
  });

/** An update as it arrives: the vectors in it may still be texts. */
export type WireOperation =
  | { upsert: WireUpsert }
  | { update_vectors: WireUpdateVectors }
  | Exclude<UpdateOperation, { upsert: unknown } | { update_vectors: unknown }>;

const payloadUpdate = SetPayload.transform(({ payload, key, selector }) =>
  present({ payload, key, ...selector }),
);

const operations = {
  upsert: PointInsert,
  delete: PointsSelectorSchema,
  set_payload: payloadUpdate,
  overwrite_payload: payloadUpdate,
  delete_payload: DeletePayload.transform(({ keys, selector }) => ({ keys, ...selector })),
  clear_payload: PointsSelectorSchema,
  update_vectors: UpdateVectors,
  delete_vectors: DeleteVectors.transform(({ vector, selector }) => ({ vector, ...selector })),
} satisfies { readonly [name: string]: z.ZodType };

type OperationName = keyof typeof operations;

const Operation = branch<WireOperation>((value) => {
  if (!isObject(value)) return `expected an object, got ${kind(value)}`;
  const [name, ...more] = Object.keys(value);
  if (name === undefined || more.length > 0 || !Object.hasOwn(operations, name))
    return `expected one of ${Object.keys(operations)
      .map((each) => `\`${each}\``)
      .join(', ')}`;
  return z.object({ [name]: operations[name as OperationName] }) as unknown as z.ZodType<WireOperation>;
}).openapi('UpdateOperation', {
  anyOf: Object.entries({
    upsert: 'PointInsertOperations',
    delete: 'PointsSelector',
    set_payload: 'SetPayload',
    overwrite_payload: 'SetPayload',
    delete_payload: 'DeletePayload',
    clear_payload: 'PointsSelector',
    update_vectors: 'UpdateVectors',
    delete_vectors: 'DeleteVectors',
  } satisfies Record<OperationName, string>).map(([name, schema]) => ({
    type: 'object',
    properties: { [name]: ref(schema) },
    required: [name],
  })),
});

export const UpdateOperations = z.object({ operations: z.array(Operation) }).openapi('UpdateOperations');

/** Bytes of a vector's name, at most. */
const MAX_NAME = 200;

export const VectorNameParams = CollectionParams.extend({
  vector_name: z.string().refine((name) => Buffer.byteLength(name) <= MAX_NAME, {
    message: `vector name must be at most ${MAX_NAME} bytes long`,
  }),
});

const { size, distance, datatype, multivector_config } = dimensionedFields;
const denseName = z.object({
  dense: z.object({ size, distance, datatype, multivector_config }).transform(present),
});
const sparseName = z.object({
  sparse: z.object({ modifier: sparseFields.modifier, datatype: sparseFields.datatype }).transform(present),
});

/** What a vector that is added holds. */
export const VectorNameConfigSchema = branch<VectorNameConfig>((value) => {
  if (isObject(value) && 'dense' in value) return denseName as z.ZodType<VectorNameConfig>;
  if (isObject(value) && 'sparse' in value) return sparseName as z.ZodType<VectorNameConfig>;
  return 'expected {"dense": {"size": …, "distance": …}} or {"sparse": {}}';
}).openapi('VectorNameConfig', {
  anyOf: [
    { type: 'object', properties: { dense: ref('VectorParams') }, required: ['dense'] },
    { type: 'object', properties: { sparse: ref('SparseVectorParams') }, required: ['sparse'] },
  ],
});

/** Named parts of the document that only unions refer to. */
export const updateComponents = { SetPayload, DeletePayload, UpdateVectors, DeleteVectors };
