/**
 * Sources of bare vectors, with the ids and payloads beside the file.
 *
 * @module
 */
import { type Bytes, openBytes } from './bytes.js';
import { fingerprintOf } from './fingerprint.js';
import { openSidecars } from './sidecars.js';
import type { BatchOptions, RowBatch, VectorSource } from './types.js';

/** What a reader of bare vectors finds out when it opens a file. */
interface PlainRows {
  readonly count: number;
  readonly dimension: number;
  rows(
    options?: BatchOptions,
  ): AsyncGenerator<Pick<RowBatch, 'first' | 'count' | 'next'> & { vectors: Float32Array }>;
}

/** A source of bare vectors, with the ids and payloads beside the file. */
export async function plainSource(
  format: string,
  path: string,
  open: (bytes: Bytes) => Promise<PlainRows>,
): Promise<VectorSource> {
  const bytes = await openBytes(path);
  try {
    const { count, dimension, rows } = await open(bytes);
    const sidecars = await openSidecars(path, count);
    return {
      format,
      path,
      holds: { kind: 'dense', dimension },
      count,
      fingerprint: await fingerprintOf([path, ...sidecars.paths], format),
      async *batches(options) {
        for await (const { first, count, next, vectors } of rows(options))
          yield { first, count, next, vectors, ...(await sidecars.take(first, count)) };
      },
      async close() {
        await sidecars.close();
        await bytes.close();
      },
    };
  } catch (error) {
    await bytes.close();
    throw error;
  }
}
