/**
 * Which methods a path has: for 405 and OPTIONS, which Hono leaves to its users.
 *
 * @module
 */
import type { Env, Hono } from 'hono';

/** A function that lists the methods of a path, HEAD beside GET. Routes added later are not seen. */
export function methodsOf(app: Hono<Env>): (path: string) => string[] {
  const routes = app.routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => ({ method: method.toUpperCase(), pattern: patternOf(path) }));
  return (path) => {
    const found = new Set<string>();
    for (const { method, pattern } of routes)
      if (pattern.test(path)) {
        found.add(method);
        if (method === 'GET') found.add('HEAD');
      }
    return [...found];
  };
}

/** A route's path, with `:name` or `{name}` for its parameters, as an expression. */
export function patternOf(path: string): RegExp {
  const source = path
    .replace(/[.+?^$()|[\]\\]/g, '\\$&')
    .replace(/\/\*/g, '/.*')
    .replace(/:\w+|\{\w+\}/g, '[^/]+');
  return new RegExp(`^${source.replace(/\/$/, '')}/?$`);
}
