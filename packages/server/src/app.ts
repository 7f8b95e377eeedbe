/**
 * The whole API as one Hono app, without a socket.
 *
 * @module
 */

import type { Store } from '@fletch/search';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Env, Hono } from 'hono';
import type { Encoders } from './encoders.js';
import { answerTo, HttpError } from './http/errors.js';
import { guardCapacity, guardHost, guardKey } from './http/guards.js';
import { methodsOf } from './http/methods.js';
import { guardTimeout } from './http/strict.js';
import { openApiDocument, registerComponents } from './openapi.js';
import { endpoints } from './routes/index.js';
import { mountService } from './routes/service.js';
import { mountStudio } from './studio.js';

export interface AppOptions {
  readonly store: Store;
  readonly encoders: Encoders;
  /** Folder of the built studio. Without it there is no `/dashboard`. */
  readonly studio?: string;
  /** When given, requests must carry it. */
  readonly apiKey?: string;
  /** Largest body in bytes. Default 32 MiB. */
  readonly maxBodyBytes?: number;
  /** Most requests at work at the same time; further ones get 503. Default 1024. */
  readonly maxRequests?: number;
  /** Largest snapshot that may be uploaded, in bytes. Default 1 TiB. */
  readonly maxSnapshotBytes?: number;
  /** Host names that the server answers to. Default: any. */
  readonly allowedHosts?: readonly string[];
  /** Whether the server is ready to be used; asked by `/readyz`. Default: always. */
  readonly ready?: () => boolean;
  /** Hears of failures that are the server's fault. The library itself never prints. */
  readonly onError?: (error: unknown, request: { method: string; path: string }) => void;
}

/** Makes the app. Call its `request()` or `fetch()`, or hand it to a server. */
export function createApp(options: AppOptions): Hono<Env> {
  const { store, encoders, studio, apiKey, maxBodyBytes = 32 * 2 ** 20, maxRequests = 1024 } = options;
  const app = new OpenAPIHono({ strict: false });

  app.onError((error, context) => {
    const { status, message, headers, report } = answerTo(error);
    if (report) options.onError?.(error, { method: context.req.method, path: context.req.path });
    return context.json({ status: { error: message }, time: 0 }, status, { ...headers });
  });

  app.use(guardHost(options.allowedHosts));
  if (apiKey !== undefined) app.use(guardKey(apiKey));
  app.use(guardCapacity(maxRequests));

  app.use('/collections/:collection_name/*', guardTimeout(store));

  registerComponents(app);
  const { maxSnapshotBytes } = options;
  const services = { store, encoders, ...(maxSnapshotBytes !== undefined && { maxSnapshotBytes }) };
  for (const endpoint of endpoints) endpoint.mount(app, services, maxBodyBytes);
  mountService(app, { studio: studio !== undefined, ready: options.ready ?? (() => true) });
  app.get('/openapi.json', (context) => context.json(openApiDocument(app)));
  if (studio !== undefined) mountStudio(app, studio);

  const methods = methodsOf(app);
  app.notFound((context) => {
    const allowed = methods(context.req.path);
    if (allowed.length === 0) throw new HttpError(404, `Not found: there is no ${context.req.path} here`);
    const headers = { allow: [...allowed, 'OPTIONS'].join(', ') };
    if (context.req.method === 'OPTIONS') return context.body(null, 204, headers);
    throw new HttpError(
      405,
      `Method ${context.req.method} is not allowed here: use ${allowed.join(', ')}`,
      headers,
    );
  });
  return app;
}
