/**
 * What is answered in other forms than JSON in an envelope: version, health, metrics.
 *
 * @module
 */
import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { check } from '../http/issues.js';
import { MetricsQuery } from '../schemas/service.js';
import { metricsText } from '../telemetry/metrics.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { VERSION } from '../version.js';

export interface ServiceOptions {
  /** Whether there is a studio to send browsers to. */
  readonly studio: boolean;
  readonly ready: () => boolean;
  readonly telemetry: Telemetry;
}

const VersionInfo = z.object({ title: z.string(), version: z.string() }).openapi('VersionInfo');

const plain = { 'text/plain': { schema: z.string() } };

/** Adds `/`, `/healthz`, `/livez` and `/readyz`, which need no key, and `/metrics`. */
export function mountService(app: OpenAPIHono, { studio, ready, telemetry }: ServiceOptions): void {
  mountMetrics(app, telemetry);
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

function mountMetrics(app: OpenAPIHono, telemetry: Telemetry): void {
  app.openAPIRegistry.registerPath({
    method: 'get',
    path: '/metrics',
    operationId: 'metrics',
    tags: ['Service'],
    summary: 'Every number of the server, as Prometheus reads them',
    request: { query: MetricsQuery },
    responses: { 200: { description: 'metrics', content: plain } },
  });
  app.get('/metrics', async (context) => {
    const { anonymize, per_collection } = check('query parameters', MetricsQuery, context.req.query());
    const options = { anonymize: anonymize === 'true', perCollection: per_collection === 'true' };
    return context.text(await metricsText(telemetry, options));
  });
}
