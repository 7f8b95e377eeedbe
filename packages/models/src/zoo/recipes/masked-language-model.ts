/**
 * Recipes of models that guess hidden tokens: encoders in BERT's layout.
 *
 * @module
 */
import {
  argmax,
  array,
  compile,
  expandDims,
  logSoftmax,
  maximum,
  type NDArray,
  squeeze,
  type Tensor,
  takeAlongAxis,
} from '@fletch/array';
import type { LongWork } from '@fletch/base';
import { rng } from '@fletch/linalg';
import { type BertConfig, bert } from '../../families/bert.js';
import { maskedTokenLoss } from '../../losses.js';
import { bertTokens, Tokenizer, trainWordPiece } from '../../tokenizer/index.js';
import type { Finished, JsonObject, Prepared, Recipe, RecipePlan, RecipeWork } from '../recipe.js';
import { maskTokens } from './masking.js';
import { loadTextCorpus, type TextCorpus } from './text-corpus.js';
import { joinDocuments, WindowFeed, windowsAt } from './token-stream.js';

/** What makes a recipe of this kind. */
export interface MaskedLanguageModelOptions {
  readonly plan: RecipePlan & {
    readonly config: JsonObject & { readonly vocab_size: number; readonly max_position_embeddings: number };
    readonly data: JsonObject & {
      /** Share of the tokens that are hidden in training. */
      readonly masked: number;
      /** Of the texts for training that are used. */
      readonly share: number;
    };
  };
  readonly title: string;
  readonly summary: string;
  /** Default: {@link loadTextCorpus}. */
  readonly load?: (work: LongWork & { readonly share: number }) => Promise<TextCorpus>;
}

type Weights = Readonly<Record<string, Tensor>>;

/** Share of the tokens that are hidden when the model is measured, as BERT's authors did. */
const MEASURED = 0.15;

/** Windows of validation data that are looked at while training. */
const LOOKED_AT = 256;

/**
 * A recipe whose model learns to guess hidden tokens; it is measured by how often it is right, and how sure, on held-out
 * texts, against always guessing by frequency.
 */
export function maskedLanguageModel(options: MaskedLanguageModelOptions): Recipe {
  const { plan, title, summary, load = loadTextCorpus } = options;
  return {
    plan,
    title,
    summary,
    prepare: async (work) => prepare(plan, await load({ ...work, share: plan.data.share }), work),
  };
}

async function prepare(
  plan: MaskedLanguageModelOptions['plan'],
  corpus: TextCorpus,
  work: RecipeWork,
): Promise<Prepared> {
  const { training, data } = plan;
  const { signal, onProgress, threads } = work;
  const tokenizer = new Tokenizer(
    trainWordPiece(corpus.train, {
      vocabularySize: plan.config.vocab_size,
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
    }),
  );
  const [pad, cls, sep, mask] = ['[PAD]', '[CLS]', '[SEP]', '[MASK]'].map((token) =>
    tokenizer.idOf(token),
  ) as [number, number, number, number];
  const config = bert.config({
    ...plan.config,
    architectures: ['BertForMaskedLM'],
    vocab_size: tokenizer.vocabularySize,
    pad_token_id: pad,
  });
  const rows = (['train', 'validation', 'test'] as const).map((part) =>
    joinDocuments(
      corpus[part].map((text) => tokenizer.encode(text)),
      sep,
      training.seed,
    ),
  ) as [Int32Array, Int32Array, Int32Array];
  const length = config.max_position_embeddings;
  /** `[CLS]`, then what stands in the row; some of it hidden. */
  const masked = (row: Int32Array, starts: readonly number[], rate: number, seed: number, stream: number) => {
    const tokens = new Int32Array(starts.length * length);
    const windows = windowsAt(row, starts, length - 1).data as Int32Array;
    for (let i = 0; i < starts.length; i++) {
      tokens[i * length] = cls;
      tokens.set(windows.subarray(i * (length - 1), (i + 1) * (length - 1)), i * length + 1);
    }
    const { ids, labels } = maskTokens(tokens, rng(seed, stream), {
      rate,
      mask,
      vocabularySize: tokenizer.vocabularySize,
      special: bertTokens.length,
    });
    const shape = [starts.length, length];
    return [array(ids, 'int32', shape), array(labels, 'int32', shape)] as const;
  };
  const feed = new WindowFeed(rows[0], {
    seed: training.seed + 1,
    count: training.batch,
    length: length - 1,
  });
  const guesser = new Guesser(config, threads);
  /** Windows side by side that cover the row, or the first of them. */
  const judge = async (
    params: unknown,
    row: Int32Array,
    most = Number.POSITIVE_INFINITY,
  ): Promise<Judgement> => {
    const total: Judgement = { guessed: 0, right: 0, loss: 0 };
    const count = Math.min(most, Math.floor(row.length / (length - 1)));
    for (let first = 0; first < count; first += training.batch) {
      const own = Math.min(training.batch, count - first);
      // The last batch is filled up, so that all are of one size; what was filled up does not count.
      const starts = Array.from(
        { length: training.batch },
        (_, i) => Math.min(first + i, count - 1) * (length - 1),
      );
      const [ids, labels] = masked(row, starts, MEASURED, 12345, first);
      const part = await guesser.judge(params, ids, labels, own);
      total.guessed += part.guessed;
      total.right += part.right;
      total.loss += part.loss;
    }
    return total;
  };
  return {
    config: config as unknown as JsonObject,
    params: bert.init(config, { seed: training.seed }),
    specs: bert.parameters(config),
    loss: (weights: Weights, ids: Tensor, labels: Tensor) =>
      maskedTokenLoss(bert.forward(config, weights, { inputIds: ids }).logits, labels),
    draw(step) {
      return [...masked(rows[0], feed.at(step), data.masked, training.seed + 2, step)];
    },
    async look(params) {
      const { loss, guessed } = await judge(params, rows[1], LOOKED_AT);
      return loss / guessed;
    },
    facts: {
      ...corpus.facts,
      tokens: { train: rows[0].length, validation: rows[1].length, test: rows[2].length },
    },
    files: [
      { name: 'tokenizer.json', content: `${JSON.stringify(tokenizer.file)}\n` },
      { name: 'tokenizer_config.json', content: tokenizerConfig(length) },
    ],
    async finish(params, _, { onProgress: report }): Promise<Finished> {
      report?.({ done: 0, total: rows[2].length, stage: `measuring ${plan.name}` });
      const { guessed, right, loss } = await judge(params, rows[2]);
      const unigram = frequencies(rows[0], rows[2], tokenizer.vocabularySize, bertTokens.length);
      return {
        params,
        quality: {
          data: `${guessed.toLocaleString('en-US')} hidden tokens (15 %) of ${corpus.test.length.toLocaleString('en-US')} held-out texts`,
          figures: [
            {
              name: 'masked accuracy',
              value: right / guessed,
              better: 'higher',
              baseline: { name: 'the most frequent token', value: unigram.accuracy },
            },
            {
              name: 'pseudo-perplexity',
              value: Math.exp(loss / guessed),
              better: 'lower',
              baseline: { name: 'frequencies of tokens', value: unigram.perplexity },
            },
          ],
        },
      };
    },
    close: () => guesser.close(),
  };
}

