/**
 * What stands beside a query, whatever its form.
 *
 * @module
 */
import type { SearchParams } from '@fletch/search';
import { z } from '@hono/zod-openapi';
import { FilterSchema } from './filters.js';
import { WithPayload, WithVector } from './primitives.js';
import { branch, isObject, present, ref } from './shape.js';

/** Most hits that one answer may hold. */
const MAX_LIMIT = 1_000_000;

export const limit = z.int().min(1).max(MAX_LIMIT);
export const offset = z.int().min(0).max(MAX_LIMIT);

const corpus = z.object({ corpus: FilterSchema });
const idf = branch<NonNullable<SearchParams['idf']>>((value) =>
  isObject(value) ? corpus : z.enum(['global']),
).openapi('IdfParams', {
  anyOf: [
    { type: 'string', enum: ['global'] },
    { type: 'object', properties: { corpus: ref('Filter') }, required: ['corpus'] },
  ],
});

/** `indexed_only` and `acorn` are accepted and not used. */
export const SearchParamsSchema = z
  .object({
    hnsw_ef: z.int().min(1).max(MAX_LIMIT).nullish(),
    exact: z.boolean().nullish(),
    indexed_only: z.boolean().nullish(),
    quantization: z
      .object({
        ignore: z.boolean().nullish(),
        rescore: z.boolean().nullish(),
        oversampling: z.number().min(1).nullish(),
      })
      .nullish(),
    acorn: z
      .object({ enable: z.boolean().nullish(), max_selectivity: z.number().min(0).max(1).nullish() })
      .nullish(),
    idf: idf.nullish(),
  })
  .transform((params) => present(params) as SearchParams)
  .openapi('SearchParams');

export const LookupLocation = z
  .object({ collection: z.string().min(1), vector: z.string().nullish() })
  .openapi('LookupLocation');

/** What queries and prefetches have in common. */
export const where = {
  using: z.string().nullish(),
  filter: FilterSchema.nullish(),
  params: SearchParamsSchema.nullish(),
  score_threshold: z.number().nullish(),
  lookup_from: LookupLocation.nullish(),
};

export const selectors = { with_payload: WithPayload.nullish(), with_vector: WithVector.nullish() };

const lookupObject = z.object({
  collection: z.string().min(1),
  with_payload: WithPayload.nullish(),
  with_vectors: WithVector.nullish(),
  with_vector: WithVector.nullish(),
});

export const WithLookup = branch<unknown>((value) =>
  isObject(value)
    ? lookupObject.transform(({ with_vector, ...lookup }) => ({
        ...lookup,
        with_vectors: lookup.with_vectors ?? with_vector,
      }))
    : z.string(),
).openapi('WithLookupInterface', { anyOf: [{ type: 'string' }, ref('WithLookup')] });

/** How hits are grouped. */
export const grouping = {
  group_by: z.string().min(1),
  with_lookup: WithLookup.nullish(),
};

/** Named parts of the document that only unions refer to. */
export const partComponents = { WithLookup: lookupObject };
