/**
 * Counting of answers.
 *
 * @module
 */
import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { RequestLog } from '../telemetry/requests.js';

/**
 * Counts every answer under its method and route; those without a route under `unknown`.
 *
 * @param exists - tells whether there is such a collection: only those get counters of their own
 */
export function observe(log: RequestLog, exists: (collection: string) => boolean): MiddlewareHandler {
  return async (context, next) => {
    const started = performance.now();
    await next();
    const path = routePath(context, -1);
    const route = path.includes('*') ? 'unknown' : path.replace(/:(\w+)/g, '{$1}');
    const name = context.req.param('collection_name');
    const collection = name !== undefined && exists(name) ? name : undefined;
    log.add(`${context.req.method} ${route}`, context.res.status, collection, performance.now() - started);
  };
}
