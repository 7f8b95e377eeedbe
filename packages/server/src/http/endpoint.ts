/**
 * An endpoint is one object: its place, its schemas, its handler. The route, the checks of its input, the answer's
 * envelope and its page in the OpenAPI document all follow from it.
 *
 * @module
 */
import type { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Services } from '../services.js';
import { isRead } from './access.js';
import { type BodyLimits, readJson } from './body.js';
import { deadlineOf, unlessAborted } from './deadline.js';
import { envelope } from './envelope.js';
import { check } from './issues.js';
import type { WorkQueue } from './queue.js';

export type Method = 'get' | 'put' | 'post' | 'patch' | 'delete';

/** What a handler gets: the checked input, and what it works on. */
export interface EndpointInput<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly params: z.output<P>;
  readonly query: z.output<Q>;
  readonly body: z.output<B>;
  readonly services: Services;
  /** Fires when the client is gone, and for reads when the time that they were given is over. */
  readonly signal: AbortSignal;
}

export interface EndpointOptions<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  B extends z.ZodType,
  R extends z.ZodType,
> {
  readonly method: Method;
  /** As in OpenAPI: `/collections/{collection_name}`. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly params: P;
  readonly query: Q;
  /** Absent for endpoints that read no body. */
  readonly body?: B;
  /** Shape of `result` in the answer. Documented, and checked against the handler's type; not checked at run time. */
  readonly result: R;
  readonly handle: (input: EndpointInput<P, Q, B>) => z.input<R> | Promise<z.input<R>>;
}

/** What the server bounds, shared by all endpoints. */
export interface Limits {
  readonly body: BodyLimits;
  readonly queue: WorkQueue;
  /** Seconds that a read may take unless its `timeout` says otherwise. */
  readonly readTimeout: number;
}

/** An endpoint with its types closed over, ready to be mounted. */
export interface Endpoint {
  readonly method: Method;
  readonly path: string;
  readonly operationId: string;
  mount(app: OpenAPIHono, services: Services, limits: Limits): void;
}

/** Endpoints whose requests add data, which the quotas bound. */
const GROWS: ReadonlySet<string> = new Set([
  'upsert_points',
  'update_vectors',
  'set_payload',
  'overwrite_payload',
  'batch_update',
  'create_field_index',
  'create_vector_name',
]);

/** Makes an {@link Endpoint}; its handler's types follow from the schemas. */
export function endpoint<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  B extends z.ZodType,
  R extends z.ZodType,
>(options: EndpointOptions<P, Q, B, R>): Endpoint {
  const { method, path, operationId, params, query, body, result, handle } = options;
  const reads = isRead(method.toUpperCase(), path);
  return {
    method,
    path,
    operationId,
    mount(app, services, { body: bodyLimits, queue, readTimeout }) {
      app.openAPIRegistry.registerPath({
        method,
        path,
        operationId,
        tags: [options.tag],
        summary: options.summary,
        request: {
          params,
          query,
          ...(body && { body: { required: true, content: { 'application/json': { schema: body } } } }),
        },
        responses: envelope(result),
      });
      app.on(method, path.replace(/\{(\w+)\}/g, ':$1'), async (context) => {
        const started = performance.now();
        const client = context.req.raw.signal;
        const given = {
          params: check('path parameters', params, context.req.param()),
          query: check('query parameters', query, context.req.query()),
          body: body && check('JSON body', body, await readJson(context, bodyLimits, client)),
        };
        if (GROWS.has(operationId)) await services.telemetry.quotas.check();
        const seconds = reads ? (timeoutOf(given.query) ?? readTimeout) : undefined;
        const { signal, end } = deadlineOf(client, seconds, options.summary);
        try {
          const input = { ...given, services, signal } as EndpointInput<P, Q, B>;
          const work = queue.run(() => handle(input), signal);
          // Writes are not cut off: whether they were done must not depend on who waits.
          return answer(context, await (reads ? unlessAborted(work, signal) : work), started);
        } finally {
          end();
        }
      });
    },
  };
}

/** The `timeout` of the query parameters, in seconds. */
function timeoutOf(query: unknown): number | undefined {
  const { timeout } = query as { timeout?: string };
  return timeout === undefined ? undefined : Number(timeout);
}

function answer(context: Context, result: unknown, started: number): Response {
  return context.json({ result, status: 'ok', time: (performance.now() - started) / 1000 });
}
