/**
 * Compressed request bodies, inflated with a bound on the result and on the ratio.
 *
 * @module
 */
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { HttpError } from './errors.js';

const CODECS: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  deflate: () => createInflate(),
  br: () => createBrotliDecompress(),
};

/** Bytes that may come of one compressed byte, once {@link FREE} bytes are there: a bomb has thousands. */
const MAX_RATIO = 200;
const FREE = 2 ** 20;

/** Whether the header asks for nothing to be inflated. */
export function isPlain(encoding: string | undefined): boolean {
  return encoding === undefined || encoding.trim() === '' || encoding.trim().toLowerCase() === 'identity';
}

/**
 * Inflates a body as it arrives.
 *
 * @param encoding - its `Content-Encoding`
 * @param limit - most bytes of the result
 * @param tooLarge - makes the refusal of a larger one
 * @throws HttpError 400 (not what the header says), 413, 415 (unknown encoding)
 */
export async function inflate(
  body: AsyncIterable<Uint8Array>,
  encoding: string,
  limit: number,
  tooLarge: () => HttpError,
): Promise<Uint8Array> {
  const create = CODECS[encoding.trim().toLowerCase()];
  if (!create)
    throw new HttpError(
      415,
      `Content-Encoding ${encoding} is not supported: use gzip, deflate, br, or send the body uncompressed.`,
      { 'accept-encoding': 'gzip, deflate, br' },
    );
  const codec = create();
  const chunks: Buffer[] = [];
  let received = 0;
  let size = 0;
  const done = new Promise<void>((resolve, reject) => {
    codec.on('error', () =>
      reject(new HttpError(400, `Format error in JSON body: the body is not valid ${encoding}`)),
    );
    codec.on('end', resolve);
    codec.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) reject(tooLarge());
      else if (size > FREE && size > received * MAX_RATIO)
        reject(
          new HttpError(
            413,
            `Payload too large: the body inflates to more than ${MAX_RATIO} times its size.`,
            {
              connection: 'close',
            },
          ),
        );
      else chunks.push(chunk);
    });
  });
  // Also when nobody waits for it any more, a rejection is no surprise.
  done.catch(() => undefined);
  const feed = async (): Promise<void> => {
    for await (const chunk of body) {
      received += chunk.byteLength;
      if (!codec.write(chunk))
        await Promise.race([done, new Promise((resolve) => codec.once('drain', resolve))]);
    }
    codec.end();
    await done;
  };
  try {
    await Promise.race([feed(), done.then(() => new Promise<never>(() => undefined))]);
  } finally {
    codec.destroy();
  }
  return Buffer.concat(chunks, size);
}
