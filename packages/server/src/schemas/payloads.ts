/**
 * Writes to payloads, and their indexes.
 *
 * @module
 */
import type { PayloadFieldType, PointsSelector } from '@fletch/search';
import { z } from '@hono/zod-openapi';
import { FilterSchema } from './filters.js';
import { CollectionParams, PayloadSchema, PointIdList } from './primitives.js';
import { branch, isObject, kind, ref } from './shape.js';

/** Which points a write is about. */
export const selection = { points: PointIdList.nullish(), filter: FilterSchema.nullish() };

type Selection = { points?: (number | string)[] | null | undefined; filter?: object | null | undefined };

/** Moves `points` or `filter` into one selector beside the other fields. */
export function select<T extends Selection>({ points, filter, ...rest }: T, context: z.RefinementCtx) {
  if ((points == null) === (filter == null)) {
    const message =
      points == null
        ? 'expected `points` (a list of ids) or `filter`'
        : 'expected either `points` or `filter`, got both';
    context.issues.push({ code: 'custom', message, input: points });
    return z.NEVER;
  }
  return { ...rest, selector: (points != null ? { points } : { filter }) as PointsSelector };
}

export const SetPayload = z
  .object({ payload: PayloadSchema, key: z.string().min(1).nullish(), ...selection })
  .transform(select)
  .openapi('SetPayload');

export const DeletePayload = z
  .object({ keys: z.array(z.string().min(1)), ...selection })
  .transform(select)
  .openapi('DeletePayload');

const FieldType = z
  .enum([
    'keyword',
    'integer',
    'float',
    'bool',
    'geo',
    'datetime',
    'text',
    'uuid',
  ] satisfies PayloadFieldType[])
  .openapi('PayloadSchemaType');

const typeWithParameters = z.object({ type: FieldType }).transform(({ type }) => type);

/** A type's name, or an object with `type` and parameters; the parameters are accepted and not used. */
const FieldSchema = branch<PayloadFieldType>((value) =>
  isObject(value)
    ? typeWithParameters
    : typeof value === 'string'
      ? FieldType
      : `expected the type of the field's values, got ${kind(value)}`,
).openapi('PayloadFieldSchema', {
  anyOf: [
    ref('PayloadSchemaType'),
    { type: 'object', properties: { type: ref('PayloadSchemaType') }, required: ['type'] },
  ],
});

export const CreateFieldIndex = z
  .object({ field_name: z.string().min(1), field_schema: FieldSchema })
  .openapi('CreateFieldIndex');

export const FieldParams = CollectionParams.extend({ field_name: z.string().min(1) });

/** Named parts of the document that only unions refer to. */
export const payloadComponents = { PayloadSchemaType: FieldType };
