/**
 * A running server asked over HTTP, in the Qdrant dialect.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { CollectionInfo, CreateCollection, Filter, ScoredPoint } from '@fletch/search';

/** What the command line asks of a server. */
export interface Remote {
  readonly url: string;
  search(collection: string, text: string, options: RemoteSearch): Promise<ScoredPoint[]>;
  names(): Promise<string[]>;
  info(collection: string): Promise<CollectionInfo>;
  create(collection: string, config: CreateCollection): Promise<void>;
  /** Whether there was one. */
  delete(collection: string): Promise<boolean>;
}

export interface RemoteSearch {
  readonly limit: number;
  readonly filter?: Filter | undefined;
  /** Default: the collection's own encoder. */
  readonly encoder?: string | undefined;
}

/**
 * A client of the server at `url`.
 *
 * @throws FletchError (from its methods) `UNAVAILABLE` when nothing answers there, `NOT_FOUND`, and `IO` with the
 *   server's own words
 */
export function remote(
  url: string,
  options: { apiKey?: string | undefined; signal?: AbortSignal } = {},
): Remote {
  const call = caller(url, options);
  const at = (collection: string): string => `/collections/${encodeURIComponent(collection)}`;
  return {
    url,
    async search(collection, text, { limit, filter, encoder }) {
      const query = { text, ...(encoder === undefined ? {} : { model: encoder }) };
      const request = { query, limit, with_payload: true, ...(filter ? { filter } : {}) };
      const { points } = await call<{ points: ScoredPoint[] }>(
        'POST',
        `${at(collection)}/points/query`,
        request,
      );
      return points;
    },
    async names() {
      const { collections } = await call<{ collections: { name: string }[] }>('GET', '/collections');
      return collections.map(({ name }) => name);
    },
    info: (collection) => call('GET', at(collection)),
    async create(collection, config) {
      await call('PUT', at(collection), config);
    },
    delete: (collection) => call('DELETE', at(collection)),
  };
}

/** Calls one method of a server and gives the answer's `result`. */
export type Call = <T>(method: string, path: string, body?: unknown) => Promise<T>;

/** The calls of {@link remote}, bare. */
export function caller(
  url: string,
  options: { apiKey?: string | undefined; signal?: AbortSignal } = {},
): Call {
  return async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    let response: Response;
    try {
      response = await fetch(url + path, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(options.apiKey === undefined ? {} : { 'api-key': options.apiKey }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(options.signal ? { signal: options.signal } : {}),
      });
    } catch (cause) {
      if (options.signal?.aborted) throw new FletchError('ABORTED', 'The operation was aborted.', { cause });
      throw new FletchError(
        'UNAVAILABLE',
        `No server answers at ${url}: start one with fletch serve, or leave --url away to open the store itself.`,
        { cause },
      );
    }
    return answerOf<T>(response, url);
  };
}

async function answerOf<T>(response: Response, url: string): Promise<T> {
  const text = await response.text();
  let answer: { result?: T; status?: string | { error?: string } };
  try {
    answer = JSON.parse(text);
  } catch {
    throw new FletchError(
      'UNAVAILABLE',
      `What answers at ${url} is no Fletch server (HTTP ${response.status}).`,
    );
  }
  if (response.ok) return answer.result as T;
  const reason = typeof answer.status === 'object' ? answer.status?.error : undefined;
  const message = `The server at ${url} answered: ${reason ?? `HTTP ${response.status}`}`;
  throw new FletchError(response.status === 404 ? 'NOT_FOUND' : 'IO', message, {
    details: { status: response.status },
  });
}
