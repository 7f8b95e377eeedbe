/**
 * Vectors, and texts that stand for their vectors.
 *
 * @module
 */
import { z } from '@hono/zod-openapi';
import { branch, isObject, kind, type Refuse, ref, wire } from './shape.js';

/** The largest finite 32-bit float. */
const FLOAT32_MAX = 3.4028234663852886e38;

function readDense(value: unknown, refuse: Refuse): Float32Array | undefined {
  if (!Array.isArray(value)) return refuse(`expected an array of numbers, got ${kind(value)}`) as undefined;
  if (value.length === 0) return refuse('expected at least one number, got an empty array') as undefined;
  const vector = new Float32Array(value.length);
  for (let column = 0; column < value.length; column++) {
    const component: unknown = value[column];
    if (typeof component !== 'number') return refuse(denseFault(component), [column]) as undefined;
    if (!(component <= FLOAT32_MAX && component >= -FLOAT32_MAX))
      return refuse(`${component} does not fit a 32-bit float`, [column]) as undefined;
    vector[column] = component;
  }
  return vector;
}

function denseFault(component: unknown): string {
  return Array.isArray(component)
    ? 'expected a number, got an array (several vectors per point are not supported yet)'
    : `expected a number, got ${kind(component)}`;
}

/** An array of finite numbers, read into 32-bit floats. */
export const DenseVector = wire<Float32Array>(readDense).openapi('DenseVector', {
  type: 'array',
  items: { type: 'number', format: 'float' },
  example: [0.875, 0.140625, 0.8976],
});

/** A text that is encoded by the server. */
export interface Document {
  text: string;
  model?: string;
}

/** `{ text, model }`; without a model the collection's own encoder is used. */
export const DocumentSchema = z
  .object({ text: z.string(), model: z.string().min(1).nullish() })
  .transform(({ text, model }): Document => (model == null ? { text } : { text, model }))
  .openapi('Document', {
    type: 'object',
    properties: {
      text: { type: 'string', example: 'a feeling of deep sadness' },
      model: { type: 'string', example: 'use', description: "Default: the collection's own encoder." },
    },
    required: ['text'],
  });

export function isDocument(value: unknown): value is Document {
  return isObject(value) && typeof value.text === 'string';
}

/** What is wrong with an object where one vector is expected, or undefined. */
export function objectFault(value: Record<string, unknown>): string | undefined {
  if ('indices' in value && 'values' in value) return 'sparse vectors are not supported yet';
  if ('image' in value || 'object' in value) return 'only text can be encoded here: {"text": …, "model": …}';
  return undefined;
}

/** One vector: numbers, or a text to encode. */
export const VectorSchema = branch<Float32Array | Document>((value) => {
  if (Array.isArray(value)) return DenseVector;
  if (!isObject(value)) return `expected an array of numbers or {"text": …}, got ${kind(value)}`;
  return objectFault(value) ?? DocumentSchema;
}).openapi('Vector', { anyOf: [ref('DenseVector'), ref('Document')] });

const named = z.record(z.string(), VectorSchema);

/** A point's vector: one, or one per vector name. */
export type WireVector = Float32Array | Document | { [name: string]: Float32Array | Document };

export const VectorStruct = branch<WireVector>((value) => {
  if (Array.isArray(value)) return DenseVector;
  if (!isObject(value)) return `expected an array of numbers, got ${kind(value)}`;
  if ('text' in value && !Array.isArray(value.text)) return DocumentSchema;
  return objectFault(value) ?? named;
}).openapi('VectorStruct', {
  anyOf: [ref('DenseVector'), ref('Document'), { type: 'object', additionalProperties: ref('Vector') }],
});

/** Named parts of the document that only unions refer to. */
export const vectorComponents = { DenseVector, Document: DocumentSchema, Vector: VectorSchema };
