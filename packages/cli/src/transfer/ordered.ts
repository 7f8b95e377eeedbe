/**
 * Sources in another order: by the local intrinsic dimension of their vectors, or at random.
 *
 * @module
 */
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import type { BatchOptions, RowBatch, SourceId, SourcePayload, VectorSource } from '@fletch/data';
import { Matrix, rng } from '@fletch/linalg';
import { type InsertionOrder, insertionOrder, lidMLE } from '@fletch/search';

/** Orders that an import offers. */
export const importOrders = ['lid-desc', 'lid-asc', 'random'] as const satisfies readonly InsertionOrder[];
export type ImportOrder = (typeof importOrders)[number];

/** Rows that local dimensions are measured against; all of a larger source would take too long. */
const REFERENCE = 20_000;
/** Rows that are compared between two chances to stop. */
const TURN = 1024;

interface Rows {
  readonly ids: SourceId[];
  readonly vectors: Float32Array[];
  readonly payloads: (SourcePayload | undefined)[];
}

/** How a source is ordered. */
export interface OrderedOptions extends LongWork {
  readonly order: ImportOrder;
  /** How distances are measured; default: `cosine`. */
  readonly metric?: 'l2' | 'cosine' | undefined;
  /** Only the first rows. */
  readonly limit?: number | undefined;
}

/**
 * The source with its rows in another order, the same every time. They are all held in memory.
 *
 * @throws FletchError `INVALID_ARGUMENT` for a source of texts or of whole points; what reading throws; `ABORTED`
 */
export async function orderedSource(source: VectorSource, options: OrderedOptions): Promise<VectorSource> {
  const { order, metric = 'cosine', limit = Number.POSITIVE_INFINITY, signal, onProgress } = options;
  const { holds } = source;
  if (holds.kind !== 'dense')
    throw new FletchError(
      'INVALID_ARGUMENT',
      `--order needs vectors to look at, and ${source.path} holds ${holds.kind === 'texts' ? 'texts' : 'whole points'}.`,
    );
  const { dimension } = holds;
  const rows: Rows = { ids: [], vectors: [], payloads: [] };
  for await (const batch of source.batches()) {
    throwIfAborted(signal);
    const vectors = batch.vectors!;
    for (let i = 0; i < batch.count && rows.ids.length < limit; i++) {
      rows.ids.push(batch.ids?.[i] ?? batch.first + i);
      rows.vectors.push(vectors.slice(i * dimension, (i + 1) * dimension));
      rows.payloads.push(batch.payloads?.[i]);
    }
    onProgress?.({
      done: rows.ids.length,
      ...(source.count ? { total: source.count } : {}),
      stage: 'reading',
    });
    if (rows.ids.length >= limit) break;
  }
  const places = await placesOf(rows.vectors, { ...options, metric });
  return {
    ...source,
    holds,
    count: rows.ids.length,
    fingerprint: `${source.fingerprint} ${order}`,
    close: () => source.close(),
    batches: (batch) => batchesOf(rows, places, batch),
  };
}

async function* batchesOf(
  rows: Rows,
  places: Uint32Array,
  { size = 256, from = 0 }: BatchOptions = {},
): AsyncGenerator<RowBatch> {
  for (let first = Number(from); first < places.length; first += size) {
    const chosen = [...places.subarray(first, first + size)];
    const width = rows.vectors[0]!.length;
    const vectors = new Float32Array(chosen.length * width);
    chosen.forEach((row, i) => {
      vectors.set(rows.vectors[row]!, i * width);
    });
    yield {
      first,
      count: chosen.length,
      next: first + chosen.length,
      ids: chosen.map((row) => rows.ids[row]!),
      vectors,
      payloads: chosen.map((row) => rows.payloads[row]),
    };
  }
}

/** The order of all rows; those that have no local dimension, or no direction, come last. */
async function placesOf(
  vectors: readonly Float32Array[],
  { order, metric, signal, onProgress }: OrderedOptions & { readonly metric: 'l2' | 'cosine' },
): Promise<Uint32Array> {
  const placed = Matrix.from(vectors, 'float32');
  if (order === 'random' || vectors.length < 3) return insertionOrder(placed, 'random');
  const isUsable = (vector: Float32Array) =>
    vector.every(Number.isFinite) && vector.some((value) => value !== 0);
  const usable = vectors.flatMap((vector, row) => (isUsable(vector) ? [row] : []));
  const lid = new Float32Array(vectors.length).fill(Number.POSITIVE_INFINITY);
  const chosen = rng(0).sample(usable.length, Math.min(REFERENCE, usable.length));
  const reference = Matrix.from(
    Array.from(chosen, (at) => vectors[usable[at]!]!),
    'float32',
  );
  // One more, since a row may find itself, at no distance.
  const k = Math.min(101, reference.rows);
  for (let from = 0; from < usable.length; from += TURN) {
    await new Promise(setImmediate);
    throwIfAborted(signal);
    const part = usable.slice(from, from + TURN);
    const queries = Matrix.from(
      part.map((row) => vectors[row]!),
      'float32',
    );
    lidMLE(reference, { k, metric, queries }).forEach((value, i) => {
      lid[part[i]!] = value;
    });
    onProgress?.({ done: from + part.length, total: usable.length, stage: 'measuring local dimensions' });
  }
  return insertionOrder(placed, order, { lid });
}
