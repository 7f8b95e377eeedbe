/**
 * Questions without a query: pages, counts, facets.
 *
 * @module
 */
import type { CountRequest, FacetHit, FacetRequest, PointId, ScrollRequest } from '@fletch/search';
import { z } from '@hono/zod-openapi';
import { FilterSchema } from './filters.js';
import { RecordSchema } from './points.js';
import { PointIdSchema, WithPayload, WithVector } from './primitives.js';
import { OrderByInterface } from './query-kinds.js';
import { limit } from './query-parts.js';
import { present, ref, shown } from './shape.js';

export const ScrollRequestSchema = z
  .object({
    offset: PointIdSchema.nullish(),
    limit: limit.nullish(),
    filter: FilterSchema.nullish(),
    with_payload: WithPayload.nullish(),
    with_vector: WithVector.nullish(),
    order_by: OrderByInterface.nullish(),
  })
  .transform((request) => present(request) as ScrollRequest)
  .openapi('ScrollRequest');

export const ScrollResultSchema = z
  .object({
    points: z.array(RecordSchema),
    next_page_offset: shown<PointId | null>({ anyOf: [ref('ExtendedPointId'), { type: 'null' }] }),
  })
  .openapi('ScrollResult');

export const CountRequestSchema = z
  .object({ filter: FilterSchema.nullish(), exact: z.boolean().nullish() })
  .transform((request): CountRequest => present(request))
  .openapi('CountRequest');

export const CountResult = z.object({ count: z.int() }).openapi('CountResult');

export const FacetRequestSchema = z
  .object({
    key: z.string().min(1),
    filter: FilterSchema.nullish(),
    limit: limit.nullish(),
    exact: z.boolean().nullish(),
  })
  .transform((request): FacetRequest => present(request))
  .openapi('FacetRequest');

export const FacetResponse = z
  .object({
    hits: z.array(
      z.object({
        value: shown<FacetHit['value']>({
          anyOf: [{ type: 'string' }, { type: 'integer' }, { type: 'boolean' }],
        }),
        count: z.int(),
      }),
    ),
  })
  .openapi('FacetResponse');
