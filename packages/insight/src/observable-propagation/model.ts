/**
 * The instrument: a model, and what can be asked of it.
 *
 * @module
 */
import { add, array, compile, mul, sliceAxis, squeeze, sub, sum, type Tensor, tensor } from '@fletch/array';
import { FletchError, type LongWork } from '@fletch/base';
import { Matrix } from '@fletch/linalg';
import type { DecoderOutput, Tap } from '@fletch/models';
import { type Activations, placeOf, Recorder } from './activations.js';
import { type CausalLM, type ReadDecoder, readDecoder } from './decoder.js';
import { applyNorm, scaleByGain } from './norms.js';
import { patchHeads } from './patching.js';
import {
  checkSameLength,
  type FindPathsOptions,
  type Pair,
  pathContribution,
  type RankedPath,
  searchPaths,
} from './paths.js';
import {
  type Feature,
  type PathNode,
  type PropagateOptions,
  propagateAll,
  propagateAlong,
  pullObservable,
  type Site,
} from './propagate.js';
import { dot, length } from './vectors.js';

/** A prompt: tokens, or a text when the model comes with a tokenizer. */
export type Prompt = string | ArrayLike<number>;

/** How a model is run. */
export interface ObservablePropagationOptions {
  /** Default: all cores. */
  readonly threads?: number;
}

/** Observables of one model. Close it when it is no longer needed. */
export class ObservablePropagation {
  readonly model: CausalLM;
  readonly #read: ReadDecoder;
  readonly #threads: number | undefined;
  #recorder: Recorder | undefined;

  /**
   * @param model - what `loadModel` or `zooModel` of `@fletch/models` gives: GPT-2, GPT-Neo or Llama
   * @throws FletchError `INVALID_ARGUMENT` for other models, `NON_FINITE` naming a parameter
   */
  constructor(model: CausalLM, { threads }: ObservablePropagationOptions = {}) {
    this.model = model;
    this.#read = readDecoder(model);
    this.#threads = threads;
  }

  get layers(): number {
    return this.#read.decoder.blocks.length;
  }

  get heads(): number {
    return this.#read.decoder.heads;
  }

  get width(): number {
    return this.#read.decoder.width;
  }

  /** Tokens that the model gives scores to. */
  get tokens(): number {
    return this.#read.decoder.unembed.out;
  }

