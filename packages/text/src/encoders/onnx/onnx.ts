/**
 * The encoder `onnx:<folder>`: any local model with a tokenizer.
 *
 * @module
 */
import { resolve } from 'node:path';
import { Session, type TensorValue } from '@fletch/array';
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { Tokenizer } from '@huggingface/tokenizers';
import { batchesByLength } from '../batches.js';
import { normalize } from '../normalize.js';
import { type EncoderOptions, encoderName, type Pooling } from '../options.js';
import { joinTokens, meanOfTokens } from '../token-sets.js';
import type { Encoder, TokenVectors } from '../types.js';
import { type ModelFolder, readModelFolder } from './folder.js';
import { pool } from './pooling.js';

const BATCH_TOKENS = 2048;

/** How a model's inputs are filled from the tokens of a batch. */
const inputRules: Readonly<Record<string, (ids: BigInt64Array, mask: BigInt64Array) => BigInt64Array>> = {
  input_ids: (ids) => ids,
  attention_mask: (_, mask) => mask,
  token_type_ids: (ids) => new BigInt64Array(ids.length),
};

/**
 * Makes the encoder.
 *
 * @throws FletchError `NOT_FOUND` or `INVALID_INPUT_FILE` when the folder is not an encoder's, `INVALID_ARGUMENT`
 *   when the model cannot be run or keeps tensors in other files
 */
export async function createOnnxEncoder(folder: string, options: EncoderOptions = {}): Promise<Encoder> {
  if (folder === '')
    throw new FletchError('INVALID_ARGUMENT', 'The encoder "onnx" needs a folder: onnx:<folder>.');
  const path = resolve(folder);
  const files = await readModelFolder(path);
  const session = await Session.load(files.model, options);
  const unknown = session.inputs.find((name) => !Object.hasOwn(inputRules, name));
  if (unknown !== undefined)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The model in ${path} takes an input "${unknown}"; known are ${Object.keys(inputRules).join(', ')}.`,
    );
  const { pooling, normalize } = options;
  return OnnxEncoder.create(encoderName(`onnx:${path}`, { pooling, normalize }), files, session, options);
}

class OnnxEncoder implements Encoder {
  readonly name: string;
  readonly encodeTokens?: (texts: readonly string[], work?: LongWork) => Promise<TokenVectors>;
  readonly #session: Session;
  readonly #files: ModelFolder;
  readonly #tokenizer: Tokenizer;
  readonly #pooling: Pooling;
  readonly #normalize: boolean;
  /** Tokens that the tokenizer puts behind every text; they survive the cut. */
  #suffix = 0;
  #dimension = 0;

  static async create(
    name: string,
    files: ModelFolder,
    session: Session,
    options: EncoderOptions,
  ): Promise<OnnxEncoder> {
    const encoder = new OnnxEncoder(name, files, session, options);
    encoder.#suffix = encoder.#countSuffix();
    const [first] = await encoder.#run([encoder.#tokens('a')]);
    encoder.#dimension = first!.length / (encoder.#pooling === 'none' ? encoder.#tokens('a').length : 1);
    return encoder;
  }

  private constructor(name: string, files: ModelFolder, session: Session, options: EncoderOptions) {
    this.name = name;
    this.#session = session;
    this.#files = files;
    this.#tokenizer = new Tokenizer(files.tokenizer, files.tokenizerConfig);
    this.#pooling = options.pooling ?? files.pooling ?? 'mean';
    this.#normalize = options.normalize ?? true;
    if (this.#pooling === 'none')
      this.encodeTokens = async (texts, work) => joinTokens(await this.#encode(texts, work), this.#dimension);
  }

  get dimension(): number {
    return this.#dimension;
  }

  #countSuffix(): number {
    const bare: number[] = this.#tokenizer.encode('a', { add_special_tokens: false }).ids;
    const whole: number[] = this.#tokenizer.encode('a').ids;
    const start = whole.findIndex((_, i) => bare.every((id, j) => id === whole[i + j]));
    return start < 0 ? 0 : whole.length - start - bare.length;
  }

  #tokens(text: string): number[] {
    const ids: number[] = this.#tokenizer.encode(text).ids;
    const { maxTokens } = this.#files;
    if (ids.length <= maxTokens) return ids;
    const kept = Math.max(0, maxTokens - this.#suffix);
    return [...ids.slice(0, kept), ...ids.slice(ids.length - this.#suffix)];
  }

  async encode(texts: readonly string[], work?: LongWork): Promise<Float32Array> {
    const vectors = new Float32Array(texts.length * this.#dimension);
    const encoded = await this.#encode(texts, work);
    encoded.forEach((values, i) => {
      const vector = this.#pooling === 'none' ? meanOfTokens(values, this.#dimension) : values;
      vectors.set(vector, i * this.#dimension);
    });
    return vectors;
  }

  /** Of each text its vector, or with `pooling: none` those of its tokens. */
  async #encode(texts: readonly string[], { signal, onProgress }: LongWork = {}): Promise<Float32Array[]> {
    const tokens = texts.map((text) => this.#tokens(text));
    const lengths = tokens.map((list) => list.length);
    const all: Float32Array[] = new Array(texts.length);
    let done = 0;
    for (const batch of batchesByLength(lengths, BATCH_TOKENS)) {
      throwIfAborted(signal);
      const encoded = await this.#run(batch.members.map((index) => tokens[index]!));
      for (const [row, index] of batch.members.entries()) all[index] = encoded[row]!;
      done += batch.members.length;
      onProgress?.({ done, total: texts.length, stage: 'encoding' });
    }
    return all;
  }

  async #run(lists: readonly number[][]): Promise<Float32Array[]> {
    const length = Math.max(1, ...lists.map((list) => list.length));
    const ids = new BigInt64Array(lists.length * length).fill(BigInt(this.#files.padToken));
    const mask = new BigInt64Array(ids.length);
    for (const [row, list] of lists.entries()) {
      ids.set(list.map(BigInt), row * length);
      mask.fill(1n, row * length, row * length + list.length);
    }
    const dims = [lists.length, length];
    const feeds = this.#session.inputs.map((name) => [name, { data: inputRules[name]!(ids, mask), dims }]);
    return this.#vectors(await this.#session.run(Object.fromEntries(feeds)), lists);
  }

  /** The model's own text vectors when it gives them, else its token vectors, pooled. */
  #vectors(outputs: Record<string, TensorValue>, lists: readonly number[][]): Float32Array[] {
    const own = this.#pooling === 'none' ? undefined : outputs.sentence_embedding;
    const output = own ?? outputs[this.#session.outputs[0]!]!;
    const { data, dims } = output;
    if (!(data instanceof Float32Array) || dims.length < 2 || dims.length > 3)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `The model of "${this.name}" gives ${output.type ?? 'values'} of shape [${dims.join(', ')}]; an encoder ` +
          'gives float32 of [batch, dimension] or [batch, tokens, dimension].',
      );
    if (this.#pooling === 'none' && dims.length !== 3)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `The model of "${this.name}" gives one vector for a text and none for its tokens: leave out pooling=none.`,
      );
    const dimension = dims.at(-1)!;
    const length = dims.length === 3 ? dims[1]! : 1;
    return lists.map((list, row) => {
      const rule = dims.length === 3 ? this.#pooling : 'cls';
      const vector = pool({ data, length, dimension }, row, list.length, rule);
      return this.#normalize && this.#pooling !== 'none' ? normalize(vector) : vector;
    });
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}
