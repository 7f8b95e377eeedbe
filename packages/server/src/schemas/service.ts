/**
 * Telemetry, quotas and issues.
 *
 * @module
 */
import { z } from '@hono/zod-openapi';

const flag = z.enum(['true', 'false']).optional();
const whole = (least: number, expected: string) =>
  z
    .string()
    .refine((value) => /^\d{1,9}$/.test(value) && Number(value) >= least, { message: `expected ${expected}` })
    .optional();

export const MetricsQuery = z.object({
  anonymize: flag,
  per_collection: flag,
  timeout: whole(1, 'a whole number of seconds, at least 1'),
});

export const TelemetryQuery = MetricsQuery.extend({ details_level: whole(0, 'a whole number') });

export const TelemetryData = z
  .looseObject({
    id: z.string(),
    app: z.looseObject({ name: z.string(), version: z.string(), startup: z.string() }),
    collections: z.looseObject({ number_of_collections: z.number() }),
    cluster: z.looseObject({ enabled: z.boolean() }),
    requests: z.object({ rest: z.looseObject({}), grpc: z.looseObject({}) }),
  })
  .openapi('TelemetryData');

const percentage = z.number().int().min(1).max(100).nullish();

export const QuotaConfigSchema = z
  .object({
    enabled: z.boolean().optional(),
    max_resident_memory_percent: percentage,
    max_disk_usage_percent: percentage,
    release_margin_percent: z.number().int().min(0).max(100).nullish(),
  })
  .openapi('QuotaConfig');

export const QuotaStatus = z
  .object({
    config: QuotaConfigSchema,
    usage: z.object({ resident_memory_percent: z.number(), disk_usage_percent: z.number() }),
  })
  .openapi('QuotaStatus');

export const QuotaQuery = z.object({ wait: flag });

export const IssuesReport = z.object({ issues: z.array(z.looseObject({})) }).openapi('IssuesReport');

export const SlowRequestsQuery = z.object({
  limit: whole(0, 'a whole number'),
  request: z.string().optional(),
});

export const SlowRequestsResponse = z
  .object({
    requests: z.array(
      z.object({
        collection_name: z.string(),
        duration: z.number().openapi({ description: 'Seconds.' }),
        datetime: z.string(),
        request_name: z.string(),
        approx_count: z.number(),
      }),
    ),
  })
  .openapi('SlowRequestsResponse');

export const serviceComponents = {
  IssuesReport,
  QuotaConfig: QuotaConfigSchema,
  QuotaStatus,
  SlowRequestsResponse,
  TelemetryData,
};
