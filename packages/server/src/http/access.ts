/**
 * API keys, and what each of them lets its holder do.
 *
 * @module
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { HttpError } from './errors.js';
import { patternOf } from './methods.js';

export interface Keys {
  /** Its holder may do everything. */
  readonly apiKey?: string | undefined;
  /** Its holder may read. */
  readonly readOnlyApiKey?: string | undefined;
}

const COLLECTION = '/collections/{collection_name}';

/** What is asked with POST, because it has a body, and changes nothing. */
const READS: readonly string[] = [
  `${COLLECTION}/facet`,
  ...['', '/scroll', '/count'].flatMap((verb) => [
    `${COLLECTION}/points${verb}`,
    `${COLLECTION}/shards/{shard_id}/points${verb}`,
  ]),
  ...['query', 'search', 'recommend', 'discover'].flatMap((verb) =>
    ['', '/batch', '/groups'].map((form) => `${COLLECTION}/points/${verb}${form}`),
  ),
  `${COLLECTION}/points/alike`,
  `${COLLECTION}/points/local-dimension`,
  `${COLLECTION}/points/search/matrix/pairs`,
  `${COLLECTION}/points/search/matrix/offsets`,
];

/** What is asked with GET, and tells more than a reader may know. */
const GUARDED: readonly string[] = ['/stacktrace', '/debugger', '/profiler/slow_requests'];

/** Whether a request with this method and path only reads, as Qdrant's read-only keys allow it. */
export function isRead(method: string, path: string): boolean {
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return !matches(GUARDED_PATTERNS, path);
  return method === 'POST' && matches(READ_PATTERNS, path);
}

const READ_PATTERNS = READS.map(patternOf);
const GUARDED_PATTERNS = GUARDED.map(patternOf);

function matches(patterns: readonly RegExp[], path: string): boolean {
  return patterns.some((pattern) => pattern.test(path));
}

const OPEN = /^\/(?:$|healthz$|readyz$|livez$|dashboard(?:\/|$))/;

/**
 * Asks for a key in the `api-key` header or as a bearer token, except for health checks and the studio's files.
 * Undefined when no key is set. It comes before the body is read, so that who may not write cannot upload either.
 */
export function guardKeys({ apiKey, readOnlyApiKey }: Keys): MiddlewareHandler | undefined {
  if (!apiKey && !readOnlyApiKey) return undefined;
  const all = apiKey ? digest(apiKey) : undefined;
  const reads = readOnlyApiKey ? digest(readOnlyApiKey) : undefined;
  return async (context, next) => {
    const { path, method } = context.req;
    if (!OPEN.test(path)) {
      const bearer = /^Bearer +(.+)$/i.exec(context.req.header('authorization') ?? '')?.[1];
      const given = context.req.header('api-key') ?? bearer;
      if (given === undefined)
        throw new HttpError(401, 'Must provide an API key or an Authorization bearer token', {
          'www-authenticate': 'Bearer',
        });
      const key = digest(given);
      // Both are compared in any case, so that the time tells nothing about either.
      const mayAll = same(key, all);
      const mayRead = same(key, reads);
      if (!mayAll && !mayRead)
        throw new HttpError(401, 'Invalid API key or JWT', { 'www-authenticate': 'Bearer' });
      if (!mayAll && !isRead(method, path))
        throw new HttpError(403, 'Forbidden: Global manage access is required');
    }
    await next();
  };
}

/** Digests have one length, so that the comparison takes the same time for every wrong key. */
function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

function same(given: Buffer, expected: Buffer | undefined): boolean {
  return expected !== undefined && timingSafeEqual(given, expected);
}
