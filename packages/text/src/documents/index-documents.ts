/**
 * Documents into a collection, resumably.
 *
 * @module
 */
import { isDeepStrictEqual } from 'node:util';
import { type LongWork, throwIfAborted } from '@fletch/base';
import type { Collection, Payload, PointId, PointStruct } from '@fletch/search';
import { encodeTexts, type TextVector } from '../encoders/token-sets.js';
import type { Encoder } from '../encoders/types.js';
import { checkEncoder, rememberEncoder, textCollectionFacts } from './collection.js';
import { contentId } from './ids.js';

/** A text to be found by its meaning. */
export interface TextDocument {
  /** Default: made from source, text and payload, the same in every run. */
  readonly id?: PointId;
  readonly text: string;
  readonly payload?: Payload;
  /** Where it comes from; the line is where it stood when it was indexed first. */
  readonly source?: { readonly file: string; readonly line: number };
}

export interface IndexDocumentsOptions extends LongWork {
  readonly collection: Collection;
  readonly encoder: Encoder;
  readonly documents: Iterable<TextDocument> | AsyncIterable<TextDocument>;
  /** Payload field that the text is kept in. Default: the collection's, else `text`. */
  readonly textField?: string;
  /** Documents that are encoded and written together. Default 512. */
  readonly batchSize?: number;
  /** How many documents there are, when known; only for progress. */
  readonly total?: number;
}

/** How many documents were written and how many were there already, unchanged. */
export interface IndexResult {
  readonly added: number;
  readonly skipped: number;
}

/**
 * Encodes documents and writes them to the collection in batches; the next batch is encoded while the previous
 * one is written. Documents that are there already, unchanged, are neither encoded nor written again: a run
 * that was stopped is resumed by running it again.
 *
 * @throws FletchError `DIMENSION_MISMATCH` or `INVALID_ARGUMENT` when encoder and collection do not fit (nothing
 *   is written), `ABORTED` (what was written stays), and what the encoder and the collection throw
 */
export async function indexDocuments(options: IndexDocumentsOptions): Promise<IndexResult> {
  const { collection, encoder, batchSize = 512, total, signal, onProgress } = options;
  const textField = options.textField ?? textCollectionFacts(collection)?.text_field ?? 'text';
  checkEncoder(collection, encoder);
  await rememberEncoder(collection, encoder, textField);

  let added = 0;
  let skipped = 0;
  let writing: Promise<unknown> = Promise.resolve();
  try {
    for await (const batch of inBatches(toPoints(options.documents, textField), batchSize)) {
      throwIfAborted(signal);
      const fresh = withoutUnchanged(collection, batch);
      const vectors = await encodeTexts(
        encoder,
        fresh.map(({ text }) => text),
        signal ? { signal } : {},
      );
      await writing;
      writing = upsert(collection, fresh, vectors).then(() => {
        added += fresh.length;
        skipped += batch.length - fresh.length;
        onProgress?.({ done: added + skipped, ...(total === undefined ? {} : { total }), stage: 'indexing' });
      });
      // Awaited in the next round or below; until then a failure must not count as unhandled.
      writing.catch(() => {});
    }
  } finally {
    await writing;
  }
  return { added, skipped };
}

interface PendingPoint {
  /** Whether the id was made from the content, so that a point with this id is this document. */
  readonly addressed: boolean;
  readonly id: PointId;
  readonly text: string;
  readonly payload: Payload;
}

async function* toPoints(
  documents: Iterable<TextDocument> | AsyncIterable<TextDocument>,
  textField: string,
): AsyncGenerator<PendingPoint> {
  const seen = new Map<string, number>();
  for await (const { id, text, payload = {}, source } of documents) {
    const stored: Payload = { ...(source ? { source: { ...source } } : {}), ...payload, [textField]: text };
    if (id !== undefined) {
      yield { addressed: false, id, text, payload: stored };
      continue;
    }
    // A document keeps its id when others are inserted before it: its line is no part of the id, but equal
    // documents of one file are numbered.
    const base = contentId(source?.file ?? '', text, JSON.stringify(payload));
    const repeat = seen.get(base) ?? 0;
    seen.set(base, repeat + 1);
    yield { addressed: true, id: repeat === 0 ? base : contentId(base, repeat), text, payload: stored };
  }
}

async function* inBatches<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** The points that the collection does not have, or has with another payload. */
function withoutUnchanged(collection: Collection, batch: readonly PendingPoint[]): PendingPoint[] {
  const ids = batch.map(({ id }) => id);
  const stored = new Map(
    collection.retrieve(ids, { with_payload: true }).map(({ id, payload }) => [String(id), payload]),
  );
  return batch.filter(({ addressed, id, payload }) => {
    const there = stored.get(String(id));
    return there === undefined || !(addressed || isDeepStrictEqual(there, payload));
  });
}

async function upsert(
  collection: Collection,
  batch: readonly PendingPoint[],
  vectors: readonly TextVector[],
): Promise<void> {
  if (batch.length === 0) return;
  const points = batch.map(
    ({ id, payload }, i): PointStruct => ({
      id,
      vector: vectors[i]!,
      payload,
    }),
  );
  await collection.upsert(points);
}
