/**
 * One request whose answer may be anything: JSON, text, a file, a stream of events.
 *
 * @module
 */
import { ApiError, isAbort, UnreachableError } from './errors.js';

export interface HttpOptions {
  /** Origin of the API without a trailing slash; empty for the page's own. */
  readonly base?: string;
  /** Asked for each request; sent as the `api-key` header when there is one. */
  readonly apiKey?: () => string | null;
  readonly fetch?: typeof globalThis.fetch;
}

export interface HttpRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Sent as JSON; a form is sent as it is. */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends one request; the answer's body is not read yet. Throws {@link ApiError}, {@link UnreachableError}, or the
 * abort of its signal.
 */
export type Raw = (path: string, request?: HttpRequest) => Promise<Response>;

const GATEWAY = new Set([502, 503, 504]);

/** The server's own words in an error body, whatever shape it has. */
function errorMessage(body: unknown, status: number): string {
  const envelope = body as { status?: { error?: unknown }; error?: unknown; message?: unknown } | null;
  for (const candidate of [envelope?.status?.error, envelope?.error, envelope?.message]) {
    if (typeof candidate === 'string' && candidate !== '') return candidate;
  }
  return `The server answered with status ${status}.`;
}

/** The body as JSON; null when it is none. */
export async function jsonOf(response: Response): Promise<unknown> {
  return response.json().catch((error: unknown) => {
    if (isAbort(error)) throw error;
    return null;
  });
}

export function createRaw(options: HttpOptions = {}): Raw {
  const { base = '', apiKey = () => null } = options;
  return async (path, { method = 'GET', body, signal } = {}) => {
    const send = options.fetch ?? globalThis.fetch;
    const key = apiKey();
    const headers: Record<string, string> = key === null ? {} : { 'api-key': key };
    const form = body instanceof FormData;
    if (body !== undefined && !form) headers['content-type'] = 'application/json';
    let response: Response;
    try {
      response = await send(base + path, {
        method,
        headers,
        ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (isAbort(error)) throw error;
      throw new UnreachableError('The server does not answer.', { cause: error });
    }
    const { status } = response;
    if (status >= 200 && status < 300) return response;
    const message = errorMessage(await jsonOf(response), status);
    throw GATEWAY.has(status) ? new UnreachableError(message) : new ApiError(message, status);
  };
}
