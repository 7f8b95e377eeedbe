/**
 * A policy that a language model begins.
 *
 * @module
 */
import {
  adamw,
  array,
  cosineSchedule,
  groups,
  type NDArray,
  type Optimizer,
  train,
  warmup,
} from '@fletch/array';
import { FletchError, type LongWork } from '@fletch/base';
import { rng } from '@fletch/linalg';
import { type Gpt2Config, gpt2, type Parameters, type Tokenizer } from '@fletch/models';
import type { Body } from './body.js';
import { type Domain, domains } from './domain.js';
import { freshModel, initialParameters, isBody, unusedParameters } from './initial.js';
import { epochOf } from './lessons.js';
import { cloningLoss, type NetworkPlan, type TracedBatch } from './network.js';
import { batchOf, lengthsOf, type Sample } from './sample.js';
import { type Score, Scorer } from './scorer.js';
import { type Encoding, WordTable } from './vocabulary.js';

/** A GPT-2 with its tokenizer: what `zooModel` and `loadModel` give. */
export interface PretrainedModel {
  readonly config: Readonly<Record<string, unknown>> | Gpt2Config;
  readonly params: Parameters;
  readonly tokenizer?: Tokenizer | undefined;
}

/** What reads the sequence. */
export type BodyKind = Body['kind'];

export interface LMPolicyOptions {
  /** What the decoder begins with. */
  readonly lm: PretrainedModel | 'scratch';
  /** Default: the language model's. */
  readonly tokenizer?: Tokenizer;
  /** Default `home`. */
  readonly domain?: Domain['name'];
  /** Default `text`. */
  readonly encoding?: Encoding;
  /** Default `decoder`; the others are baselines, and begin from scratch. */
  readonly body?: BodyKind;
  /** Shape of a decoder that begins from scratch; the width of the others. Default: 96 wide, 2 layers, 4 heads, 128 places. */
  readonly size?: Partial<Pick<Gpt2Config, 'n_embd' | 'n_layer' | 'n_head' | 'n_positions'>>;
  readonly seed: number;
  /** Default: all cores. */
  readonly threads?: number | undefined;
}

export interface CloningOptions extends LongWork {
  /** Passes over all moments. Default 40. */
  readonly epochs?: number;
  /** Highest rate of AdamW; it rises over 5 % of the steps and falls in half a cosine. Default 1e-3. */
  readonly lr?: number;
  /** Moments of a step. Default 32. */
  readonly batch?: number;
  /** Factor of the rate of the language model's blocks and words. Default 1; 0 leaves them as they are. */
  readonly bodyRate?: number;
  /** Of the order of the moments. Default: the policy's. */
  readonly seed?: number;
}

/** Greatest norm of all gradients together. */
const CLIP = 1;

/** Chooses actions from a goal, memories and what is seen. Close it when it is no longer needed. */
export class LMPolicy {
  readonly domain: Domain;
  readonly words: WordTable;
  readonly plan: NetworkPlan;
  /** Tokens that it reads at most. */
  readonly context: number;
  readonly seed: number;
  readonly threads: number | undefined;
  #params: Parameters;
  #scorer: Scorer | undefined;

