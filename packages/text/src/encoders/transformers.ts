/**
 * The encoder `transformers:<model>`: models of the Hugging Face hub through `@huggingface/transformers`, when
 * the user has installed it.
 *
 * @module
 */
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { type EncoderOptions, encoderName } from './options.js';
import type { Encoder } from './types.js';

const PACKAGE = '@huggingface/transformers';
const BATCH_TEXTS = 32;

/** What is called of the package: its feature-extraction pipeline. */
export interface TransformersModule {
  pipeline(task: 'feature-extraction', model: string): Promise<FeatureExtractor>;
}

interface FeatureExtractor {
  (
    texts: string[],
    options: { pooling: 'mean' | 'cls'; normalize: boolean },
  ): Promise<{ data: ArrayLike<number>; dims: number[] }>;
  dispose(): Promise<unknown>;
}

// A variable name keeps the compiler and bundlers from resolving a package that need not be there.
const importPackage = (): Promise<TransformersModule> => import(PACKAGE as string);

/**
 * Makes the encoder; the package downloads the model on first use.
 *
 * @param load - how the package is loaded
 * @throws FletchError `UNAVAILABLE` when the package is not installed or the model cannot be loaded
 */
export async function createTransformersEncoder(
  model: string,
  options: EncoderOptions = {},
  load: () => Promise<TransformersModule> = importPackage,
): Promise<Encoder> {
  if (model === '')
    throw new FletchError(
      'INVALID_ARGUMENT',
      'The encoder "transformers" needs a model: transformers:<model>.',
    );
  if (options.pooling === 'none')
    throw new FletchError(
      'INVALID_ARGUMENT',
      'The encoder "transformers" gives no token vectors: use "onnx" with the model\'s folder.',
    );
  const { pipeline } = await load().catch((cause: unknown) => {
    throw new FletchError(
      'UNAVAILABLE',
      `The encoder "transformers:${model}" needs the package ${PACKAGE}: npm install ${PACKAGE}`,
      { cause },
    );
  });
  const extract = await pipeline('feature-extraction', model).catch((cause: unknown) => {
    throw new FletchError('UNAVAILABLE', `The model "${model}" does not load: ${(cause as Error).message}`, {
      cause,
    });
  });
  const settings = { pooling: options.pooling ?? ('mean' as const), normalize: options.normalize ?? true };
  const run = async (texts: string[]) => extract(texts, settings);
  const dimension = (await run(['a'])).dims.at(-1)!;
  const { pooling, normalize } = options;
  const name = encoderName(`transformers:${model}`, { pooling, normalize });
  return new TransformersEncoder(name, dimension, run, () => extract.dispose());
}

class TransformersEncoder implements Encoder {
  constructor(
    readonly name: string,
    readonly dimension: number,
    private readonly run: (texts: string[]) => Promise<{ data: ArrayLike<number> }>,
    private readonly dispose: () => Promise<unknown>,
  ) {}

  async encode(texts: readonly string[], { signal, onProgress }: LongWork = {}): Promise<Float32Array> {
    const vectors = new Float32Array(texts.length * this.dimension);
    for (let start = 0; start < texts.length; start += BATCH_TEXTS) {
      throwIfAborted(signal);
      const batch = texts.slice(start, start + BATCH_TEXTS);
      vectors.set((await this.run(batch)).data, start * this.dimension);
      onProgress?.({ done: start + batch.length, total: texts.length, stage: 'encoding' });
    }
    return vectors;
  }

  async close(): Promise<void> {
    await this.dispose();
  }
}
