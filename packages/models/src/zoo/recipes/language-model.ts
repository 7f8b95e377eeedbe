/**
 * Recipes of models that write text: decoders in GPT-2's layout.
 *
 * @module
 */
import {
  compile,
  crossEntropy,
  expandDims,
  logSoftmax,
  type NDArray,
  squeeze,
  type Tensor,
  takeAlongAxis,
} from '@fletch/array';
import type { LongWork } from '@fletch/base';
import { rng } from '@fletch/linalg';
import { type Gpt2Config, gpt2 } from '../../families/gpt2.js';
import { Tokenizer, type TokenizerFile, trainBpe } from '../../tokenizer/index.js';
import { KneserNeyTrigram } from '../kneser-ney.js';
import type { Finished, JsonObject, Prepared, Recipe, RecipePlan, RecipeWork, Sample } from '../recipe.js';
import { END, writeText } from './generate.js';
import { repeatPassages } from './repeated.js';
import { loadTextCorpus, type TextCorpus } from './text-corpus.js';
import { joinDocuments, scoringWindows, WindowFeed, windowsAt } from './token-stream.js';

/** What makes a recipe of this kind. */
export interface LanguageModelOptions {
  readonly plan: RecipePlan & {
    readonly config: JsonObject & { readonly vocab_size: number; readonly n_positions: number };
    readonly data: JsonObject & {
      /** Of the texts for training that are used. */
      readonly share: number;
      /** Of the windows that hold one passage twice ({@link repeatPassages}). Default 0. */
      readonly repeated?: number;
    };
  };
  readonly title: string;
  readonly summary: string;
  /** Default: byte-level byte pairs, with {@link END} as their special token. */
  readonly tokenize?: (
    texts: readonly string[],
    options: LongWork & { readonly vocabularySize: number },
  ) => TokenizerFile;
  /** Beginnings that it goes on from, to be looked at. */
  readonly prompts: readonly string[];
  /** Default: {@link loadTextCorpus}. */
  readonly load?: (work: LongWork & { readonly share: number }) => Promise<TextCorpus>;
}

type Weights = Readonly<Record<string, Tensor>>;

/** Tokens of validation data that are looked at while training. */
const LOOKED_AT = 30_000;

/**
 * A recipe whose model learns to go on with texts; it is measured by its perplexity on held-out texts against that of a
 * Kneser–Ney trigram of the same tokens and the same training texts.
 */
export function languageModel(options: LanguageModelOptions): Recipe {
  const { plan, title, summary, load = loadTextCorpus } = options;
  return {
    plan,
    title,
    summary,
    prepare: async (work) => prepare(options, await load({ ...work, share: plan.data.share }), work),
  };
}

const bytePairs: NonNullable<LanguageModelOptions['tokenize']> = (texts, options) =>
  trainBpe(texts, { ...options, specialTokens: [END] });

