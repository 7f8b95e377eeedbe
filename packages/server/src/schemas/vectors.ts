/**
 * Vectors of all kinds, and texts that stand for their vectors.
 *
 * @module
 */
import { isFletchError, type Json } from '@fletch/base';
import { JsonEncoder, type SparseVector, VSA } from '@fletch/search';
import { z } from '@hono/zod-openapi';
import { branch, isObject, kind, type Refuse, ref, wire } from './shape.js';

/** The largest finite 32-bit float. */
const FLOAT32_MAX = 3.4028234663852886e38;

function readDense(value: unknown, refuse: Refuse): Float32Array | undefined {
  if (!Array.isArray(value)) return refuse(`expected an array of numbers, got ${kind(value)}`) as undefined;
  if (value.length === 0)
    return refuse('expected at least one number, got an empty array', [], true) as undefined;
  const vector = new Float32Array(value.length);
  for (let column = 0; column < value.length; column++) {
    const component: unknown = value[column];
    if (typeof component !== 'number')
      return refuse(`expected a number, got ${kind(component)}`, [column]) as undefined;
    if (!(component <= FLOAT32_MAX && component >= -FLOAT32_MAX))
      return refuse(`${component} does not fit a 32-bit float`, [column]) as undefined;
    vector[column] = component;
  }
  return vector;
}

/** An array of finite numbers, read into 32-bit floats. */
export const DenseVector = wire<Float32Array>(readDense).openapi('DenseVector', {
  type: 'array',
  items: { type: 'number', format: 'float' },
  example: [0.875, 0.140625, 0.8976],
});

/** Components of all vectors of a point together: fewer than this. */
const MAX_MULTI_COMPONENTS = 1024 * 1024;

/** Several dense vectors of one dimension. */
export const MultiDenseVector = wire<Float32Array[]>((value, refuse) => {
  if (!Array.isArray(value)) return refuse(`expected an array of vectors, got ${kind(value)}`) as undefined;
  let components = 0;
  const vectors: Float32Array[] = [];
  for (const [token, one] of value.entries()) {
    const vector = readDense(one, (message, path = [], ofValue) =>
      refuse(message, [token, ...path], ofValue),
    );
    if (!vector) return undefined;
    if (vector.length !== (vectors[0] ?? vector).length)
      return refuse(
        `all vectors must have the same dimension, found ${vector.length} beside ${vectors[0]!.length}`,
        [token],
        true,
      ) as undefined;
    components += vector.length;
    if (components >= MAX_MULTI_COMPONENTS)
      return refuse(
        `total size of all vectors must be less than ${MAX_MULTI_COMPONENTS}`,
        [],
        true,
      ) as undefined;
    vectors.push(vector);
  }
  return vectors;
}).openapi('MultiDenseVector', { type: 'array', items: ref('DenseVector') });

/** Values at distinct indices. */
export const SparseVectorSchema = wire<SparseVector>((value, refuse) => {
  if (!isObject(value))
    return refuse(`expected {"indices": […], "values": […]}, got ${kind(value)}`) as undefined;
  const { indices, values } = value;
  if (!Array.isArray(indices))
    return refuse(`expected an array of integers, got ${kind(indices)}`, ['indices']) as undefined;
  const bad = indices.findIndex((index) => typeof index !== 'number' || index >>> 0 !== index);
  if (bad >= 0) return refuse('expected an integer from 0 to 4294967295', ['indices', bad]) as undefined;
  if (!Array.isArray(values))
    return refuse(`expected an array of numbers, got ${kind(values)}`, ['values']) as undefined;
  if (values.length !== indices.length)
    return refuse('must be the same length as indices', ['values'], true) as undefined;
  if (new Set(indices).size !== indices.length)
    return refuse('must be unique', ['indices'], true) as undefined;
  const components =
    values.length === 0
      ? new Float32Array(0)
      : readDense(values, (message, path = [], ofValue) => refuse(message, ['values', ...path], ofValue));
  return components && { indices: Uint32Array.from(indices as number[]), values: components };
}).openapi('SparseVector', {
  type: 'object',
  properties: {
    indices: { type: 'array', items: { type: 'integer', minimum: 0 }, example: [17, 4096] },
    values: { type: 'array', items: { type: 'number', format: 'float' }, example: [0.5, 1.25] },
  },
  required: ['indices', 'values'],
});

/** A text that is encoded by the server. */
export interface Document {
  text: string;
  model?: string;
  options?: { [name: string]: Json };
}

