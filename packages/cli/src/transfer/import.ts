/**
 * Moving sources into a collection.
 *
 * @module
 */
import { FletchError, type Json, throwIfAborted } from '@fletch/base';
import type { RowBatch, VectorSource } from '@fletch/data';
import type { PointStruct, VectorParams } from '@fletch/search';
import type { Encoder } from '@fletch/text';
import { type Checkpoint, checkpointPatch, sourceKey } from './checkpoint.js';
import { checkDimensions, create, recordedEncoder, startAt, vectorParams } from './plan.js';
import { type PointRules, toPoints } from './points.js';
import type { ImportOutcome, ImportRequest } from './types.js';

/** Milliseconds between two checkpoints. */
const CHECKPOINT_EVERY = 2000;

/** Writes under way at most. */
const IN_FLIGHT = 4;

/**
 * Imports all rows. What is written stays when it stops; the checkpoint in the collection's metadata says where.
 *
 * @throws FletchError `ABORTED` after the checkpoint is written; `ALREADY_EXISTS`, `DIMENSION_MISMATCH`,
 *   `INVALID_ARGUMENT` before anything is written; what reading and writing throw
 */
export async function importSources(request: ImportRequest): Promise<ImportOutcome> {
  const { target, collection, sources } = request;
  const kinds = new Set(sources.map(({ holds }) => holds.kind));
  if (kinds.size > 1)
    throw new FletchError('INVALID_ARGUMENT', 'Texts, vectors and whole points cannot be imported together.');
  if (kinds.has('wire') && request.vector)
    throw new FletchError('INVALID_ARGUMENT', '--vector is for bare vectors: these points name theirs.');
  const known = await target.info(collection);
  const key = sourceKey(
    sources.map(({ fingerprint }) => fingerprint),
    [request.vector ?? '', request.firstId ?? 0],
  );
  const checkpoint = known ? await startAt(request, known, key) : undefined;
  const encoder = kinds.has('texts') ? await request.encoder(known && recordedEncoder(known)) : undefined;
  if (encoder?.encodeTokens) {
    await encoder.close();
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Import makes one vector of a text, and "${encoder.name}" gives one for each token: use "fletch index".`,
    );
  }
  try {
    const info = known ?? (await create(request, encoder));
    const params = vectorParams(info, request.vector ?? '');
    checkDimensions(request, params, encoder);
    const run = new Run(request, params, encoder, checkpoint ?? { source: key, file: 0, before: 0, rows: 0 });
    return await run.whole();
  } finally {
    await encoder?.close();
  }
}

/** One run over the sources. */
class Run {
  readonly #request: ImportRequest;
  readonly #encoder: Encoder | undefined;
  readonly #cosine: boolean;
  readonly #resumed: number;
  #at: Checkpoint;
  /** Before the first write, so that a run that is killed early can be resumed too. */
  #saved = Number.NEGATIVE_INFINITY;
  /** Rows looked at; those of the checkpoint are written too. */
  #rows: number;
  #imported = 0;
  #skipped = 0;
  /** Writes under way, in their order: the store makes them durable together, while the next batches are read. */
  readonly #writing: Promise<void>[] = [];

  constructor(
    request: ImportRequest,
    params: VectorParams | undefined,
    encoder: Encoder | undefined,
    start: Checkpoint,
  ) {
    this.#request = request;
    this.#encoder = encoder;
    this.#cosine = params?.distance === 'Cosine';
    this.#at = start;
    this.#resumed = start.rows;
    this.#rows = start.rows;
  }

  async whole(): Promise<ImportOutcome> {
    const { sources, target, collection } = this.#request;
    try {
      await this.#save();
      for (const [file, source] of sources.entries())
        if (file >= this.#at.file) await this.#file(file, source);
      throwIfAborted(this.#request.signal);
    } catch (error) {
      // What was written is known even if it broke off; a server that is gone cannot be told.
      await this.#written().catch(() => {});
      await this.#save().catch(() => {});
      throw error;
    }
    await this.#finish();
    return {
      collection,
      rows: this.#rows,
      imported: this.#imported,
      skipped: this.#skipped,
      resumed: this.#resumed,
      points: await target.count(collection),
    };
  }

  async #file(file: number, source: VectorSource): Promise<void> {
    const { signal, limit = Number.POSITIVE_INFINITY } = this.#request;
    const { from, before } = this.#at;
    const rules = { ...this.#rules(source), firstId: (this.#request.firstId ?? 0) + before };
    for await (const given of source.batches({
      size: this.#size(source),
      ...(from === undefined ? {} : { from }),
    })) {
      if (signal.aborted || this.#rows >= limit) break;
      const batch = cut(given, limit - this.#rows);
      this.#rows += batch.count;
      // A batch that was cut is read again, whole, when the import is resumed.
      await this.#write(await this.#points(batch, rules), batch === given ? batch.next : undefined);
    }
    await this.#written();
    if (!signal.aborted && this.#rows < limit)
      this.#at = { source: this.#at.source, file: file + 1, before: this.#rows, rows: this.#rows };
  }

  /** Starts a write, after which the import may go on at `next`; waits while there are too many. */
  async #write(points: PointStruct[], next: Json | undefined): Promise<void> {
    const { target, collection, onProgress } = this.#request;
    if (performance.now() - this.#saved > CHECKPOINT_EVERY) await this.#save();
    const rows = this.#rows;
    const before = this.#writing.at(-1);
    const sent = points.length > 0 ? target.upsert(collection, points) : Promise.resolve();
    const written = (async () => {
      // The checkpoint is where everything before is written, whichever is answered first.
      await Promise.all([before, sent]);
      this.#imported += points.length;
      if (next !== undefined) this.#at = { ...this.#at, from: next, rows };
      onProgress({ done: rows, ...this.#total() });
    })();
    // Awaited later; until then its failure is nobody's surprise.
    written.catch(() => {});
    this.#writing.push(written);
    if (this.#writing.length >= IN_FLIGHT) await this.#writing.shift();
  }

  async #written(): Promise<void> {
    await this.#writing.at(-1);
    this.#writing.length = 0;
  }

  /** Rows in all, where the sources or the limit say so. */
  #total(): { total?: number } {
    const { sources, limit = Number.POSITIVE_INFINITY } = this.#request;
    const rows = sources.reduce((sum, { count = Number.POSITIVE_INFINITY }) => sum + count, 0);
    const total = Math.min(rows, limit);
    return Number.isFinite(total) ? { total } : {};
  }

  async #points(batch: RowBatch, rules: PointRules): Promise<PointStruct[]> {
    const { signal } = this.#request;
    const encoded = batch.texts ? await this.#encoder!.encode(batch.texts, { signal }) : undefined;
    const { points, skipped } = toPoints(encoded ? { ...batch, vectors: encoded } : batch, rules);
    this.#skipped += skipped;
    return points;
  }

  #rules({ path, holds }: VectorSource): Omit<PointRules, 'firstId'> {
    const { vector = '', skipBad = false } = this.#request;
    const dimension = holds.kind === 'dense' ? holds.dimension : this.#encoder?.dimension;
    return { source: path, dimension, vector, cosine: this.#cosine, skipBad };
  }

  /** Rows of a batch: as many as were asked for, unless a request would be too large. */
  #size({ holds }: VectorSource): number {
    const { target, batch } = this.#request;
    const numbers = holds.kind === 'dense' ? holds.dimension : 2048;
    // A number takes up to 22 characters.
    return Math.max(1, Math.min(batch, Math.floor(target.requestBytes / (22 * numbers))));
  }

  async #save(): Promise<void> {
    const { target, collection } = this.#request;
    await target.setMetadata(collection, checkpointPatch(this.#at));
    this.#saved = performance.now();
  }

  /** Indexes and aliases of the source, and no checkpoint any more. */
  async #finish(): Promise<void> {
    const { target, collection, sources, onNote, limit } = this.#request;
    for (const { holds } of sources) {
      if (holds.kind !== 'wire') continue;
      for (const [field, schema] of Object.entries(holds.indexes ?? {}))
        await attempt(`the payload index of "${field}"`, onNote, () =>
          target.createIndex(collection, field, schema as Json),
        );
      for (const alias of holds.aliases ?? [])
        await attempt(`the alias "${alias}"`, onNote, () => target.createAlias(collection, alias));
    }
    const more = limit !== undefined && this.#at.file < sources.length;
    await target.setMetadata(collection, checkpointPatch(more ? this.#at : null));
  }
}

/** The first `most` rows; the batch itself when it has no more. */
function cut(batch: RowBatch, most: number): RowBatch {
  if (batch.count <= most) return batch;
  const dimension = (batch.vectors?.length ?? 0) / batch.count;
  return {
    ...batch,
    count: most,
    ...(batch.vectors ? { vectors: batch.vectors.subarray(0, most * dimension) } : {}),
    ...(batch.texts ? { texts: batch.texts.slice(0, most) } : {}),
  };
}

/** What does not hinder the points from being there is told, not thrown. */
async function attempt(
  what: string,
  onNote: (text: string) => void,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    onNote(`Warning: ${what} was not made: ${(error as Error).message}`);
  }
}
