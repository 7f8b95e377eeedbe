/**
 * The whole API as one Hono app, without a socket.
 *
 * @module
 */

import type { Store } from '@fletch/search';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Env, Hono } from 'hono';
import { mountData } from './data/routes.js';
import type { Encoders } from './encoders.js';
import { guardKeys, type Keys } from './http/access.js';
import { BodyBudget } from './http/body.js';
import type { Limits } from './http/endpoint.js';
import { answerTo, HttpError } from './http/errors.js';
import { allowOrigins, guardHost, guardPath } from './http/guards.js';
import { methodsOf } from './http/methods.js';
import { observe } from './http/observe.js';
import { WorkQueue } from './http/queue.js';
import { guardTimeout } from './http/strict.js';
import { mountLab } from './lab/routes.js';
import { LabRuns } from './lab/runs.js';
import { mountLid } from './lid/routes.js';
import { openApiDocument, registerComponents } from './openapi.js';
import { endpoints } from './routes/index.js';
import { mountService } from './routes/service.js';
import { mountStudio } from './studio.js';
import { Quotas } from './telemetry/quotas.js';
import { Telemetry } from './telemetry/telemetry.js';
import { mountWeights } from './weights/routes.js';
import { mountZoo } from './zoo/routes.js';
import { ZooRuns } from './zoo/runs.js';

export interface AppOptions extends Keys {
  readonly store: Store;
  readonly encoders: Encoders;
  /** Folder of the built studio. Without it there is no `/dashboard`. */
  readonly studio?: string;
  /** Folder of checkpoints that may be looked at besides the zoo's. Default: none. */
  readonly weights?: string;
  /** Largest body in bytes, inflated if it is compressed. Default 32 MiB. */
  readonly maxBodyBytes?: number;
  /** Most bytes of all bodies that are being received; further ones get 503. Default 16 times the largest body. */
  readonly maxBodiesBytes?: number;
  /** Most requests at work at the same time; further ones wait. Default 64. */
  readonly maxRequests?: number;
  /** Most requests that wait for their turn; further ones get 503. Default 1024. */
  readonly maxWaiting?: number;
  /** How long a request waits for its turn before it gets 503, in milliseconds. Default 30 000. */
  readonly maxWait?: number;
  /** Seconds that a read may take unless its `timeout` says otherwise; then it gets 408. Default 60. */
  readonly readTimeout?: number;
  /** Origins of pages, besides its own, that may use the server; `*` is all. Default: none. */
  readonly corsOrigins?: readonly string[];
  /** Largest snapshot that may be uploaded, in bytes. Default 1 TiB. */
  readonly maxSnapshotBytes?: number;
  /** Host names that the server answers to. Default: any. */
  readonly allowedHosts?: readonly string[];
  /** Whether the server is ready to be used; asked by `/readyz`. Default: always. */
  readonly ready?: () => boolean;
  /** Runs of the laboratory. Default: its own. */
  readonly labRuns?: LabRuns;
  /** Trainings of the zoo. Default: its own. */
  readonly zooRuns?: ZooRuns;
  /** Hears of failures that are the server's fault. The library itself never prints. */
  readonly onError?: (error: unknown, request: { method: string; path: string }) => void;
}

/** Makes the app. Call its `request()` or `fetch()`, or hand it to a server. */
export function createApp(options: AppOptions): Hono<Env> {
  const { store, encoders, studio, corsOrigins = [], maxBodyBytes = 32 * 2 ** 20 } = options;
  const app = new OpenAPIHono({ strict: false });
  const telemetry = new Telemetry(store, new Quotas(store.path));

  app.onError((error, context) => {
    const { status, message, headers, report } = answerTo(error);
    if (report) options.onError?.(error, { method: context.req.method, path: context.req.path });
    return context.json({ status: { error: message }, time: 0 }, status, { ...headers });
  });

  app.use(observe(telemetry.requests, (name) => existsIn(store, name)));
  for (const guard of [
    guardPath,
    guardHost(options.allowedHosts, corsOrigins),
    allowOrigins(corsOrigins),
    guardKeys(options),
  ])
    if (guard) app.use(guard);

  const limits: Limits = {
    body: {
      maxBytes: maxBodyBytes,
      budget: new BodyBudget(options.maxBodiesBytes ?? 16 * maxBodyBytes),
    },
    queue: new WorkQueue({
      working: options.maxRequests ?? 64,
      waiting: options.maxWaiting ?? 1024,
      patience: options.maxWait ?? 30_000,
    }),
    readTimeout: options.readTimeout ?? 60,
  };
  app.use('/collections/:collection_name/*', guardTimeout(store));

  registerComponents(app);
  const { maxSnapshotBytes } = options;
  const services = {
    store,
    encoders,
    telemetry,
    ...(maxSnapshotBytes !== undefined && { maxSnapshotBytes }),
  };
  for (const endpoint of endpoints) endpoint.mount(app, services, limits);
  mountService(app, { studio: studio !== undefined, ready: options.ready ?? (() => true), telemetry });
  mountLab(app, options.labRuns ?? new LabRuns(), limits);
  mountZoo(app, options.zooRuns ?? new ZooRuns(), limits);
  mountData(app);
  mountLid(app);
  mountWeights(app, options.weights);
  let document: string | undefined;
  app.get('/openapi.json', (context) => {
    document ??= JSON.stringify(openApiDocument(app));
    return context.body(document, 200, { 'content-type': 'application/json' });
  });
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

function existsIn(store: Store, name: string): boolean {
  try {
    return store.hasCollection(name);
  } catch {
    // The store is closed already.
    return false;
  }
}
