/**
 * Ids, payloads, and what is asked of paths and query strings.
 *
 * @module
 */
import type { Payload, PayloadSelector, PointId, VectorSelector } from '@fletch/search';
import { z } from '@hono/zod-openapi';
import { branch, isObject, kind, ref, wire } from './shape.js';

const UUID = /^(?:urn:uuid:)?\{?[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}\}?$/i;
const ID_WORDS = 'expected an unsigned integer up to 2^53 - 1 or a UUID';

/** What is wrong with a point id, or undefined. */
export function idFault(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return undefined;
  if (typeof value === 'string' && UUID.test(value)) return undefined;
  const shown = typeof value === 'number' || typeof value === 'string' ? JSON.stringify(value) : kind(value);
  return `${ID_WORDS}, got ${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown}`;
}

export const PointIdSchema = wire<PointId>((value, refuse) => {
  const fault = idFault(value);
  if (fault !== undefined) refuse(fault);
  return value as PointId;
}).openapi('ExtendedPointId', {
  anyOf: [
    { type: 'integer', minimum: 0, example: 42 },
    { type: 'string', format: 'uuid', example: '550e8400-e29b-41d4-a716-446655440000' },
  ],
});

export const PointIdList = wire<PointId[]>((value, refuse) => {
  if (!Array.isArray(value)) return refuse(`expected an array of ids, got ${kind(value)}`) as undefined;
  for (let row = 0; row < value.length; row++) {
    const fault = idFault(value[row]);
    if (fault !== undefined) return refuse(fault, [row]) as undefined;
  }
  return value;
}).openapi('PointIdList', { type: 'array', items: ref('ExtendedPointId') });

/** Any JSON object. Its depth is bounded where bodies are read. */
export const PayloadSchema = wire<Payload>((value, refuse) => {
  if (!isObject(value)) refuse(`expected a payload object, got ${kind(value)}`);
  return value as Payload;
}).openapi('Payload', { type: 'object', additionalProperties: true });

const include = z.strictObject({ include: z.array(z.string()) });
const exclude = z.strictObject({ exclude: z.array(z.string()) });

export const WithPayload = branch<PayloadSelector>((value) => {
  if (typeof value === 'boolean') return z.boolean();
  if (Array.isArray(value)) return z.array(z.string());
  if (isObject(value)) return 'exclude' in value ? exclude : include;
  return `expected true, false, a list of fields, {"include": […]} or {"exclude": […]}, got ${kind(value)}`;
}).openapi('WithPayloadInterface', {
  anyOf: [
    { type: 'boolean' },
    { type: 'array', items: { type: 'string' } },
    {
      type: 'object',
      properties: { include: { type: 'array', items: { type: 'string' } } },
      required: ['include'],
    },
    {
      type: 'object',
      properties: { exclude: { type: 'array', items: { type: 'string' } } },
      required: ['exclude'],
    },
  ],
});

export const WithVector = branch<VectorSelector>((value) => {
  if (typeof value === 'boolean') return z.boolean();
  if (Array.isArray(value)) return z.array(z.string());
  return `expected true, false or a list of vector names, got ${kind(value)}`;
}).openapi('WithVector', {
  anyOf: [{ type: 'boolean' }, { type: 'array', items: { type: 'string' } }],
});

const text = (check: (value: string) => boolean, expected: string) =>
  z.string().refine(check, { message: `expected ${expected}` });
const seconds = text(
  (value) => /^[1-9]\d{0,8}$/.test(value),
  'a whole number of seconds, at least 1',
).optional();

/** Query parameters of reads. All are accepted; one machine has nothing to choose. */
export const ReadQuery = z.object({
  timeout: seconds,
  consistency: text(
    (value) => /^(?:\d+|majority|quorum|all)$/.test(value),
    'a number, "majority", "quorum" or "all"',
  ).optional(),
});

/** Query parameters of writes. All are accepted; every write is durable and visible when it is answered. */
export const WriteQuery = z.object({
  wait: z.enum(['true', 'false']).optional(),
  ordering: z.enum(['weak', 'medium', 'strong']).optional(),
  timeout: seconds,
});

export const TimeoutQuery = z.object({ timeout: seconds });
export const NoQuery = z.object({});
export const NoParams = z.object({});

export const CollectionParams = z.object({ collection_name: z.string().min(1).max(255) });
