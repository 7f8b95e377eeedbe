/**
 * Writes to payloads, and their indexes.
 *
 * @module
 */
import {
  indexTypes,
  type PayloadFieldSchema,
  type PayloadFieldType,
  type PointsSelector,
  readIndexSchema,
  stemmerLanguages,
  stopwordLanguages,
} from '@fletch/search';
import { z } from '@hono/zod-openapi';
import { FilterSchema } from './filters.js';
import { CollectionParams, PayloadSchema, PointIdList } from './primitives.js';
import { checked, ref, shown } from './shape.js';

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

const flag = { type: 'boolean' };
const count = { type: 'integer', minimum: 0 };
const common = {
  on_disk: flag,
  memory: { type: 'string', enum: ['cold', 'cached', 'pinned'] },
  enable_hnsw: flag,
};

function page(type: PayloadFieldType, properties: Record<string, object> = {}) {
  return {
    type: 'object',
    properties: { type: { const: type }, ...common, ...properties },
    required: ['type'],
  };
}

/** How the parameters of indexes look in the document. */
const pages = {
  PayloadSchemaType: { type: 'string', enum: indexTypes },
  KeywordIndexParams: page('keyword', { is_tenant: flag, prefix: flag }),
  IntegerIndexParams: page('integer', { lookup: flag, range: flag, is_principal: flag }),
  FloatIndexParams: page('float', { is_principal: flag }),
  BoolIndexParams: page('bool'),
  GeoIndexParams: page('geo'),
  DatetimeIndexParams: page('datetime', { is_principal: flag }),
  UuidIndexParams: page('uuid', { is_tenant: flag }),
  TextIndexParams: page('text', {
    tokenizer: { type: 'string', enum: ['prefix', 'whitespace', 'word', 'multilingual'] },
    min_token_len: count,
    max_token_len: count,
    lowercase: flag,
    ascii_folding: flag,
    phrase_matching: flag,
    stopwords: {
      anyOf: [
        { type: 'string', enum: stopwordLanguages },
        {
          type: 'object',
          properties: {
            languages: { type: 'array', items: { type: 'string', enum: stopwordLanguages } },
            custom: { type: 'array', items: { type: 'string' } },
          },
        },
      ],
    },
    stemmer: {
      anyOf: [
        {
          type: 'object',
          properties: { type: { const: 'snowball' }, language: { type: 'string', enum: stemmerLanguages } },
          required: ['type', 'language'],
        },
        { type: 'object', properties: { type: { const: 'none' } }, required: ['type'] },
      ],
    },
  }),
} satisfies Record<string, object>;

/** A type's name, or an object with `type` and parameters. */
const FieldSchema = checked<PayloadFieldSchema>((value, at) => readIndexSchema(value, at)).openapi(
  'PayloadFieldSchema',
  { anyOf: Object.keys(pages).map(ref) },
);

export const CreateFieldIndex = z
  .object({ field_name: z.string().min(1), field_schema: FieldSchema })
  .openapi('CreateFieldIndex');

export const FieldParams = CollectionParams.extend({ field_name: z.string().min(1) });

/** Named parts of the document that only unions refer to. */
export const payloadComponents: Record<string, z.ZodType> = Object.fromEntries(
  Object.entries(pages).map(([name, one]) => [name, shown(one)]),
);
