/**
 * What the server knows of its own work: telemetry, quotas, issues, slow requests.
 *
 * @module
 */
import { z } from '@hono/zod-openapi';
import { endpoint } from '../http/endpoint.js';
import { NoParams, NoQuery } from '../schemas/primitives.js';
import {
  IssuesReport,
  QuotaConfigSchema,
  QuotaQuery,
  QuotaStatus,
  SlowRequestsQuery,
  SlowRequestsResponse,
  TelemetryData,
  TelemetryQuery,
} from '../schemas/service.js';

const tag = 'Service';

export const telemetry = endpoint({
  method: 'get',
  path: '/telemetry',
  operationId: 'telemetry',
  tag,
  summary: 'The state of the server, its collections and its requests',
  params: NoParams,
  query: TelemetryQuery,
  result: TelemetryData,
  handle: ({ query, services }) =>
    services.telemetry.report({
      level: Number(query.details_level ?? 0),
      anonymize: query.anonymize === 'true',
      perCollection: query.per_collection === 'true',
    }),
});

export const getQuotas = endpoint({
  method: 'get',
  path: '/quotas',
  operationId: 'get_quotas',
  tag,
  summary: 'Limits of memory and disk, and how much is used',
  params: NoParams,
  query: NoQuery,
  result: QuotaStatus,
  handle: async ({ services: { telemetry } }) => ({
    config: await telemetry.quotas.config(),
    usage: await telemetry.quotas.usage(),
  }),
});

export const updateQuotas = endpoint({
  method: 'put',
  path: '/quotas',
  operationId: 'update_quotas',
  tag,
  summary: 'Set limits of memory and disk',
  params: NoParams,
  query: QuotaQuery,
  body: QuotaConfigSchema,
  result: z.boolean(),
  async handle({ body: { enabled = false, ...limits }, services }) {
    const given = Object.entries(limits).filter(([, limit]) => limit != null);
    await services.telemetry.quotas.set({ enabled, ...Object.fromEntries(given) });
    return true;
  },
});

export const getIssues = endpoint({
  method: 'get',
  path: '/issues',
  operationId: 'get_issues',
  tag,
  summary: 'Advice on how collections could be faster: there is none',
  params: NoParams,
  query: NoQuery,
  result: IssuesReport,
  handle: () => ({ issues: [] }),
});

export const clearIssues = endpoint({
  method: 'delete',
  path: '/issues',
  operationId: 'clear_issues',
  tag,
  summary: 'Forget the advice',
  params: NoParams,
  query: NoQuery,
  result: z.boolean(),
  handle: () => true,
});

export const slowRequests = endpoint({
  method: 'get',
  path: '/profiler/slow_requests',
  operationId: 'get_slow_requests',
  tag,
  summary: 'The requests that took longest since the server started',
  params: NoParams,
  query: SlowRequestsQuery,
  result: SlowRequestsResponse,
  handle: ({ query, services: { telemetry } }) => ({
    requests: telemetry.requests.slow(Number(query.limit ?? 10), query.request),
  }),
});
