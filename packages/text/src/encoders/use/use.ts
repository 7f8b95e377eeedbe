/**
 * The encoder `use`: Universal Sentence Encoder lite, English, 512 values, offline.
 *
 * @module
 */
import { Session, type SessionOptions } from '@fletch/array';
import { type LongWork, throwIfAborted } from '@fletch/base';
import { type Batch, batchesByLength } from '../batches.js';
import { encoderName } from '../options.js';
import type { Encoder } from '../types.js';
import { buildUseGraph, USE_DIMENSION, USE_MAX_PIECES, type UsePrecision } from './graph.js';
import { UnigramTokenizer } from './tokenizer.js';
import { loadUseWeights } from './weights.js';

/** Padded tokens that run together: enough to fill the cores, few enough to stay in their caches. */
const BATCH_TOKENS = 1024;

export interface UseOptions extends SessionOptions {
  /** Default `float32`. */
  readonly precision?: UsePrecision;
}

/** Makes the encoder. Throws `UNAVAILABLE` when the package with its weights is not installed. */
export async function createUseEncoder(options: UseOptions = {}): Promise<Encoder> {
  const { precision = 'float32', ...sessionOptions } = options;
  const weights = await loadUseWeights();
  const session = await Session.load(buildUseGraph(weights, precision), sessionOptions);
  return new UseEncoder(precision, new UnigramTokenizer(weights.vocabulary), session);
}

class UseEncoder implements Encoder {
  readonly name: string;
  readonly dimension = USE_DIMENSION;
  readonly #tokenizer: UnigramTokenizer;
  readonly #session: Session;

  constructor(precision: UsePrecision, tokenizer: UnigramTokenizer, session: Session) {
    this.name = encoderName('use', { precision: precision === 'float32' ? undefined : precision });
    this.#tokenizer = tokenizer;
    this.#session = session;
  }

  async encode(texts: readonly string[], { signal, onProgress }: LongWork = {}): Promise<Float32Array> {
    const pieces = texts.map((text) => this.#tokenizer.encode(text).slice(0, USE_MAX_PIECES));
    const vectors = new Float32Array(texts.length * USE_DIMENSION);
    let done = 0;
    for (const batch of batchesByLength(
      pieces.map((list) => list.length),
      BATCH_TOKENS,
    )) {
      throwIfAborted(signal);
      const encoded = await this.#run(batch, pieces);
      for (const [row, index] of batch.members.entries())
        vectors.set(encoded.subarray(row * USE_DIMENSION, (row + 1) * USE_DIMENSION), index * USE_DIMENSION);
      done += batch.members.length;
      onProgress?.({ done, total: texts.length, stage: 'encoding' });
    }
    return vectors;
  }

  async #run({ members, length }: Batch, pieces: readonly number[][]): Promise<Float32Array> {
    const ids = new Int32Array(members.length * length);
    const mask = new Float32Array(members.length * length);
    for (const [row, index] of members.entries()) {
      const list = pieces[index]!;
      ids.set(list, row * length);
      mask.fill(1, row * length, row * length + list.length);
    }
    const dims = [members.length, length];
    const { vectors } = await this.#session.run({ ids: { data: ids, dims }, mask: { data: mask, dims } });
    return vectors!.data as Float32Array;
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}
