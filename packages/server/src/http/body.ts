/**
 * Reading of JSON bodies: bounded in bytes and depth, whatever the client claims about them.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type { Context } from 'hono';
import { HttpError } from './errors.js';
import { locateJsonFault } from './locate.js';

/** Deepest nesting that is read; every check of shape may recurse that deep. */
const MAX_DEPTH = 128;

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The JSON value in the request's body. The content type is not looked at, as Qdrant does not.
 *
 * @param limit - bytes
 * @throws HttpError 400 (not UTF-8, not JSON, too deep, number out of range), 413, 415 (compressed)
 */
export async function readJson(context: Context, limit: number): Promise<Json> {
  const encoding = context.req.header('content-encoding');
  if (encoding !== undefined && encoding !== 'identity')
    throw new HttpError(415, `Content-Encoding ${encoding} is not supported: send the body uncompressed.`);
  const bytes = await readBytes(context, limit).catch((error: unknown) => {
    if (error instanceof HttpError) throw error;
    throw new HttpError(400, 'Format error in JSON body: the client hung up before it was complete');
  });
  const text = decode(bytes);
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch {
    const fault = locateJsonFault(text);
    const where = fault && `expected ${fault.expected} at line ${fault.line} column ${fault.column}`;
    throw new HttpError(400, `Format error in JSON body: ${where ?? 'not valid JSON'}`);
  }
  checkTree(value);
  return value;
}

async function readBytes(context: Context, limit: number): Promise<Uint8Array> {
  const request = context.req.raw;
  const declared = context.req.header('content-length');
  if (declared !== undefined && Number(declared) > limit) throw tooLarge(limit);
  // The HTTP parser never delivers more than a declared length, so only chunked bodies must be counted.
  if (declared !== undefined || request.body === null) return new Uint8Array(await request.arrayBuffer());
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks, size);
    size += value.byteLength;
    if (size > limit) {
      // Not awaited: cancelling may wait for a client that keeps sending.
      reader.cancel().catch(() => undefined);
      throw tooLarge(limit);
    }
    chunks.push(value);
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

function decode(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new HttpError(400, 'Format error in JSON body: the body is not UTF-8');
  }
}

/** Refuses nesting deeper than {@link MAX_DEPTH} and numbers like `1e999`, which parse to infinity. */
function checkTree(root: Json): void {
  if (typeof root !== 'object' || root === null) return;
  const nodes: object[] = [root];
  const depths: number[] = [1];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    const depth = depths.pop()!;
    if (depth > MAX_DEPTH)
      throw new HttpError(400, `Format error in JSON body: nested deeper than ${MAX_DEPTH} levels`);
    for (const value of Array.isArray(node) ? node : Object.values(node)) {
      if (typeof value === 'object') {
        if (value !== null) {
          nodes.push(value);
          depths.push(depth + 1);
        }
      } else if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY)
        throw new HttpError(400, 'Format error in JSON body: number out of range');
    }
  }
}
