/**
 * One request in Qdrant's envelope: `{ result, status, time }`.
 *
 * @module
 */
import { ApiError } from './errors.js';
import { createRaw, type HttpOptions, type HttpRequest, jsonOf, type Raw } from './raw.js';

export type { HttpOptions, HttpRequest } from './raw.js';

/** An answer and how long it took. */
export interface Timed<T> {
  readonly result: T;
  /** Milliseconds that the server says it worked. */
  readonly serverMs: number;
  /** Milliseconds between sending the request and having read the answer. */
  readonly roundTripMs: number;
}

/** Sends one request. Throws {@link ApiError}, `UnreachableError`, or the abort of its signal. */
export type Http = <T>(path: string, request?: HttpRequest) => Promise<Timed<T>>;

export function createHttp(options: HttpOptions = {}, raw: Raw = createRaw(options)): Http {
  return async <T>(path: string, request?: HttpRequest): Promise<Timed<T>> => {
    const started = performance.now();
    const response = await raw(path, request);
    const envelope = (await jsonOf(response)) as { result?: T; time?: number } | null;
    const roundTripMs = performance.now() - started;
    if (envelope?.result === undefined)
      throw new ApiError(`${path} answered without a result.`, response.status);
    return { result: envelope.result, serverMs: (envelope.time ?? 0) * 1000, roundTripMs };
  };
}