  /**
   * @throws FletchError `NOT_FOUND` naming a word that the tokenizer does not know, `INVALID_ARGUMENT` for a width that does
   *   not divide by the heads, an unknown domain, body or encoding, or when there is no tokenizer
   */
  constructor(options: LMPolicyOptions) {
    const {
      lm,
      domain = 'home',
      encoding = 'text',
      body: kind = 'decoder',
      size = {},
      seed,
      threads,
    } = options;
    const tokenizer = options.tokenizer ?? (lm === 'scratch' ? undefined : lm.tokenizer);
    if (!Object.hasOwn(domains, domain))
      throw new FletchError('INVALID_ARGUMENT', `There is no domain "${domain}": use home or grid.`);
    if (tokenizer === undefined)
      throw new FletchError(
        'INVALID_ARGUMENT',
        'A policy needs a tokenizer: give one, or a language model that comes with one.',
      );
    this.domain = domains[domain];
    this.words = new WordTable(tokenizer, this.domain, encoding, seed);
    const config = gpt2.config(
      lm === 'scratch'
        ? {
            vocab_size: tokenizer.vocabularySize,
            n_embd: 96,
            n_layer: 2,
            n_head: 4,
            n_positions: 128,
            ...size,
          }
        : lm.config,
    );
    const start = lm === 'scratch' ? freshModel(config, seed) : lm.params;
    const width = config.n_embd;
    const body = bodyOf(kind, config, start);
    this.context = kind === 'decoder' ? config.n_positions : Number.MAX_SAFE_INTEGER;
    this.seed = seed;
    this.threads = threads;
    this.plan = {
      body,
      width,
      rows: this.words.tokens.length,
      names: namesOf(this.words, this.domain),
      hasObjects: this.domain.hasObjects,
    };
    this.#params = initialParameters({
      domain: this.domain,
      body,
      lm: start,
      tokens: this.words.tokens,
      seed,
    });
  }

  /** Arrays by name. */
  get parameters(): Parameters {
    return this.#params;
  }

  /** Takes over other values, as they come from training. */
  setParameters(params: Parameters): void {
    this.#params = params;
  }

  /**
   * Learns to do what demonstrators did.
   *
   * @param samples - moments with what was done
   * @returns the loss of every step
   * @throws FletchError `INVALID_ARGUMENT` for no samples or samples longer than the context, `NON_FINITE`, `ABORTED`
   */
  async fitSamples(samples: readonly Sample[], options: CloningOptions = {}): Promise<Float64Array> {
    const {
      epochs = 40,
      lr = 1e-3,
      batch = 32,
      bodyRate = 1,
      seed = this.seed,
      signal,
      onProgress,
    } = options;
    if (samples.length === 0)
      throw new FletchError('INVALID_ARGUMENT', 'There are no demonstrations to learn from.');
    const perEpoch = Math.ceil(samples.length / batch);
    const steps = Math.max(1, Math.round(epochs * perEpoch));
    let epoch: { readonly index: number; readonly batches: number[][] } | undefined;
    const { plan, context, threads } = this;
    const { params, losses } = await train<Record<string, NDArray>>({
      name: 'policy',
      params: this.#params as Record<string, NDArray>,
      loss: (weights: TracedParams, traced: TracedBatch) => cloningLoss(plan, weights, traced),
      optimizer: rated(bodyRate, (factor) =>
        adamw({
          learningRate: warmup(
            Math.max(1, Math.round(steps * 0.05)),
            cosineSchedule(lr * factor, Math.max(1, Math.round(steps * 0.95))),
          ),
          beta2: 0.98,
          weightDecay: 0,
        }),
      ),
      steps,
      clip: CLIP,
      draw: (step) => {
        const index = Math.floor(step / perEpoch);
        if (epoch?.index !== index)
          epoch = { index, batches: epochOf(samples, batch, rng(seed, 10_000 + index)) };
        const own = epoch.batches[step % perEpoch]!.map((at) => samples[at]!);
        const random = rng(seed, 20_000_000 + step);
        return [
          batchOf(own, lengthsOf(own, context), (_, count) => random.permutation(count)),
        ] as unknown as NDArray[];
      },
      threads,
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
    });
    this.#params = params;
    return losses;
  }

  /** Logarithms of the probabilities of verbs and objects at each of some moments. */
  score(samples: readonly Sample[]): Promise<Score[]> {
    this.#scorer ??= new Scorer(this.plan, this.context, this.threads);
    return this.#scorer.score(this.#params, samples);
  }

  /** Frees what was compiled. */
  async close(): Promise<void> {
    await this.#scorer?.close();
    this.#scorer = undefined;
  }
}

type TracedParams = Readonly<Record<string, import('@fletch/array').Tensor>>;

const isLanguage = (name: string) => isBody(name) || name.startsWith('words.');

/** An optimizer whose rate is another one for the language model's part; with factor 0 that part stays. */
export function rated(factor: number, make: (factor: number) => Optimizer): Optimizer {
  if (factor === 1) return make(1);
  return groups((name) => (isLanguage(name) ? 'language' : 'other'), {
    language: make(factor),
    other: make(1),
  });
}

function bodyOf(kind: BodyKind, config: Gpt2Config, start: Parameters): Body {
  switch (kind) {
    case 'decoder':
      return { kind, config, unused: unusedParameters(start) };
    // As many parameters as two blocks of a decoder of width 96 have.
    case 'lstm':
      return { kind, hidden: 2 * config.n_embd };
    case 'mlp-1':
    case 'mlp-n':
      return { kind, hidden: 256 };
    default:
      throw new FletchError(
        'INVALID_ARGUMENT',
        `There is no body "${kind}": use decoder, lstm, mlp-1 or mlp-n.`,
      );
  }
}

/** Shares of the rows in every name. */
function namesOf(words: WordTable, domain: Domain): NDArray {
  const rows = words.tokens.length;
  const shares = new Float32Array(domain.classNames.length * rows);
  for (const [i, name] of domain.classNames.entries()) {
    const own = words.name(name);
    for (const row of own) shares[i * rows + row]! += 1 / own.length;
  }
  return array(shares, 'float32', [domain.classNames.length, rows]);
}
