/**
 * A collection of a running server that speaks Qdrant's REST dialect, Fletch among them.
 *
 * @module
 */
import { FletchError, type Json } from '@fletch/base';
import type { BatchOptions, OpenOptions, RowBatch, SourceId, SourcePayload, VectorSource } from '../types.js';
import { creationOf, indexesOf } from './qdrant-config.js';

/** Whether this names a server rather than a file. */
export function isServerAddress(path: string): boolean {
  return /^https?:\/\//i.test(path);
}

interface Server {
  readonly url: string;
  call<T>(method: string, path: string, body?: string): Promise<T>;
}

/**
 * Opens `http://host:6333/collections/name`, or the collection `part` of `http://host:6333` (the only one if there is one).
 *
 * @throws FletchError `UNAVAILABLE` when nothing answers, `NOT_FOUND`, `INVALID_ARGUMENT`, `IO` with the server's words
 */
export async function openServer(address: string, options: OpenOptions): Promise<VectorSource> {
  const [, url, inPath] = /^(.*?)(?:\/collections\/([^/]+))?\/*$/.exec(address) as unknown as string[];
  const server = connect(url!, options);
  const name = await chooseCollection(server, options.part ?? (inPath && decodeURIComponent(inPath)));
  const at = `/collections/${encodeURIComponent(name)}`;
  const info = await server.call<{ [key: string]: Json }>('GET', at);
  const { count } = await server.call<{ count: number }>('POST', `${at}/points/count`, '{"exact":true}');
  return {
    format: 'qdrant',
    path: address,
    holds: {
      kind: 'wire',
      config: creationOf(info, url!),
      indexes: indexesOf(info),
      aliases: await aliasesOf(server, at),
    },
    count,
    fingerprint: `${url}${at}`,
    batches: (batch) => readBatches(server, at, batch),
    close: async () => {},
  };
}

function connect(url: string, { apiKey, signal }: OpenOptions): Server {
  return {
    url,
    async call<T>(method: string, path: string, body?: string): Promise<T> {
      let response: Response;
      let text: string;
      try {
        response = await fetch(url + path, {
          method,
          headers: {
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...(apiKey === undefined ? {} : { 'api-key': apiKey }),
          },
          ...(body === undefined ? {} : { body }),
          ...(signal ? { signal } : {}),
        });
        text = await response.text();
      } catch (cause) {
        if (signal?.aborted) throw new FletchError('ABORTED', 'The operation was aborted.', { cause });
        throw new FletchError('UNAVAILABLE', `No server answers at ${url}.`, { cause });
      }
      return resultOf<T>(response, text, url);
    },
  };
}

function resultOf<T>(response: Response, text: string, url: string): T {
  let answer: { result?: T; status?: { error?: string } | string };
  try {
    answer = JSON.parse(keepLargeIds(text));
  } catch (cause) {
    throw new FletchError(
      'UNAVAILABLE',
      `What answers at ${url} speaks no Qdrant (HTTP ${response.status}).`,
      { cause },
    );
  }
  if (response.ok) return answer.result as T;
  const reason = typeof answer?.status === 'object' ? answer.status?.error : undefined;
  throw new FletchError(
    response.status === 404 ? 'NOT_FOUND' : 'IO',
    `The server at ${url} answered: ${reason ?? `HTTP ${response.status}`}`,
    { details: { status: response.status } },
  );
}

/** Ids beyond 2^53, which JavaScript's numbers do not hold, as strings. */
export function keepLargeIds(text: string): string {
  return text.replace(/("(?:id|next_page_offset)"\s*:\s*)(\d{16,20})(?=\s*[,}])/g, (whole, key, digits) =>
    Number.isSafeInteger(Number(digits)) ? whole : `${key}"${digits}"`,
  );
}

/** An offset as it was in the answer: large ids are numbers again. */
function offsetText(offset: Json): string {
  return typeof offset === 'string' && /^\d+$/.test(offset) ? offset : JSON.stringify(offset);
}

async function chooseCollection(server: Server, asked: string | undefined): Promise<string> {
  if (asked !== undefined) return asked;
  const { collections } = await server.call<{ collections: { name: string }[] }>('GET', '/collections');
  const names = collections.map(({ name }) => name);
  if (names.length === 1) return names[0]!;
  if (names.length === 0)
    throw new FletchError('NOT_FOUND', `The server at ${server.url} has no collections.`);
  throw new FletchError(
    'INVALID_ARGUMENT',
    `The server at ${server.url} has several collections, name one with --part: ${names.map((name) => `"${name}"`).join(', ')}.`,
  );
}

/** Servers without aliases have none. */
async function aliasesOf(server: Server, at: string): Promise<string[]> {
  try {
    const { aliases } = await server.call<{ aliases: { alias_name: string }[] }>('GET', `${at}/aliases`);
    return aliases.map(({ alias_name }) => alias_name);
  } catch (error) {
    if (error instanceof FletchError && error.code === 'NOT_FOUND') return [];
    throw error;
  }
}

interface Page {
  readonly points: { id: SourceId; vector?: Json; payload?: SourcePayload | null }[];
  readonly next_page_offset?: Json;
}

async function* readBatches(
  server: Server,
  at: string,
  { size = 256, from }: BatchOptions = {},
): AsyncGenerator<RowBatch> {
  // Where an earlier batch was the last, there is nothing to go on with.
  if (from === null) return;
  let offset: Json | undefined = from;
  let first = 0;
  for (;;) {
    const start = offset === undefined ? '' : `,"offset":${offsetText(offset)}`;
    const body = `{"limit":${size},"with_payload":true,"with_vector":true${start}}`;
    const page: Page = await server.call<Page>('POST', `${at}/points/scroll`, body);
    const { points } = page;
    const next: Json = page.next_page_offset ?? null;
    yield {
      first,
      count: points.length,
      next,
      ids: points.map(({ id }) => id),
      wire: points.map(({ vector }) => vector ?? {}),
      payloads: points.map(({ payload }) => payload ?? undefined),
    };
    if (next === null) return;
    first += points.length;
    offset = next;
  }
}
