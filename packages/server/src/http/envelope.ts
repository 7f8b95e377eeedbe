/**
 * The frame of every answer.
 *
 * @module
 */
import { z } from '@hono/zod-openapi';

/** An error's answer. */
export const ErrorResponse = z
  .object({
    status: z.object({
      error: z.string().openapi({ description: 'What was wrong, where, and what to do.' }),
    }),
    time: z.number().openapi({ description: 'Seconds spent.' }),
  })
  .openapi('ErrorResponse');

/** The responses of an endpoint that answers with `result`, as the OpenAPI document lists them. */
export function envelope(result: z.ZodType) {
  const failure = { description: 'error', content: { 'application/json': { schema: ErrorResponse } } };
  const success = z.object({
    result,
    status: z.string().openapi({ example: 'ok' }),
    time: z.number().openapi({ description: 'Seconds spent.', example: 0.002 }),
  });
  return {
    200: { description: 'successful operation', content: { 'application/json': { schema: success } } },
    '4XX': failure,
    default: failure,
  };
}
