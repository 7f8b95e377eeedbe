/**
 * An endpoint is one object: its place, its schemas, its handler. The route, the checks of its input, the answer's
 * envelope and its page in the OpenAPI document all follow from it.
 *
 * @module
 */
import type { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Services } from '../services.js';
import { readJson } from './body.js';
import { envelope } from './envelope.js';
import { refusal } from './issues.js';

export type Method = 'get' | 'put' | 'post' | 'patch' | 'delete';

/** What a handler gets: the checked input, and what it works on. */
export interface EndpointInput<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly params: z.output<P>;
  readonly query: z.output<Q>;
  readonly body: z.output<B>;
  readonly services: Services;
  /** Fires when the client is gone. */
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

/** An endpoint with its types closed over, ready to be mounted. */
export interface Endpoint {
  readonly method: Method;
  readonly path: string;
  mount(app: OpenAPIHono, services: Services, maxBodyBytes: number): void;
}

/** Makes an {@link Endpoint}; its handler's types follow from the schemas. */
export function endpoint<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  B extends z.ZodType,
  R extends z.ZodType,
>(options: EndpointOptions<P, Q, B, R>): Endpoint {
  const { method, path, params, query, body, result, handle } = options;
  return {
    method,
    path,
    mount(app, services, maxBodyBytes) {
      app.openAPIRegistry.registerPath({
        method,
        path,
        operationId: options.operationId,
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
        const input = {
          params: check('path parameters', params, context.req.param()),
          query: check('query parameters', query, context.req.query()),
          body: body && check('JSON body', body, await readJson(context, maxBodyBytes)),
          services,
          signal: context.req.raw.signal,
        };
        const value = await handle(input as EndpointInput<P, Q, B>);
        return answer(context, value, started);
      });
    },
  };
}

function check<S extends z.ZodType>(place: string, schema: S, value: unknown): z.output<S> {
  const checked = schema.safeParse(value);
  if (!checked.success) throw refusal(place, checked.error);
  return checked.data;
}

function answer(context: Context, result: unknown, started: number): Response {
  return context.json({ result, status: 'ok', time: (performance.now() - started) / 1000 });
}
