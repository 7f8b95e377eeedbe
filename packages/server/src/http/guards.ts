/**
 * Which pages may make a browser speak to the server: checks of `Host` and `Origin`, and CORS.
 *
 * @module
 */
import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { HttpError } from './errors.js';

/** The names of this machine itself. */
export const LOOPBACK_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Refuses paths that are no valid text, and those with `.` or `..` in them, plain or encoded: URLs with these are
 * resolved by clients, and a server that resolves them answers for another path than was asked.
 */
export const guardPath: MiddlewareHandler = async (context, next) => {
  // As it was sent: URL objects resolve `..` themselves.
  const { incoming } = (context.env ?? {}) as { incoming?: { url?: string } };
  const [path = ''] = (incoming?.url ?? new URL(context.req.url).pathname).split(/[?#]/, 1);
  try {
    decodeURIComponent(path);
  } catch {
    throw new HttpError(400, 'Format error in path: not a valid percent-encoding');
  }
  if (/(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i.test(path))
    throw new HttpError(400, 'Format error in path: `.` and `..` are not allowed');
  await next();
};

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
 * @param origins - origins of pages that may use the server besides its own; `*` is all
 */
export function guardHost(
  allowed: readonly string[] | undefined,
  origins: readonly string[] = [],
): MiddlewareHandler {
  const names = allowed && new Set(allowed.map((name) => name.toLowerCase()));
  const friends = new Set(origins);
  return async (context, next) => {
    const host = context.req.header('host');
    if (names && host !== undefined && !names.has(hostName(host)))
      throw new HttpError(403, `Forbidden: this server does not answer as \`${host}\`.`);
    const origin = context.req.header('origin');
    const reads = context.req.method === 'GET' || context.req.method === 'HEAD';
    if (origin !== undefined && !reads) {
      const from = originHost(origin);
      const own = from !== undefined && (from === host || names?.has(hostName(from)));
      if (!own && !friends.has(origin) && !friends.has('*'))
        throw new HttpError(403, `Forbidden: pages of ${origin} may not use this server.`);
    }
    await next();
  };
}

/** Lets pages of these origins read answers; undefined when there are none. `*` is every origin. */
export function allowOrigins(origins: readonly string[]): MiddlewareHandler | undefined {
  if (origins.length === 0) return undefined;
  return cors({
    origin: origins.includes('*') ? '*' : [...origins],
    allowMethods: ['GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE'],
    maxAge: 600,
  });
}
