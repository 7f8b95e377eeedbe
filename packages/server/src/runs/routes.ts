/**
 * Runs over HTTP: started, followed by server-sent events, stopped.
 *
 * @module
 */
import { isFletchError } from '@fletch/base';
import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import { HttpError, notFound } from '../http/errors.js';
import type { Run, RunRequest, Runs } from './runs.js';

/** What is not there is answered with 404. */
export function found<T>(look: () => T): T {
  try {
    return look();
  } catch (error) {
    if (isFletchError(error, 'NOT_FOUND')) throw notFound(error.message);
    throw error;
  }
}

/** The answer of these routes. */
export function ok(context: Context, result: unknown, status: 200 | 202 = 200): Response {
  return context.json({ result, status: 'ok', time: 0 }, status);
}

/** Starts a run; 409 while another one lasts. */
export function begin<Request extends RunRequest, Result>(
  runs: Runs<Request, Result>,
  request: Request,
): Run<Request, Result> {
  try {
    return runs.begin(request);
  } catch (error) {
    if (isFletchError(error, 'UNAVAILABLE')) throw new HttpError(409, error.message);
    throw error;
  }
}

/** Adds `GET <path>/:run/events` and `DELETE <path>/:run`. */
export function mountRuns<Request extends RunRequest, Result>(
  app: OpenAPIHono,
  path: string,
  runs: Runs<Request, Result>,
): void {
  app.get(`${path}/:run/events`, (context) => {
    const { run } = found(() => runs.get(context.req.param('run')!));
    return streamSSE(context, async (stream) => {
      await new Promise<void>((resolve) => {
        const leave = runs.listen(run, ({ event, data }) => {
          void stream.writeSSE({ event, data: JSON.stringify(data) }).then(() => {
            if (event !== 'progress') resolve();
          });
        });
        stream.onAbort(() => {
          leave();
          resolve();
        });
      });
    });
  });
  app.delete(`${path}/:run`, (context) => {
    found(() => runs.stop(context.req.param('run')!));
    return ok(context, true);
  });
}

/** A route as the OpenAPI document has it. */
export type DescribedRoute = readonly [
  method: 'get' | 'post' | 'delete',
  path: string,
  operationId: string,
  summary: string,
  request: object,
];

/** Puts routes into the OpenAPI document. */
export function describeRoutes(app: OpenAPIHono, tag: string, routes: readonly DescribedRoute[]): void {
  const content = { 'application/json': { schema: z.looseObject({}) } };
  for (const [method, path, operationId, summary, request] of routes)
    app.openAPIRegistry.registerPath({
      method,
      path,
      operationId,
      tags: [tag],
      summary,
      request,
      responses: { 200: { description: 'the answer', content } },
    });
}
