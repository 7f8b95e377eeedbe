/**
 * Who may speak to the server: host and origin checks, the API key, and a bound on the requests at work.
 *
 * @module
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { HttpError } from './errors.js';

/** The names of this machine itself. */
export const LOOPBACK_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/** The host without its port, in lower case. */
function hostName(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase();
}

function originHost(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}

/**
 * Refuses requests that a web page of another site made a browser send: those with a foreign `Host` (DNS
 * rebinding) and writes with a foreign `Origin`.
 *
 * @param allowed - host names that may be used, or undefined for any
 */
export function guardHost(allowed: readonly string[] | undefined): MiddlewareHandler {
  const names = allowed && new Set(allowed.map((name) => name.toLowerCase()));
  return async (context, next) => {
    const host = context.req.header('host');
    if (names && host !== undefined && !names.has(hostName(host)))
      throw new HttpError(403, `Forbidden: this server does not answer as \`${host}\`.`);
    const origin = context.req.header('origin');
    const reads = context.req.method === 'GET' || context.req.method === 'HEAD';
    if (origin !== undefined && !reads) {
      const from = originHost(origin);
      const own = from !== undefined && (from === host || names?.has(hostName(from)));
      if (!own) throw new HttpError(403, `Forbidden: pages of ${origin} may not use this server.`);
    }
    await next();
  };
}

const OPEN = /^\/(?:$|healthz$|readyz$|livez$|dashboard(?:\/|$))/;

/** Asks for the key in the `api-key` header or as a bearer token, except for health checks and the studio's files. */
export function guardKey(key: string): MiddlewareHandler {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(key);
  return async (context, next) => {
    if (!OPEN.test(context.req.path)) {
      const bearer = /^Bearer +(.+)$/i.exec(context.req.header('authorization') ?? '')?.[1];
      const given = context.req.header('api-key') ?? bearer;
      if (given === undefined)
        throw new HttpError(401, 'Must provide an API key or an Authorization bearer token');
      // Digests have one length, so that the comparison takes the same time for every wrong key.
      if (!timingSafeEqual(digest(given), expected)) throw new HttpError(401, 'Invalid API key');
    }
    await next();
  };
}

/** Answers 503 to requests beyond `limit` at work at the same time. */
export function guardCapacity(limit: number): MiddlewareHandler {
  let working = 0;
  return async (_context, next) => {
    if (working >= limit)
      throw new HttpError(503, `Service unavailable: ${limit} requests are at work already. Try again.`, {
        'retry-after': '1',
      });
    working++;
    try {
      await next();
    } finally {
      working--;
    }
  };
}
