/**
 * The base: a GPT of letters from the zoo, and how it is measured on what it was pretrained on.
 *
 * @module
 */
import { array, compile, crossEntropy, type NDArray, type Tensor, type Value } from '@fletch/array';
import type { LongWork } from '@fletch/base';
import {
  type GlossLetters,
  type Gpt2Config,
  gpt2,
  loadGlossLetters,
  Tokenizer,
  trainLetters,
  zooModel,
  zooRecipe,
} from '@fletch/models';
import type { StateDict } from '@fletch/weights';

/** The recipe of the zoo that cards 9, 10, 14, 35 and 47 begin with. */
export const BASE = 'gpt-nano-letters';

/** A pretrained model with its definitions. */
export interface GlossBase {
  readonly config: Gpt2Config;
  readonly params: StateDict;
  readonly tokenizer: Tokenizer;
  readonly glosses: GlossLetters;
}

/** The base, trained on first use (some minutes) and kept. */
export async function loadGlossBase(work: LongWork & { readonly threads?: number } = {}): Promise<GlossBase> {
  const { config, params, tokenizer } = await zooModel(BASE, work);
  return {
    config: gpt2.config(config),
    params,
    tokenizer: tokenizer!,
    glosses: await loadGlossLetters(work),
  };
}

/** A small base that has learned nothing: for runs that prove only that all is wired. */
export async function untrainedBase(work: LongWork = {}): Promise<GlossBase> {
  const glosses = await loadGlossLetters(work);
  const texts = glosses.train.slice(0, 500).map(({ text }) => text);
  const config = gpt2.config({
    ...zooRecipe(BASE).plan.config,
    n_embd: 32,
    n_layer: 1,
  });
  return {
    config,
    params: gpt2.init(config, { seed: 1 }),
    tokenizer: new Tokenizer(trainLetters(texts, { vocabularySize: config.vocab_size })),
    glosses,
  };
}

/** Weights of a traced body. */
export type Weights = Readonly<Record<string, Value>>;

/** Judges how well a body predicts the letters it was pretrained on, with the head it had then (its table of letters). */
export interface PretrainingLoss {
  of(params: StateDict): Promise<number>;
  close(): Promise<void>;
}

const BATCH = 30;

/**
 * @param windows - stretches of held-out definitions, each as long as the model sees
 */
export function pretrainingLoss(
  { config, tokenizer, glosses }: GlossBase,
  { windows = 300, threads = 1 }: { readonly windows?: number; readonly threads?: number } = {},
): PretrainingLoss {
  const length = config.n_positions;
  const row: number[] = [0];
  for (const { text } of glosses.test) {
    if (row.length > windows * length) break;
    row.push(...tokenizer.encode(text), 0);
  }
  const count = Math.max(1, Math.min(windows, Math.floor((row.length - 1) / length)));
  const run = compile(
    (weights: Weights, ids: Tensor, next: Tensor) =>
      crossEntropy(gpt2.forward(config, weights, { inputIds: ids }).logits, next),
    { name: 'pretraining loss', threads },
  );
  const slice = (from: number, first: number, size: number): NDArray =>
    array(
      Int32Array.from({ length: size * length }, (_, i) => row[first * length + i + from]!),
      'int32',
      [size, length],
    );
  return {
    async of(params) {
      let sum = 0;
      for (let first = 0; first < count; first += BATCH) {
        const size = Math.min(BATCH, count - first);
        sum += size * (await run(params, slice(0, first, size), slice(1, first, size))).item();
      }
      return sum / count;
    },
    close: () => run.close(),
  };
}