async function prepare(
  { plan, prompts, tokenize = bytePairs }: LanguageModelOptions,
  corpus: TextCorpus,
  work: RecipeWork,
): Promise<Prepared> {
  const { training } = plan;
  const { signal, onProgress, threads } = work;
  const quiet = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
  const tokenizer = new Tokenizer(
    tokenize(corpus.train, { vocabularySize: plan.config.vocab_size, ...quiet }),
  );
  // What a tokenizer has one token for all unknown words says nothing of their letters.
  const isLossless = tokenizer.file.model.type === 'BPE';
  const { repeated = 0 } = plan.data;
  const boundary = tokenizer.idOf(END);
  const encode = (texts: readonly string[]) => texts.map((text) => tokenizer.encode(text));
  const documents = {
    train: encode(corpus.train),
    validation: encode(corpus.validation),
    test: encode(corpus.test),
  };
  const config = gpt2.config({
    ...plan.config,
    vocab_size: tokenizer.vocabularySize,
    bos_token_id: boundary,
    eos_token_id: boundary,
  });
  const length = config.n_positions;
  const row = joinDocuments(documents.train, boundary, training.seed);
  const validation = joinDocuments(documents.validation, boundary, training.seed).subarray(0, LOOKED_AT);
  const feed = new WindowFeed(row, { seed: training.seed + 1, count: training.batch, length: length + 1 });
  const scorer = new Scorer(config, training.batch, threads);
  return {
    config: config as unknown as JsonObject,
    params: gpt2.init(config, { seed: training.seed }),
    specs: gpt2.parameters(config),
    loss: (weights: Weights, ids: Tensor, next: Tensor) =>
      crossEntropy(gpt2.forward(config, weights, { inputIds: ids }).logits, next),
    draw(step) {
      const starts = feed.at(step);
      if (repeated > 0)
        return repeatPassages(windowsAt(row, starts, length + 1), repeated, rng(training.seed + 2, step));
      return [
        windowsAt(row, starts, length),
        windowsAt(
          row,
          starts.map((start) => start + 1),
          length,
        ),
      ];
    },
    look: (params) => scorer.loss(params, validation),
    facts: {
      ...corpus.facts,
      tokens: Object.fromEntries(
        Object.entries(documents).map(([name, list]) => [
          name,
          list.reduce((sum, document) => sum + document.length + 1, 0),
        ]),
      ),
    },
    files: [
      { name: 'tokenizer.json', content: `${JSON.stringify(tokenizer.file)}\n` },
      {
        name: 'tokenizer_config.json',
        content: tokenizerConfig(length, isLossless ? 'GPT2Tokenizer' : 'PreTrainedTokenizerFast'),
      },
    ],
    async finish(params, _, { onProgress: report }): Promise<Finished> {
      const test = joinDocuments(documents.test, boundary);
      report?.({ done: 0, total: test.length, stage: `measuring ${plan.name}` });
      const loss = await scorer.loss(params, test);
      const trigram = KneserNeyTrigram.fit(documents.train, {
        vocabularySize: tokenizer.vocabularySize,
        boundary,
        ...quiet,
      }).perplexity(documents.test);
      // What is written between documents is no text, but has to be predicted too.
      const bytes = corpus.test.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0);
      const bitsPerByte = (logarithm: number) => (logarithm * (test.length - 1)) / Math.LN2 / bytes;
      const baseline = (value: number) => ({ name: 'modified Kneser–Ney trigram', value });
      return {
        params,
        quality: {
          data: `${corpus.test.length.toLocaleString('en-US')} held-out texts of ${(test.length - 1).toLocaleString('en-US')} tokens`,
          figures: [
            { name: 'perplexity', value: Math.exp(loss), better: 'lower', baseline: baseline(trigram) },
            ...(isLossless
              ? [
                  {
                    name: 'bits per byte',
                    value: bitsPerByte(loss),
                    better: 'lower' as const,
                    baseline: baseline(bitsPerByte(Math.log(trigram))),
                  },
                ]
              : []),
          ],
        },
        samples: await samplesOf(config, params, tokenizer, prompts, training.seed, threads),
      };
    },
    close: () => scorer.close(),
  };
}

/** Scores rows of tokens. */
class Scorer {
  readonly #run;
  readonly #length: number;
  readonly #batch: number;

  constructor(config: Gpt2Config, batch: number, threads: number | undefined) {
    this.#length = config.n_positions;
    this.#batch = batch;
    this.#run = compile(
      (weights: Weights, ids: Tensor, next: Tensor) => ({
        logarithms: squeeze(
          takeAlongAxis(
            logSoftmax(gpt2.forward(config, weights, { inputIds: ids }).logits),
            expandDims(next, -1),
          ),
          -1,
        ),
      }),
      { name: 'scoring', ...(threads !== undefined && { threads }) },
    );
  }

  /** Mean of −log of the probability of every token after the first. */
  async loss(params: unknown, row: Int32Array): Promise<number> {
    const length = Math.min(this.#length, row.length - 1);
    const windows = scoringWindows(row.length, length);
    let sum = 0;
    for (let first = 0; first < windows.length; first += this.#batch) {
      const own = windows.slice(first, first + this.#batch);
      // The last batch is filled up, so that all are of one size.
      const starts = Array.from({ length: this.#batch }, (_, i) => (own[i] ?? own[0]!).start);
      const { logarithms } = await this.#run(
        params as Record<string, NDArray>,
        windowsAt(row, starts, length),
        windowsAt(
          row,
          starts.map((start) => start + 1),
          length,
        ),
      );
      for (const [i, { from, to }] of own.entries())
        for (let place = from; place < to; place++) sum -= logarithms.data[i * length + place - 1] as number;
    }
    return sum / (row.length - 1);
  }

  close(): Promise<void> {
    return this.#run.close();
  }
}

function tokenizerConfig(length: number, tokenizer: string): string {
  const content = {
    tokenizer_class: tokenizer,
    model_max_length: length,
    add_prefix_space: false,
    bos_token: END,
    eos_token: END,
    unk_token: END,
    clean_up_tokenization_spaces: false,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

async function samplesOf(
  config: Gpt2Config,
  params: unknown,
  tokenizer: Tokenizer,
  prompts: readonly string[],
  seed: number,
  threads: number | undefined,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const [i, prompt] of prompts.entries()) {
    const text = await writeText(config, params as Record<string, NDArray>, tokenizer, prompt, {
      tokens: Math.min(60, config.n_positions - 8),
      temperature: 0.7,
      seed: seed + i,
      threads,
    });
    samples.push({ kind: 'text', prompt, text });
  }
  return samples;
}
