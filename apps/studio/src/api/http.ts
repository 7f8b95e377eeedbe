/**
 * One request in Qdrant's envelope: `{ result, status, time }`.
 *
 * @module
 */
import { ApiError, isAbort, UnreachableError } from './errors.js';

/** An answer and how long it took. */
export interface Timed<T> {
  readonly result: T;
  /** Milliseconds that the server says it worked. */
  readonly serverMs: number;
  /** Milliseconds between sending the request and having read the answer. */
  readonly roundTripMs: number;
}

export interface HttpOptions {
  /** Origin of the API without a trailing slash; empty for the page's own. */
  readonly base?: string;
  /** Asked for each request; sent as the `api-key` header when there is one. */
  readonly apiKey?: () => string | null;
  readonly fetch?: typeof globalThis.fetch;
}

export interface HttpRequest {
  readonly method?: 'GET' | 'POST';
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** Sends one request. Throws {@link ApiError}, {@link UnreachableError}, or the abort of its signal. */
export type Http = <T>(path: string, request?: HttpRequest) => Promise<Timed<T>>;

const GATEWAY = new Set([502, 503, 504]);

/** The server's own words in an error body, whatever shape it has. */
function errorMessage(body: unknown, status: number): string {
  const envelope = body as { status?: { error?: unknown }; error?: unknown; message?: unknown } | null;
  for (const candidate of [envelope?.status?.error, envelope?.error, envelope?.message]) {
    if (typeof candidate === 'string' && candidate !== '') return candidate;
  }
  return `The server answered with status ${status}.`;
}

export function createHttp(options: HttpOptions = {}): Http {
  const { base = '', apiKey = () => null } = options;
  return async <T>(path: string, { method = 'GET', body, signal }: HttpRequest = {}): Promise<Timed<T>> => {
    const send = options.fetch ?? globalThis.fetch;
    const key = apiKey();
    const headers: Record<string, string> = key === null ? {} : { 'api-key': key };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const started = performance.now();
    let status: number;
    let answer: unknown;
    try {
      const response = await send(base + path, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
      status = response.status;
      answer = await response.json().catch((error: unknown) => {
        if (isAbort(error)) throw error;
        return null;
      });
    } catch (error) {
      if (isAbort(error)) throw error;
      throw new UnreachableError('The server does not answer.', { cause: error });
    }
    const roundTripMs = performance.now() - started;
    if (GATEWAY.has(status)) throw new UnreachableError(errorMessage(answer, status));
    if (status < 200 || status >= 300) throw new ApiError(errorMessage(answer, status), status);
    const envelope = answer as { result?: T; time?: number } | null;
    if (envelope?.result === undefined) throw new ApiError(`${path} answered without a result.`, status);
    return { result: envelope.result, serverMs: (envelope.time ?? 0) * 1000, roundTripMs };
  };
}
