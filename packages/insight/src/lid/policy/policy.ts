/**
 * A policy that a language model begins.
 *
 * @module
 */
import { array, cosineSchedule, type NDArray, type Tensor, train, warmup } from '@fletch/array';
import { FletchError, type LongWork } from '@fletch/base';
import { rng } from '@fletch/linalg';
import { type Gpt2Config, gpt2, type Parameters, type Tokenizer } from '@fletch/models';
import { type Demo, momentsOf } from '../demos.js';
import type { HomeAction, MiniHome } from '../mini-home/mini-home.js';
import { verbs } from '../mini-home/things.js';
import { momentOf } from '../moments.js';
import type { Body } from './body.js';
import { type Domain, domains } from './domain.js';
import { freshModel, initialParameters, unusedParameters } from './initial.js';
import { epochOf } from './lessons.js';
import { cloningLoss, type NetworkPlan, type TracedBatch } from './network.js';
import { policyOptimizer, type Rates } from './optimizer.js';
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

export interface CloningOptions extends LongWork, Partial<Rates> {
  /** Passes over all moments. Default 40. */
  readonly epochs?: number;
  /** Moments of a step. Default 32. */
  readonly batch?: number;
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
   * Learns to do what demonstrators did. Rates (default 1e-3 for AdamW) rise over 5 % of the steps and fall in half a cosine.
   *
   * @param samples - moments with what was done
   * @returns the loss of every step
   * @throws FletchError `INVALID_ARGUMENT` for no samples or samples longer than the context, `NON_FINITE`, `ABORTED`
   */
  async fitSamples(samples: readonly Sample[], options: CloningOptions = {}): Promise<Float64Array> {
    const { epochs = 40, batch = 32, seed = this.seed, signal, onProgress } = options;
    if (samples.length === 0)
      throw new FletchError('INVALID_ARGUMENT', 'There are no demonstrations to learn from.');
    const perEpoch = Math.ceil(samples.length / batch);
    const steps = Math.max(1, Math.round(epochs * perEpoch));
    const rise = Math.max(1, Math.round(steps * 0.05));
    const rates: Rates = { lr: 1e-3, ...options };
    let epoch: { readonly index: number; readonly batches: number[][] } | undefined;
    const { plan, context, threads } = this;
    const { params, losses } = await train<Record<string, NDArray>>({
      name: 'policy',
      params: this.#params as Record<string, NDArray>,
      loss: (weights: TracedParams, traced: TracedBatch) => cloningLoss(plan, weights, traced),
      optimizer: policyOptimizer(this.#params, rates, (highest) =>
        warmup(rise, cosineSchedule(highest, Math.max(1, steps - rise))),
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

  /**
   * {@link fitSamples} on whole demonstrations.
   *
   * @throws FletchError `CHECKSUM_MISMATCH` for demonstrations of an environment with other rules, `INVALID_ARGUMENT` for none
   */
  fitBC(demos: readonly Demo[], options: CloningOptions = {}): Promise<Float64Array> {
    return this.fitSamples(momentsOf(this, demos), options);
  }

  /**
   * The most probable action among those that can be done.
   *
   * @throws FletchError `INVALID_ARGUMENT` when what is seen takes more tokens than the language model reads
   */
  async act(home: MiniHome): Promise<HomeAction> {
    const [score] = await this.score([momentOf(this, home)]);
    const logs = ({ verb, object }: HomeAction) =>
      score!.verbs[verbs.indexOf(verb)]! + score!.objects[object]!;
    return home.legalActions().reduce((best, action) => (logs(action) > logs(best) ? action : best));
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

type TracedParams = Readonly<Record<string, Tensor>>;

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
