/**
 * Endpoints whose request or answer is more than JSON: files that come and go, and work that nobody waits for.
 *
 * @module
 */
import type { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Services } from '../services.js';
import { type BodyBudget, readJson } from './body.js';
import type { Endpoint, Method } from './endpoint.js';
import { envelope } from './envelope.js';
import { check } from './issues.js';

/** What a handler gets. */
export interface RawInput<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly params: z.output<P>;
  readonly query: z.output<Q>;
  readonly body: z.output<B>;
  readonly services: Services;
  readonly context: Context;
}

export interface RawOptions<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType> {
  readonly method: Method;
  readonly path: string;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly params: P;
  readonly query: Q;
  /** A JSON body. */
  readonly body?: B;
  /** Whether the body is a form with the file `snapshot`; the handler reads it. */
  readonly form?: boolean;
  /** Shape of `result` in the answer; absent when the answer is a file. */
  readonly result?: z.ZodType;
  /** What the answer's `result` is, or the whole answer. */
  readonly handle: (input: RawInput<P, Q, B>) => Promise<unknown>;
}

/** JSON bodies of these endpoints are small. */
const MAX_JSON = 2 ** 20;

const binary = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } as const } };
const form = {
  'multipart/form-data': {
    schema: {
      type: 'object',
      properties: { snapshot: { type: 'string', format: 'binary' } },
      required: ['snapshot'],
    } as const,
  },
};

/** Makes an {@link Endpoint}. With `?wait=false` its work goes on after the answer, which is 202 then. */
export function rawEndpoint<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType>(
  options: RawOptions<P, Q, B>,
): Endpoint {
  const { method, path, operationId, params, query, body, result, handle } = options;
  const content = body ? { 'application/json': { schema: body } } : options.form ? form : undefined;
  return {
    method,
    path,
    operationId,
    mount(app, services, { body: { budget }, queue }) {
      app.openAPIRegistry.registerPath({
        method,
        path,
        operationId,
        tags: [options.tag],
        summary: options.summary,
        request: { params, query, ...(content && { body: { required: true, content: content as never } }) },
        responses: result ? envelope(result) : { 200: { description: 'the file', content: binary } },
      });
      app.on(method, path.replace(/\{(\w+)\}/g, ':$1'), async (context) => {
        const started = performance.now();
        const input = {
          params: check('path parameters', params, context.req.param()),
          query: check('query parameters', query, context.req.query()),
          body: body && check('JSON body', body, await readSmall(context, budget)),
          services,
          context,
        };
        const run = () => handle(input as RawInput<P, Q, B>);
        // A file that arrives slowly takes nobody's turn.
        const work = options.form ? run() : queue.run(run, context.req.raw.signal);
        const time = () => (performance.now() - started) / 1000;
        if (context.req.query('wait') === 'false' && !options.form) {
          // Who does not wait learns of a failure from what is not there afterwards.
          work.catch(() => undefined);
          return context.json({ status: 'accepted', time: time() }, 202);
        }
        const value = await work;
        return value instanceof Response
          ? value
          : context.json({ result: value, status: 'ok', time: time() });
      });
    },
  };
}

function readSmall(context: Context, budget: BodyBudget): Promise<unknown> {
  return readJson(context, { maxBytes: MAX_JSON, budget }, context.req.raw.signal);
}
