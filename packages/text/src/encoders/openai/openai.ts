/**
 * The encoder `openai:<model>`: any endpoint that speaks OpenAI's `/v1/embeddings`.
 *
 * Source: https://platform.openai.com/docs/api-reference/embeddings
 *
 * @module
 */
import { FletchError, type LongWork } from '@fletch/base';
import { normalize } from '../normalize.js';
import { type EncoderOptions, encoderName } from '../options.js';
import type { Encoder } from '../types.js';
import { postJson } from './request.js';

const FIRST_WAIT = 500;

/**
 * Makes the encoder; without a `dimension` it asks the endpoint for one vector to learn it.
 *
 * @param firstWait - milliseconds before the first repetition of a request
 * @throws FletchError `UNAVAILABLE` or `INVALID_ARGUMENT` when the endpoint does not answer as it should
 */
export async function createOpenAiEncoder(
  model: string,
  options: EncoderOptions = {},
  firstWait = FIRST_WAIT,
): Promise<Encoder> {
  if (model === '')
    throw new FletchError('INVALID_ARGUMENT', 'The encoder "openai" needs a model: openai:<model>.');
  const encoder = new OpenAiEncoder(model, options, firstWait);
  if (options.dimension === undefined) await encoder.encode(['dimension']);
  return encoder;
}

interface Embedding {
  readonly index: number;
  readonly embedding: number[];
}

class OpenAiEncoder implements Encoder {
  readonly name: string;
  readonly #model: string;
  readonly #options: EncoderOptions;
  readonly #url: string;
  readonly #firstWait: number;
  #dimension: number;

  constructor(model: string, options: EncoderOptions, firstWait: number) {
    const baseUrl = options.baseUrl ?? process.env.OPENAI_BASE_URL ?? 'https://api.openai.com/v1';
    this.name = encoderName(`openai:${model}`, { dimension: options.dimension });
    this.#model = model;
    this.#options = options;
    this.#url = `${baseUrl.replace(/\/+$/, '')}/embeddings`;
    this.#firstWait = firstWait;
    this.#dimension = options.dimension ?? 0;
  }

  get dimension(): number {
    return this.#dimension;
  }

  async encode(texts: readonly string[], { signal, onProgress }: LongWork = {}): Promise<Float32Array> {
    const { batchSize = 128 } = this.#options;
    let vectors = new Float32Array(texts.length * this.#dimension);
    for (let start = 0; start < texts.length; start += batchSize) {
      const batch = texts.slice(start, start + batchSize);
      const embeddings = await this.#request(batch, signal);
      if (this.#dimension === 0) {
        this.#dimension = embeddings[0]!.length;
        vectors = new Float32Array(texts.length * this.#dimension);
      }
      for (const [i, embedding] of embeddings.entries())
        vectors.set(this.#checked(embedding), (start + i) * this.#dimension);
      onProgress?.({ done: start + batch.length, total: texts.length, stage: 'encoding' });
    }
    return vectors;
  }

  async #request(batch: readonly string[], signal: AbortSignal | undefined): Promise<number[][]> {
    const { apiKey = process.env.OPENAI_API_KEY, dimension, retries = 5 } = this.#options;
    const body = {
      model: this.#model,
      // The endpoint refuses empty texts.
      input: batch.map((text) => text || ' '),
      encoding_format: 'float',
      ...(dimension === undefined ? {} : { dimensions: dimension }),
    };
    const headers: Record<string, string> = apiKey ? { authorization: `Bearer ${apiKey}` } : {};
    const answer = await postJson(this.#url, body, { headers, retries, signal, firstWait: this.#firstWait });
    const data = (answer as { data?: Embedding[] } | null)?.data;
    if (!Array.isArray(data) || data.length !== batch.length)
      throw this.#wrong(`not ${batch.length} vectors`);
    return [...data].sort((a, b) => a.index - b.index).map(({ embedding }) => embedding);
  }

  #checked(embedding: number[]): Float32Array {
    if (!Array.isArray(embedding) || embedding.length !== this.#dimension)
      throw this.#wrong(`a vector of ${embedding?.length} values instead of ${this.#dimension}`);
    if (!embedding.every(Number.isFinite)) throw this.#wrong('a vector with values that are no numbers');
    return normalize(Float32Array.from(embedding));
  }

  #wrong(what: string): FletchError {
    return new FletchError('UNAVAILABLE', `${this.#url} answered ${what} for the model "${this.#model}".`);
  }

  async close(): Promise<void> {}
}