interface Judgement {
  guessed: number;
  right: number;
  /** Sum of −log of the probabilities of what was hidden. */
  loss: number;
}

/** Guesses hidden tokens. */
class Guesser {
  readonly #run;
  readonly #length: number;

  constructor(config: BertConfig, threads: number | undefined) {
    this.#length = config.max_position_embeddings;
    this.#run = compile(
      (weights: Weights, ids: Tensor, labels: Tensor) => {
        const logits = bert.forward(config, weights, { inputIds: ids }).logits!;
        const chosen = takeAlongAxis(logSoftmax(logits), expandDims(maximum(labels, 0), -1));
        return { guess: argmax(logits, { axis: -1 }), logarithms: squeeze(chosen, -1) };
      },
      { name: 'guessing', ...(threads !== undefined && { threads }) },
    );
  }

  /** Judges the first `rows` windows. */
  async judge(params: unknown, ids: NDArray, labels: NDArray, rows: number): Promise<Judgement> {
    const out = await this.#run(params as Record<string, NDArray>, ids, labels);
    const judgement: Judgement = { guessed: 0, right: 0, loss: 0 };
    for (let i = 0; i < rows * this.#length; i++) {
      if ((labels.data[i] as number) < 0) continue;
      judgement.guessed++;
      if (out.guess.data[i] === labels.data[i]) judgement.right++;
      judgement.loss -= out.logarithms.data[i] as number;
    }
    return judgement;
  }

  close(): Promise<void> {
    return this.#run.close();
  }
}

/** Guessing by how often tokens occur in training, each counted once more than it did. */
export function frequencies(
  train: Int32Array,
  test: Int32Array,
  vocabularySize: number,
  special: number,
): { readonly accuracy: number; readonly perplexity: number } {
  const counts = new Float64Array(vocabularySize).fill(1).fill(0, 0, special);
  for (const token of train) if (token >= special) counts[token]!++;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const best = counts.indexOf(counts.reduce((a, b) => Math.max(a, b)));
  const guessed = test.filter((token) => token >= special);
  const loss = guessed.reduce((sum, token) => sum - Math.log(counts[token]! / total), 0) / guessed.length;
  return {
    accuracy: guessed.reduce((sum, token) => sum + Number(token === best), 0) / guessed.length,
    perplexity: Math.exp(loss),
  };
}

function tokenizerConfig(length: number): string {
  const content = {
    tokenizer_class: 'BertTokenizer',
    model_max_length: length,
    do_lower_case: true,
    unk_token: '[UNK]',
    sep_token: '[SEP]',
    pad_token: '[PAD]',
    cls_token: '[CLS]',
    mask_token: '[MASK]',
    clean_up_tokenization_spaces: false,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}
