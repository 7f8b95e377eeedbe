/**
 * Reading of JSON bodies: bounded in bytes and depth, whatever the client claims about them.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type { Context } from 'hono';
import { HttpError } from './errors.js';
import { inflate, isPlain } from './inflate.js';
import { JsonError, parseJson } from './json.js';
import { locateJsonFault } from './locate.js';

/** Deepest nesting that is read; every check of shape may recurse that deep. */
const MAX_DEPTH = 128;

/** Longest text, in bytes, that is searched for the very place of a fault. */
const LOCATED = 2 ** 20;

/** What bodies may be. */
export interface BodyLimits {
  /** Bytes of one body, inflated. */
  readonly maxBytes: number;
  /** Bytes of all bodies that are being received. */
  readonly budget: BodyBudget;
}

/** A bound on the bytes that wait in memory for the rest of their bodies. */
export class BodyBudget {
  #used = 0;
  constructor(readonly limit: number) {}

  /** Throws HttpError 503 when there is no room. */
  take(bytes: number): void {
    if (this.#used + bytes > this.limit)
      throw new HttpError(503, 'Service unavailable: too much is being received at once. Try again.', {
        'retry-after': '1',
        connection: 'close',
      });
    this.#used += bytes;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }
}

/**
 * The JSON value in the request's body. The content type is not looked at, as Qdrant does not.
 *
 * @throws HttpError 400 (not UTF-8, not JSON, too deep, number out of range), 413, 415 (unknown compression), 503
 */
export async function readJson(
  context: Context,
  { maxBytes, budget }: BodyLimits,
  signal?: AbortSignal,
): Promise<Json> {
  const declared = Number(context.req.header('content-length') ?? 0);
  if (declared > maxBytes) throw tooLarge(maxBytes);
  let held = 0;
  const hold = (bytes: number): void => {
    budget.take(bytes);
    held += bytes;
  };
  try {
    hold(declared);
    const body = counted(context.req.raw.body, (size) => {
      if (size > maxBytes) throw tooLarge(maxBytes);
      if (size > held) hold(size - held);
    });
    const encoding = context.req.header('content-encoding');
    const bytes = await (isPlain(encoding)
      ? collect(body)
      : inflate(body, encoding!, maxBytes, () => tooLarge(maxBytes))
    ).catch((error: unknown) => {
      if (error instanceof HttpError) throw error;
      throw new HttpError(400, 'Format error in JSON body: the client hung up before it was complete');
    });
    return await parseJson(bytes, MAX_DEPTH, signal).catch((error: unknown) => {
      if (!(error instanceof JsonError)) throw error;
      throw new HttpError(400, `Format error in JSON body: ${wording(error.refusal, bytes)}`);
    });
  } finally {
    budget.give(held);
  }
}

/** The body's chunks; `check` is told how many bytes have come. */
async function* counted(
  body: ReadableStream<Uint8Array> | null,
  check: (size: number) => void,
): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  let size = 0;
  let done = false;
  try {
    for (;;) {
      const next = await reader.read();
      done = next.done;
      if (next.done) return;
      size += next.value.byteLength;
      check(size);
      yield next.value;
    }
  } finally {
    // Not awaited: cancelling may wait for a client that keeps sending.
    if (!done) reader.cancel().catch(() => undefined);
  }
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

function wording(refusal: JsonError['refusal'], bytes: Uint8Array): string {
  switch (refusal.reason) {
    case 'depth':
      return `nested deeper than ${MAX_DEPTH} levels`;
    case 'range':
      return 'number out of range';
    case 'duplicate':
      return 'a key occurs twice in one object';
    case 'utf8':
      return 'the body is not UTF-8';
    case 'syntax': {
      if (bytes.length > LOCATED) return `not JSON in what follows byte ${refusal.at}`;
      const fault = locateJsonFault(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
      return fault ? `expected ${fault.expected} at line ${fault.line} column ${fault.column}` : 'not JSON';
    }
  }
}

function tooLarge(limit: number): HttpError {
  const megabytes = (limit / 2 ** 20).toFixed(limit % 2 ** 20 === 0 ? 0 : 2);
  return new HttpError(
    413,
    `Payload too large: a body may have ${limit} bytes (${megabytes} MiB). Send the points in smaller batches.`,
    { connection: 'close' },
  );
}
