/**
 * What a query may bring as an example: a vector of any kind, the id of a point, or a text.
 *
 * @module
 */
import type { VectorQuery } from '@fletch/search';
import type { z } from '@hono/zod-openapi';
import { PointIdSchema } from './primitives.js';
import { branch, isObject, kind, ref } from './shape.js';
import {
  DenseVector,
  type Document,
  DocumentSchema,
  MultiDenseVector,
  ObjectSchema,
  objectFault,
  SparseVectorSchema,
} from './vectors.js';

/** A text that stands where its vector will. */
export class Text {
  readonly text: string;
  /** Absent for the collection's own encoder. */
  readonly model: string | undefined;
  /** Parameters of the model. */
  readonly options: Document['options'];

  constructor({ text, model, options }: Document) {
    this.text = text;
    this.model = model;
    this.options = options;
  }
}

declare const texts: unique symbol;

/** A request in which {@link Text}s may still stand for vectors. */
export interface Unencoded<T> {
  readonly [texts]: T;
}

/** Says that what was read is a `T` as soon as its texts are encoded. */
export function unencoded<T>(request: object): Unencoded<T> {
  return request as Unencoded<T>;
}

/** Several requests as one. */
export function batch<T>(requests: readonly Unencoded<T>[]): Unencoded<readonly T[]> {
  return requests as unknown as Unencoded<readonly T[]>;
}

const document = DocumentSchema.transform((given) => new Text(given));

/** The schema of an example in an object, or what is wrong with the object. */
function inObject(value: Record<string, unknown>): z.ZodType | string {
  if ('indices' in value || 'values' in value) return SparseVectorSchema;
  if ('object' in value) return ObjectSchema;
  return objectFault(value) ?? document;
}

/** One example. */
export const VectorInput = branch<VectorQuery | Text>((value) => {
  if (Array.isArray(value)) return Array.isArray(value[0]) ? MultiDenseVector : DenseVector;
  if (isObject(value)) return inObject(value) as z.ZodType<Text> | string;
  if (typeof value === 'number' || typeof value === 'string') return PointIdSchema;
  return `expected a vector, a point id or {"text": …}, got ${kind(value)}`;
}).openapi('VectorInput', {
  anyOf: [
    'DenseVector',
    'SparseVector',
    'MultiDenseVector',
    'ExtendedPointId',
    'Document',
    'InferenceObject',
  ].map(ref),
});

/** Named parts of the document that only unions refer to. */
export const exampleComponents = { VectorInput };