/** `{ text, model, options }`; without a model the collection's own encoder is used. */
export const DocumentSchema = z
  .object({
    text: z.string(),
    model: z.string().min(1).nullish(),
    options: z.record(z.string(), z.any()).nullish(),
  })
  .transform(
    ({ text, model, options }): Document => ({
      text,
      ...(model != null && { model }),
      ...(options != null && { options: options as { [name: string]: Json } }),
    }),
  )
  .openapi('Document', {
    type: 'object',
    properties: {
      text: { type: 'string', example: 'a feeling of deep sadness' },
      model: { type: 'string', example: 'use', description: "Default: the collection's own encoder." },
      options: { type: 'object', additionalProperties: true, description: 'Parameters of the model.' },
    },
    required: ['text'],
  });

export function isDocument(value: unknown): value is Document {
  return isObject(value) && typeof value.text === 'string';
}

/** The model that encodes JSON values. */
export const JSON_MODEL = 'mbat-json';

const encoders = new Map<number, JsonEncoder>();

/** Encoders with nothing learnt: the same value has the same vector, whenever and wherever it is encoded. */
function jsonEncoder(dim: number): JsonEncoder {
  const encoder = encoders.get(dim) ?? new JsonEncoder({ vsa: new VSA({ dim, matrices: 'hadamard' }) });
  encoders.set(dim, encoder);
  return encoder;
}

/** `{ object, model: "mbat-json", options: { dim } }`: any JSON value, which becomes its vector as it is read. */
export const ObjectSchema = z
  .object({
    object: z.any(),
    model: z.literal(JSON_MODEL, {
      error: `of the encoders only "${JSON_MODEL}" takes objects: {"object": …, "model": "${JSON_MODEL}"}`,
    }),
    options: z
      .object({ dim: z.union([64, 128, 256, 512, 1024].map((dim) => z.literal(dim))).default(512) })
      .default({ dim: 512 }),
  })
  .transform(({ object, options }, context): Float32Array => {
    try {
      return jsonEncoder(options.dim).encode(object);
    } catch (error) {
      if (!isFletchError(error)) throw error;
      context.addIssue({ code: 'custom', message: error.message, path: ['object'] });
      return z.NEVER;
    }
  })
  .openapi('InferenceObject', {
    type: 'object',
    properties: {
      object: { description: 'Any JSON value.', example: { name: 'curl', tags: ['web'] } },
      model: { type: 'string', enum: [JSON_MODEL] },
      options: {
        type: 'object',
        properties: { dim: { type: 'integer', enum: [64, 128, 256, 512, 1024], default: 512 } },
      },
    },
    required: ['object', 'model'],
  });

/** What is wrong with an object where one vector is expected, or undefined. */
export function objectFault(value: Record<string, unknown>): string | undefined {
  if ('image' in value)
    return `images cannot be encoded here, but {"text": …, "model": …} and {"object": …, "model": "${JSON_MODEL}"}`;
  return undefined;
}

/** One vector as it arrives. */
export type WirePart = Float32Array | Float32Array[] | SparseVector | Document;

const listSchema = (value: unknown[]): z.ZodType<WirePart> =>
  Array.isArray(value[0]) ? MultiDenseVector : DenseVector;

/** One vector: numbers, several lists of numbers, values at indices, or a text to encode. */
export const VectorSchema = branch<WirePart>((value) => {
  if (Array.isArray(value)) return listSchema(value);
  if (!isObject(value))
    return `expected an array of numbers, {"indices": …, "values": …} or {"text": …}, got ${kind(value)}`;
  if ('indices' in value || 'values' in value) return SparseVectorSchema;
  if ('object' in value) return ObjectSchema;
  return objectFault(value) ?? DocumentSchema;
}).openapi('Vector', {
  anyOf: ['DenseVector', 'MultiDenseVector', 'SparseVector', 'Document', 'InferenceObject'].map(ref),
});

const named = z.record(z.string(), VectorSchema);

/** A point's vector: one, or one per vector name. */
export type WireVector = Float32Array | Float32Array[] | Document | { [name: string]: WirePart };

export const VectorStruct = branch<WireVector>((value) => {
  if (Array.isArray(value)) return listSchema(value) as z.ZodType<WireVector>;
  if (!isObject(value)) return `expected an array of numbers, got ${kind(value)}`;
  if (typeof value.text === 'string') return DocumentSchema;
  if (Array.isArray(value.indices) && Array.isArray(value.values) && Object.keys(value).length === 2)
    return 'a sparse vector has a name: {"<name>": {"indices": …, "values": …}}';
  if (typeof value.model !== 'string') return named;
  return 'object' in value ? ObjectSchema : (objectFault(value) ?? named);
}).openapi('VectorStruct', {
  anyOf: [
    ...['DenseVector', 'MultiDenseVector', 'Document', 'InferenceObject'].map(ref),
    { type: 'object', additionalProperties: ref('Vector') },
  ],
});

/** Named parts of the document that only unions refer to. */
export const vectorComponents = {
  DenseVector,
  MultiDenseVector,
  SparseVector: SparseVectorSchema,
  Document: DocumentSchema,
  InferenceObject: ObjectSchema,
  Vector: VectorSchema,
};
