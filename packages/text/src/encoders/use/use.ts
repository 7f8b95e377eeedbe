/**
 * The encoder `use`: Universal Sentence Encoder lite, English, 512 values, offline.
 *
 * @module
 */
import { Session, type SessionOptions } from '@fletch/array';
import { type LongWork, throwIfAborted } from '@fletch/base';
import { type Batch, batchesByLength } from '../batches.js';
import { encoderName, type Pooling } from '../options.js';
import { joinTokens, meanOfTokens } from '../token-sets.js';
import type { Encoder, TokenVectors } from '../types.js';
import { buildUseGraph, USE_DIMENSION, USE_MAX_PIECES, type UsePrecision } from './graph.js';
import { UnigramTokenizer } from './tokenizer.js';
import { loadUseWeights } from './weights.js';

/** Padded tokens that run together: enough to fill the cores, few enough to stay in their caches. */
const BATCH_TOKENS = 1024;

export interface UseOptions extends SessionOptions {
  /** Default `float32`. */
  readonly precision?: UsePrecision;
  /** `none`: a text is the set of its pieces' vectors, those of the last hidden layer. Default: the model's own mean. */
  readonly pooling?: Pooling;
}

/** Makes the encoder. Throws `UNAVAILABLE` when the package with its weights is not installed. */
export async function createUseEncoder(options: UseOptions = {}): Promise<Encoder> {
  const { precision = 'float32', pooling, ...sessionOptions } = options;
  const tokens = pooling === 'none';
  const weights = await loadUseWeights();
  const session = await Session.load(buildUseGraph(weights, precision, tokens), sessionOptions);
  const tokenizer = new UnigramTokenizer(weights.vocabulary);
  return tokens
    ? new UseTokenEncoder(precision, tokenizer, session)
    : new UseEncoder(precision, tokenizer, session);
}

class UseEncoder implements Encoder {
  readonly name: string;
  readonly dimension = USE_DIMENSION;
  readonly #tokenizer: UnigramTokenizer;
  readonly #session: Session;

  constructor(precision: UsePrecision, tokenizer: UnigramTokenizer, session: Session, pooling?: Pooling) {
    this.name = encoderName('use', { precision: precision === 'float32' ? undefined : precision, pooling });
    this.#tokenizer = tokenizer;
    this.#session = session;
  }

  async encode(texts: readonly string[], options: LongWork = {}): Promise<Float32Array> {
    const vectors = new Float32Array(texts.length * USE_DIMENSION);
    await this.run(texts, options, (output, _, index, row) => {
      vectors.set(output.subarray(row * USE_DIMENSION, (row + 1) * USE_DIMENSION), index * USE_DIMENSION);
    });
    return vectors;
  }

  /** Runs all texts in batches; `take` gets a batch's output, its padded length, and of each text place and row. */
  protected async run(
    texts: readonly string[],
    { signal, onProgress }: LongWork,
    take: (output: Float32Array, length: number, index: number, row: number, pieces: number) => void,
  ): Promise<void> {
    const pieces = texts.map((text) => this.#tokenizer.encode(text).slice(0, USE_MAX_PIECES));
    let done = 0;
    for (const batch of batchesByLength(
      pieces.map((list) => list.length),
      BATCH_TOKENS,
    )) {
      throwIfAborted(signal);
      const output = await this.#run(batch, pieces);
      for (const [row, index] of batch.members.entries())
        take(output, batch.length, index, row, pieces[index]!.length);
      done += batch.members.length;
      onProgress?.({ done, total: texts.length, stage: 'encoding' });
    }
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

/** The encoder whose texts are sets of vectors. */
class UseTokenEncoder extends UseEncoder {
  constructor(precision: UsePrecision, tokenizer: UnigramTokenizer, session: Session) {
    super(precision, tokenizer, session, 'none');
  }

  override async encode(texts: readonly string[], options: LongWork = {}): Promise<Float32Array> {
    const vectors = new Float32Array(texts.length * USE_DIMENSION);
    const sets = await this.#sets(texts, options);
    sets.forEach((set, i) => {
      vectors.set(meanOfTokens(set, USE_DIMENSION), i * USE_DIMENSION);
    });
    return vectors;
  }

  readonly encodeTokens = async (texts: readonly string[], options: LongWork = {}): Promise<TokenVectors> =>
    joinTokens(await this.#sets(texts, options), USE_DIMENSION);

  async #sets(texts: readonly string[], options: LongWork): Promise<Float32Array[]> {
    const sets: Float32Array[] = new Array(texts.length);
    await this.run(texts, options, (output, length, index, row, pieces) => {
      const from = row * length * USE_DIMENSION;
      sets[index] = output.slice(from, from + pieces * USE_DIMENSION);
    });
    return sets;
  }
}
