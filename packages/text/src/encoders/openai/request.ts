/**
 * One request to an endpoint, tried again while it is busy.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { FletchError, throwIfAborted } from '@fletch/base';

export interface RequestOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** How often to try again after 408, 409, 429, 5xx or a broken connection. */
  readonly retries: number;
  readonly signal: AbortSignal | undefined;
  /** Wait before the first repetition, in milliseconds; doubled each time. */
  readonly firstWait: number;
}

const LONGEST_WAIT = 60_000;

/**
 * Posts JSON and returns the JSON that is answered. Waits as long as `Retry-After` says, else twice as long each time.
 *
 * @throws FletchError `UNAVAILABLE` when the endpoint stays busy or cannot be reached, `INVALID_ARGUMENT` with its
 *   own words when it refuses, `ABORTED`
 */
export async function postJson(url: string, body: unknown, options: RequestOptions): Promise<unknown> {
  const { headers, retries, signal, firstWait } = options;
  for (let attempt = 0; ; attempt++) {
    throwIfAborted(signal);
    const last = attempt >= retries;
    const response = await send(url, body, headers, signal).catch((error: unknown) => {
      throwIfAborted(signal);
      if (last) throw unreachable(url, error);
      return undefined;
    });
    if (response?.ok)
      return response.json().catch((error: unknown) => Promise.reject(unreachable(url, error)));
    if (response && (last || !mayRecover(response.status))) throw await refused(url, response);
    const wait = waitOf(response) ?? firstWait * 2 ** attempt;
    await sleep(Math.min(wait, LONGEST_WAIT), undefined, signal ? { signal } : {}).catch(() => {});
  }
}

function send(
  url: string,
  body: unknown,
  headers: RequestOptions['headers'],
  signal: AbortSignal | undefined,
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
}

const mayRecover = (status: number) => [408, 409, 429].includes(status) || status >= 500;

/** What `Retry-After` asks for, in milliseconds: seconds or a date. */
function waitOf(response: Response | undefined): number | undefined {
  const value = response?.headers.get('retry-after');
  if (!value) return undefined;
  const wait = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

function unreachable(url: string, cause: unknown): FletchError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new FletchError(
    'UNAVAILABLE',
    `${url} gives no answer (${reason}): check the base URL and the network.`,
    {
      cause,
    },
  );
}

async function refused(url: string, response: Response): Promise<FletchError> {
  const words = (await response.text().catch(() => '')).slice(0, 500);
  const hint = response.status === 401 || response.status === 403 ? ' Check the API key.' : '';
  return new FletchError(
    mayRecover(response.status) ? 'UNAVAILABLE' : 'INVALID_ARGUMENT',
    `${url} answered ${response.status}: ${words || response.statusText}.${hint}`,
    { details: { status: response.status } },
  );
}
