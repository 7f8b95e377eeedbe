/**
 * The one limit of strict mode that only the HTTP interface knows of: how long a client wants to wait.
 *
 * @module
 */
import type { Store } from '@fletch/search';
import type { MiddlewareHandler } from 'hono';

/** Refuses requests on a collection whose `timeout` is longer than the collection allows. */
export function guardTimeout(store: Store): MiddlewareHandler {
  return async (context, next) => {
    const timeout = context.req.query('timeout');
    const name = context.req.param('collection_name');
    if (timeout && name && /^[1-9]\d{0,8}$/.test(timeout) && store.hasCollection(name))
      store.collection(name).checkTimeout(Number(timeout));
    await next();
  };
}
