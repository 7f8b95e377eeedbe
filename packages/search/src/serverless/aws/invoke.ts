/**
 * Calling functions of AWS Lambda.
 *
 * @module
 */
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { FletchError, isFletchError } from '@fletch/base';
import { PAYLOAD_LIMIT } from '../messages.js';
import type { Invoke } from '../platform.js';

/** The name of a function on AWS Lambda: those of one deployment begin alike. */
export const functionName = (prefix: string, name: string): string => `${prefix}-${name}`;

function describe(error: unknown, name: string): unknown {
  if (isFletchError(error)) return error;
  const { name: kind, message } = error as Error;
  if (kind === 'AbortError') return error;
  const details = { function: name, error: kind };
  const made = (code: FletchError['code'], text: string): FletchError =>
    new FletchError(code, text, { details, cause: error });
  if (kind === 'TooManyRequestsException') return made('RATE_LIMITED', `${name} is throttled: ${message}`);
  if (kind === 'RequestTooLargeException')
    return made('LIMIT_EXCEEDED', `The event of ${name} is too large.`);
  if (kind === 'ResourceNotFoundException')
    return made(
      'NOT_FOUND',
      `There is no function ${name}: deploy as many processors as there are partitions.`,
    );
  if (kind === 'AccessDeniedException') return made('FORBIDDEN', `You may not invoke ${name}: ${message}`);
  return made('UNAVAILABLE', `${name} could not be called: ${message || kind}`);
}

/**
 * Calls functions synchronously. The client tries throttled calls and such that did not arrive again, as it is told to; what
 * fails within a function is `UNAVAILABLE`, with the function's own words.
 *
 * @param prefix - of the functions' names
 */
export function lambdaInvoke(client: LambdaClient, prefix: string): Invoke {
  return async (short, event, { signal }) => {
    const name = functionName(prefix, short);
    const payload = Buffer.from(JSON.stringify(event));
    if (payload.length > PAYLOAD_LIMIT)
      throw new FletchError(
        'LIMIT_EXCEEDED',
        `The event of ${name} has ${payload.length} bytes, of ${PAYLOAD_LIMIT} at most: ask in smaller batches.`,
        { details: { function: name, size: payload.length } },
      );
    try {
      const { Payload, FunctionError } = await client.send(
        new InvokeCommand({ FunctionName: name, Payload: payload }),
        { abortSignal: signal },
      );
      const reply = JSON.parse(Buffer.from(Payload ?? []).toString('utf8') || 'null');
      if (FunctionError)
        throw new FletchError('UNAVAILABLE', `${name} failed: ${reply?.errorMessage ?? FunctionError}`, {
          details: { function: name, error: reply?.errorType },
        });
      return reply;
    } catch (error) {
      throw describe(error, name);
    }
  };
}
