/**
 * The kinds of queries.
 *
 * @module
 */
import { z } from '@hono/zod-openapi';
import { VectorInput } from './examples.js';
import { FormulaQuerySchema } from './formulas.js';
import { branch, isObject, kind, ref } from './shape.js';

const mmr = z
  .object({
    diversity: z.number().min(0).max(1).nullish(),
    candidates_limit: z.int().min(0).max(16_384).nullish(),
  })
  .openapi('Mmr');

const inputs = z.array(VectorInput);

export const RecommendStrategy = z
  .enum(['average_vector', 'best_score', 'sum_scores'])
  .openapi('RecommendStrategy');

export const ContextPairSchema = z
  .object({ positive: VectorInput, negative: VectorInput })
  .openapi('ContextPair');

const context = branch<unknown>((value) =>
  Array.isArray(value) ? z.array(ContextPairSchema) : ContextPairSchema,
).openapi('ContextInput', { anyOf: [ref('ContextPair'), { type: 'array', items: ref('ContextPair') }] });

const orderBy = z
  .object({
    key: z.string().min(1),
    direction: z.enum(['asc', 'desc']).nullish(),
    start_from: branch<number | string>((value) =>
      typeof value === 'number'
        ? z.number()
        : typeof value === 'string'
          ? z.string()
          : `expected a number or a date, got ${kind(value)}`,
    )
      .openapi({ anyOf: [{ type: 'number' }, { type: 'string', format: 'date-time' }] })
      .nullish(),
  })
  .openapi('OrderBy');

/** A field, or `{ key, direction, start_from }`. */
export const OrderByInterface = branch<unknown>((value) => {
  if (typeof value === 'string') return z.string().min(1);
  if (isObject(value)) return orderBy;
  return `Expected a string, or an object with a key, direction and/or start_from, got ${kind(value)}`;
}).openapi('OrderByInterface', { anyOf: [{ type: 'string' }, ref('OrderBy')] });

const feedback = z
  .object({
    target: VectorInput,
    feedback: z
      .array(z.object({ example: VectorInput, score: z.number() }))
      .min(1, 'feedback elements must be non-empty'),
    strategy: z.object({ naive: z.object({ a: z.number(), b: z.number().min(0), c: z.number() }) }),
  })
  .openapi('RelevanceFeedbackInput');

/** By the key that marks each. */
const kinds: { readonly [name: string]: z.ZodType } = {
  nearest: z.object({ nearest: VectorInput, mmr: mmr.nullish() }).openapi('NearestQuery'),
  recommend: z
    .object({
      recommend: z.object({
        positive: inputs.nullish(),
        negative: inputs.nullish(),
        strategy: RecommendStrategy.nullish(),
      }),
    })
    .openapi('RecommendQuery'),
  discover: z
    .object({ discover: z.object({ target: VectorInput, context: context.nullish() }) })
    .openapi('DiscoverQuery'),
  context: z.object({ context: context.nullable() }).openapi('ContextQuery'),
  order_by: z.object({ order_by: OrderByInterface }).openapi('OrderByQuery'),
  fusion: z.object({ fusion: z.enum(['rrf', 'dbsf']) }).openapi('FusionQuery'),
  rrf: z
    .object({
      rrf: z.object({ k: z.int().min(1).nullish(), weights: z.array(z.number()).nullish() }),
    })
    .openapi('RrfQuery'),
  formula: FormulaQuerySchema,
  sample: z.object({ sample: z.enum(['random']) }).openapi('SampleQuery'),
  relevance_feedback: z.object({ relevance_feedback: feedback }).openapi('RelevanceFeedbackQuery'),
};

/** A query of any kind; an example alone is what points shall be near to. */
export const QueryInterface = branch<unknown>((value) => {
  const name = isObject(value) ? Object.keys(kinds).find((each) => each in value) : undefined;
  return name === undefined ? VectorInput : kinds[name]!;
}).openapi('QueryInterface', {
  anyOf: [
    'VectorInput',
    'NearestQuery',
    'RecommendQuery',
    'DiscoverQuery',
    'ContextQuery',
    'OrderByQuery',
    'FusionQuery',
    'RrfQuery',
    'FormulaQuery',
    'SampleQuery',
    'RelevanceFeedbackQuery',
  ].map(ref),
});

/** Named parts of the document that only unions refer to. */
export const kindComponents = {
  ContextPair: ContextPairSchema,
  OrderBy: orderBy,
  NearestQuery: kinds.nearest!,
  RecommendQuery: kinds.recommend!,
  DiscoverQuery: kinds.discover!,
  ContextQuery: kinds.context!,
  OrderByQuery: kinds.order_by!,
  FusionQuery: kinds.fusion!,
  RrfQuery: kinds.rrf!,
  FormulaQuery: kinds.formula!,
  SampleQuery: kinds.sample!,
  RelevanceFeedbackQuery: kinds.relevance_feedback!,
};
