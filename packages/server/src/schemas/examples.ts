/**
 * What a query may bring as an example: a vector of any kind, the id of a point, or a text.
 *
 * @module
 */
import type { SparseVector, VectorQuery } from '@fletch/search';
import { z } from '@hono/zod-openapi';
import { PointIdSchema } from './primitives.js';
import { branch, isObject, kind, ref, wire } from './shape.js';
import { DenseVector, DocumentSchema } from './vectors.js';

/** A text that stands where its vector will. */
export class Text {
  readonly text: string;
  /** Absent for the collection's own encoder. */
  readonly model: string | undefined;

  constructor(text: string, model?: string) {
    this.text = text;
    this.model = model;
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

const LARGEST_INDEX = 2 ** 32 - 1;

const SparseVectorSchema = wire<SparseVector>((value, refuse) => {
  if (!isObject(value) || !Array.isArray(value.indices) || !Array.isArray(value.values))
    return refuse('expected {"indices": […], "values": […]}') as undefined;
  const { indices, values } = value as { indices: unknown[]; values: unknown[] };
  if (indices.length !== values.length)
    return refuse('must be the same length as indices', ['values']) as undefined;
  const isIndex = (index: unknown) =>
    Number.isInteger(index) && (index as number) >= 0 && (index as number) <= LARGEST_INDEX;
  const badIndex = indices.findIndex((index) => !isIndex(index));
  if (badIndex >= 0) return refuse('expected an unsigned 32-bit integer', ['indices', badIndex]) as undefined;
  const isValue = (each: unknown) => typeof each === 'number' && Number.isFinite(Math.fround(each));
  const badValue = values.findIndex((each) => !isValue(each));
  if (badValue >= 0) return refuse('expected a finite number', ['values', badValue]) as undefined;
  return { indices: Uint32Array.from(indices as number[]), values: Float32Array.from(values as number[]) };
}).openapi('SparseVector', {
  type: 'object',
  properties: {
    indices: { type: 'array', items: { type: 'integer', minimum: 0 } },
    values: { type: 'array', items: { type: 'number', format: 'float' } },
  },
  required: ['indices', 'values'],
});

const MultiDenseVector = z.array(DenseVector).min(1).openapi('MultiDenseVector');

const document = DocumentSchema.transform(({ text, model }) => new Text(text, model));

/** The schema of an example in an object, or what is wrong with the object. */
function inObject(value: Record<string, unknown>): z.ZodType | string {
  if ('indices' in value || 'values' in value) return SparseVectorSchema;
  if ('image' in value || 'object' in value) return 'only text can be encoded here: {"text": …, "model": …}';
  return document;
}

/** One example. */
export const VectorInput = branch<VectorQuery | Text>((value) => {
  if (Array.isArray(value)) return Array.isArray(value[0]) ? MultiDenseVector : DenseVector;
  if (isObject(value)) return inObject(value) as z.ZodType<Text> | string;
  if (typeof value === 'number' || typeof value === 'string') return PointIdSchema;
  return `expected a vector, a point id or {"text": …}, got ${kind(value)}`;
}).openapi('VectorInput', {
  anyOf: ['DenseVector', 'SparseVector', 'MultiDenseVector', 'ExtendedPointId', 'Document'].map(ref),
});

/** Named parts of the document that only unions refer to. */
export const exampleComponents = { VectorInput, SparseVector: SparseVectorSchema, MultiDenseVector };
