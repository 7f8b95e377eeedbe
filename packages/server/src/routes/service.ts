/**
 * What the server tells of itself: version and health.
 *
 * @module
 */
import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { VERSION } from '../version.js';

export interface ServiceOptions {
  /** Whether there is a studio to send browsers to. */
  readonly studio: boolean;
  readonly ready: () => boolean;
}

const VersionInfo = z.object({ title: z.string(), version: z.string() }).openapi('VersionInfo');

/** Adds `/`, `/healthz`, `/livez` and `/readyz`. They need no key. */
export function mountService(app: OpenAPIHono, { studio, ready }: ServiceOptions): void {
  const plain = { 'text/plain': { schema: z.string() } };
  app.openAPIRegistry.registerPath({
    method: 'get',
    path: '/',
    operationId: 'root',
    tags: ['Service'],
    summary: 'Title and version; browsers are sent to the studio',
    responses: {
      200: { description: 'version information', content: { 'application/json': { schema: VersionInfo } } },
    },
  });
  app.get('/', (context) => {
    const browser = context.req.header('accept')?.includes('text/html');
    if (studio && browser) return context.redirect('/dashboard/');
    return context.json({ title: 'fletch - vector search engine', version: VERSION });
  });

  for (const path of ['/healthz', '/livez', '/readyz']) {
    app.openAPIRegistry.registerPath({
      method: 'get',
      path,
      operationId: path.slice(1),
      tags: ['Service'],
      summary: path === '/readyz' ? 'Whether requests can be answered' : 'Whether the process lives',
      responses: {
        200: { description: 'yes', content: plain },
        ...(path === '/readyz' && { 503: { description: 'not yet', content: plain } }),
      },
    });
    app.get(path, (context) => {
      if (path !== '/readyz') return context.text('healthz check passed');
      return ready() ? context.text('all shards are ready') : context.text('some shards are not ready', 503);
    });
  }
}