  /** The tokens of a prompt. Throws when there are none, or some that the model does not have. */
  tokensOf(prompt: Prompt): Int32Array {
    const { tokenizer } = this.model;
    if (typeof prompt === 'string' && !tokenizer)
      throw new FletchError('INVALID_ARGUMENT', 'The model has no tokenizer: give prompts as tokens.');
    const ids = typeof prompt === 'string' ? tokenizer!.encode(prompt) : Int32Array.from(prompt);
    if (ids.length === 0) throw new FletchError('INVALID_ARGUMENT', 'A prompt has no tokens.');
    const bad = ids.findIndex((id) => !(id >= 0 && id < this.tokens));
    if (bad >= 0)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Token ${ids[bad]} at position ${bad} of a prompt is not among the model's ${this.tokens}.`,
      );
    return ids;
  }

  /** What happens inside of the model on every prompt. */
  activations(prompts: readonly Prompt[], { signal }: LongWork = {}): Promise<Activations[]> {
    this.#recorder ??= new Recorder(this.#read, this.model.params, this.#threads);
    return this.#recorder.record(
      prompts.map((prompt) => this.tokensOf(prompt)),
      signal,
    );
  }

  /** `n · logits` of the last place. */
  value(n: ArrayLike<number>, { logits }: Activations): number {
    return dot(n, logits);
  }

  /**
   * The feature vector of an observable: along one path, or at a site over all paths on which attention weights stay.
   *
   * @param path - from the output to the input: `[{ kind: 'mlp', layer: 0 }, { kind: 'attn', layer: 0, head: 0, position: 1 }]`;
   *   or `all`, with `options.site`
   * @throws FletchError `INVALID_ARGUMENT`, `DIMENSION_MISMATCH`, `NON_FINITE`, `ZERO_VECTOR`
   */
  propagate(
    n: ArrayLike<number>,
    path: readonly PathNode[] | 'all',
    options: PropagateOptions & { readonly site?: Site } = {},
  ): Feature {
    const { decoder } = this.#read;
    if (path !== 'all') {
      const { vector, site } = propagateAlong(decoder, n, path, options);
      return { vector: Float32Array.from(vector), site };
    }
    const { site } = options;
    if (!site)
      throw new FletchError(
        'INVALID_ARGUMENT',
        'All paths together need a site: say where the feature lives.',
      );
    return { vector: Float32Array.from(propagateAll(decoder, n, site, options)), site };
  }

  /**
   * How strongly each head could write what is asked for, by weights alone: `‖W_Vᵀ W_Oᵀ W_Uᵀ n‖`.
   *
   * @param options.gains - whether the gains of the normalizations before the head and at the end count. Default true
   * @returns `[layers × heads]`
   */
  headNorms(n: ArrayLike<number>, { gains = true }: { readonly gains?: boolean } = {}): Matrix<Float64Array> {
    const { blocks, finalNorm, heads } = this.#read.decoder;
    const unembedded = pullObservable(this.#read.decoder, n);
    const y = gains ? scaleByGain(finalNorm, unembedded) : unembedded;
    const norms = blocks.flatMap(({ value, output, norm1 }) =>
      value.map((part, h) => {
        const pulled = part.pull(output[h]!.pull(y));
        return length(gains ? scaleByGain(norm1, pulled) : pulled);
      }),
    );
    return new Matrix(Float64Array.from(norms), blocks.length, heads);
  }

  /**
   * The paths that tell a prompt from its counter-prompt, the strongest first.
   *
   * @throws FletchError `DIMENSION_MISMATCH` when the prompts differ in length, `INVALID_ARGUMENT`
   */
  async findPaths(
    n: ArrayLike<number>,
    prompt: Prompt,
    counter: Prompt,
    options: FindPathsOptions & LongWork = {},
  ): Promise<RankedPath[]> {
    return searchPaths(this.#read.decoder, n, await this.pair(prompt, counter, options), options);
  }

  /** How far the observable falls when the beginning of one path comes from the counter-prompt. */
  contribution(n: ArrayLike<number>, path: readonly PathNode[], pair: Pair): number {
    return pathContribution(this.#read.decoder, n, path, pair);
  }

  /** The activations of two prompts of the same length. */
  async pair(prompt: Prompt, counter: Prompt, work: LongWork = {}): Promise<Pair> {
    const [a, b] = await this.activations([prompt, counter], work);
    checkSameLength([a!, b!]);
    return [a!, b!];
  }

  /**
   * How far the observable falls when the output of each head comes from the counter-prompt; a mean over pairs.
   *
   * @param options.ovOnly - whether heads keep the attention weights of the prompt. Default true
   * @returns `[layers × heads]`
   * @throws FletchError `DIMENSION_MISMATCH`, `INVALID_ARGUMENT`
   */
  async headPatching(
    n: ArrayLike<number>,
    prompts: readonly Prompt[],
    counterPrompts: readonly Prompt[],
    { ovOnly = true, ...work }: { readonly ovOnly?: boolean } & LongWork = {},
  ): Promise<Matrix<Float64Array>> {
    if (prompts.length !== counterPrompts.length || prompts.length === 0)
      throw new FletchError(
        'DIMENSION_MISMATCH',
        `${prompts.length} prompts and ${counterPrompts.length} counter-prompts: they are pairs, one or more.`,
      );
    pullObservable(this.#read.decoder, n);
    const all = await this.activations([...prompts, ...counterPrompts], work);
    const pairs = prompts.map((_, i): Pair => [all[i]!, all[prompts.length + i]!]);
    pairs.forEach(checkSameLength);
    const effects = await patchHeads(this.#read, this.model.params, n, pairs, {
      ovOnly,
      threads: this.#threads,
    });
    return new Matrix(effects, this.layers, this.heads);
  }

  /**
   * The score of a feature at every token of every prompt: its dot product with the stream at its site.
   *
   * @throws FletchError `DIMENSION_MISMATCH`, `INVALID_ARGUMENT`
   */
  async score(
    vector: ArrayLike<number>,
    site: Site,
    prompts: readonly Prompt[],
    work: LongWork = {},
  ): Promise<Float32Array[]> {
    this.#checkSite(vector, site);
    const all = await this.activations(prompts, work);
    return all.map((activations) =>
      Float32Array.from({ length: activations.places }, (_, p) => dot(vector, this.at(site, activations, p))),
    );
  }

  /** The activation at a site and place, `[d]`. */
  at({ layer, where }: Site, { streams, middles, places }: Activations, place: number): Float64Array {
    const block = this.#read.decoder.blocks[layer];
    if (where === 'ln1_in') return placeOf(streams[layer]!, place, places);
    if (where === 'ln1_out') return applyNorm(block!.norm1, placeOf(streams[layer]!, place, places));
    const middle = placeOf(middles[layer]!, place, places);
    return where === 'ln2_in' ? middle : applyNorm(block!.norm2, middle);
  }

  #checkSite(vector: ArrayLike<number>, { layer, where }: Site): void {
    const below = this.layers + (where === 'ln1_in' ? 1 : 0);
    if (!Number.isSafeInteger(layer) || layer < 0 || layer >= below)
      throw new FletchError('INVALID_ARGUMENT', `Layer ${layer} is out of range: 0 to ${below - 1}.`);
    if (vector.length !== this.width)
      throw new FletchError(
        'DIMENSION_MISMATCH',
        `The feature has ${vector.length} entries, the model's stream ${this.width}.`,
      );
  }

  /**
   * Steers: a tap for forward passes that sets the score of a unit feature to `alpha` at its site: `x + (alpha − x·f) f`.
   * With 0 the feature is projected out; with the score of another activation the prompt takes its part. At `ln1_in` the
   * stream itself is changed, elsewhere what the norm there takes or gives.
   *
   * @param vector - of any length but zero; the score is that of the vector scaled to length one
   * @throws FletchError `DIMENSION_MISMATCH`, `INVALID_ARGUMENT`, `ZERO_VECTOR`
   */
  steer(vector: ArrayLike<number>, site: Site, alpha: number): Tap {
    this.#checkSite(vector, site);
    const size = length(vector);
    if (!(size > 0)) throw new FletchError('ZERO_VECTOR', 'A feature that is all zeros steers nothing.');
    if (!Number.isFinite(alpha) || site.layer >= this.layers)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Steering takes a number and a block, not ${alpha} at layer ${site.layer}.`,
      );
    const unit = Float32Array.from(vector, (value) => value / size);
    const { sites } = this.#read;
    const name = {
      ln1_in: sites.stream(site.layer),
      ln1_out: `${sites.norm1(site.layer)}.out`,
      ln2_in: `${sites.norm2(site.layer)}.in`,
      ln2_out: `${sites.norm2(site.layer)}.out`,
    }[site.where];
    return (at, x) => {
      if (at !== name) return undefined;
      const f = tensor(array(unit, 'float32', [unit.length]));
      const moved = mul(sub(alpha, sum(mul(x, f), { axes: -1, keepDims: true })), f);
      if (site.position === undefined) return add(x, moved);
      const places = x.shape[1]!;
      const here = Float32Array.from({ length: places }, (_, p) => (p === site.position ? 1 : 0));
      return add(x, mul(moved, tensor(array(here, 'float32', [places, 1]))));
    };
  }

  /** `n · logits` of the last place of prompts, under taps such as {@link steer} gives. */
  async values(n: ArrayLike<number>, prompts: readonly Prompt[], tap?: Tap): Promise<Float64Array> {
    pullObservable(this.#read.decoder, n);
    const { family, config } = this.#read;
    const run = compile(
      (weights: Record<string, Tensor>, ids: Tensor) => {
        const options = tap ? { tap } : {};
        const { logits } = family.forward(config, weights, { inputIds: ids }, options) as DecoderOutput;
        const places = ids.shape[1]!;
        return { logits: squeeze(sliceAxis(logits, 1, places - 1, places), 1) };
      },
      { name: 'steered decoder', ...(this.#threads !== undefined && { threads: this.#threads }) },
    );
    try {
      const values = new Float64Array(prompts.length);
      for (const [i, prompt] of prompts.entries()) {
        const ids = this.tokensOf(prompt);
        const { logits } = await run(this.model.params, array(ids, 'int32', [1, ids.length]));
        values[i] = dot(n, logits.data as Float32Array);
      }
      return values;
    } finally {
      await run.close();
    }
  }

  async close(): Promise<void> {
    await this.#recorder?.close();
    this.#recorder = undefined;
  }
}
