/**
 * A transformer trained to predict yₙ from x₁, y₁, … xₙ: an in-context learner.
 *
 * @module
 */
import {
  adam,
  array,
  type Compiled,
  compile,
  cosineSchedule,
  meanSquaredError,
  type NDArray,
  sliceAxis,
  type Tensor,
  train,
  tree,
  warmup,
} from '@fletch/array';
import { FletchError, type LongWork } from '@fletch/base';
import { type Layout, type LinearTaskOptions, type LinearTasks, sampleLinearTasks } from './tasks.js';
import {
  type BlockKind,
  checkShape,
  forward,
  initialParams,
  type TransformerParams,
  type TransformerShape,
} from './transformer.js';

export interface InContextLearnerOptions {
  readonly d: number;
  /** Pairs in the longest sequence. */
  readonly n: number;
  readonly layers: number;
  readonly hidden: number;
  /** Default 4. */
  readonly heads?: number;
  /** Default `preln`. */
  readonly block?: BlockKind;
  /** Default `interleaved`. */
  readonly layout?: Layout;
  readonly seed: number;
}

export interface LearnerFitOptions
  extends Pick<LinearTaskOptions, 'sigma' | 'tau' | 'xDist' | 'wDist'>,
    LongWork {
  readonly steps: number;
  /** Sequences in a step. Default 64. */
  readonly batch?: number;
  /** Highest rate: after a tenth of the steps, then a cosine to zero. Default 2e-3. */
  readonly lr?: number;
  /** Of the data. Default 0. */
  readonly seed?: number;
  /** Default: all cores. */
  readonly threads?: number;
}

/** Sequences of an evaluation are cut into parts of so many: each size is compiled once. */
const EVALUATED = 250;

/** The learner. Call {@link InContextLearner.close} when it is no longer needed. */
export class InContextLearner {
  readonly d: number;
  readonly n: number;
  readonly layout: Layout;
  readonly #shape: TransformerShape;
  #params: TransformerParams<NDArray>;
  #evaluate:
    | Compiled<[TransformerParams<Tensor>, Tensor], { predictions: Tensor; hidden: Tensor[] }>
    | undefined;

  /** @throws FletchError `INVALID_ARGUMENT` for sizes that do not fit together */
  constructor(options: InContextLearnerOptions) {
    const { d, n, layers, hidden, heads = 4, block = 'preln', layout = 'interleaved', seed } = options;
    for (const [name, value] of Object.entries({ d, n }))
      if (!Number.isSafeInteger(value) || value < 1)
        throw new FletchError('INVALID_ARGUMENT', `${name} must be a positive integer, not ${value}.`);
    this.d = d;
    this.n = n;
    this.layout = layout;
    const positions = layout === 'interleaved' ? 2 * n : n;
    this.#shape = { width: d + 1, positions, layers, hidden, heads, block };
    checkShape(this.#shape);
    this.#params = initialParams(this.#shape, seed);
  }

  /** The parameters as a tree; `saveTree` of `@fletch/array` keeps them. */
  get parameters(): TransformerParams<NDArray> {
    return this.#params;
  }

  /** How many numbers it learns. */
  get size(): number {
    return Object.values(tree.flatten<NDArray>(this.#params)).reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * Trains on fresh sequences every step: mean squared error at every x, Adam (β₂ 0.98), gradients clipped to 1.
   *
   * @returns the loss of every step
   * @throws FletchError `INVALID_ARGUMENT`, `NON_FINITE` with the step, `ABORTED`
   */
  async fit(options: LearnerFitOptions): Promise<{ loss: number[] }> {
    const { steps, batch = 64, lr = 2e-3, seed = 0, threads, signal, onProgress, ...laws } = options;
    const work = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
    const { d, n, layout } = this;
    const shape = this.#shape;
    const rise = Math.max(1, Math.round(steps / 10));
    const optimizer = adam({
      learningRate: warmup(rise, cosineSchedule(lr, Math.max(1, steps - rise))),
      beta2: 0.98,
      epsilon: 1e-9,
    });
    const { params, losses } = await train({
      name: 'in-context learner',
      params: this.#params,
      loss: (params: TransformerParams<Tensor>, tokens: Tensor, labels: Tensor) =>
        meanSquaredError(atInputs(forward(params, tokens, shape).predictions, layout), labels),
      optimizer,
      steps,
      clip: 1,
      threads,
      draw(step) {
        const tasks = sampleLinearTasks({ ...laws, d, n, batch, layout, seed: seed * 1_000_003 + step });
        return [tokensOf(tasks), labelsOf(tasks)];
      },
      ...work,
    });
    this.#params = params;
    return { loss: Array.from(losses) };
  }

  /**
   * Predictions at every x, `batch × n`; with the paired layout only the last one is known, the others are 0.
   *
   * @throws FletchError `INVALID_ARGUMENT` for sequences that are longer than those trained, `DIMENSION_MISMATCH`,
   *   `NON_FINITE`
   */
  async predict(tasks: LinearTasks): Promise<Float64Array> {
    const { n, batch } = tasks;
    const stride = this.layout === 'interleaved' ? 2 : 1;
    const result = new Float64Array(batch * n);
    await this.#inParts(tasks, ({ predictions }, first, count, length) => {
      for (let b = 0; b < count; b++)
        for (let i = this.layout === 'paired' ? n - 1 : 0; i < n; i++)
          result[(first + b) * n + i] = predictions.data[b * length + i * stride] as number;
    });
    return result;
  }

  /** The stream after every layer: `layers + 1` arrays of `batch × length × hidden`. */
  async hiddenStates(tasks: LinearTasks): Promise<Float32Array[]> {
    const { layers, hidden } = this.#shape;
    const size = tasks.length * hidden;
    const states = Array.from({ length: layers + 1 }, () => new Float32Array(tasks.batch * size));
    await this.#inParts(tasks, (out, first, count) => {
      out.hidden.forEach((layer, i) => {
        states[i]!.set((layer.data as Float32Array).subarray(0, count * size), first * size);
      });
    });
    return states;
  }

  async close(): Promise<void> {
    await this.#evaluate?.close();
    this.#evaluate = undefined;
  }

  async #inParts(
    tasks: LinearTasks,
    take: (
      out: { predictions: NDArray; hidden: NDArray[] },
      first: number,
      count: number,
      length: number,
    ) => void,
  ): Promise<void> {
    this.#check(tasks);
    const shape = this.#shape;
    this.#evaluate ??= compile(
      (params: TransformerParams<Tensor>, tokens: Tensor) => forward(params, tokens, shape),
      {
        name: 'in-context learner',
      },
    );
    const { batch, length, tokens, d } = tasks;
    const size = length * (d + 1);
    for (let first = 0; first < batch; first += EVALUATED) {
      const count = Math.min(EVALUATED, batch - first);
      const part = new Float32Array(Math.min(batch, EVALUATED) * size);
      part.set(tokens.subarray(first * size, (first + count) * size));
      const out = await this.#evaluate(
        this.#params,
        array(part, 'float32', [part.length / size, length, d + 1]),
      );
      take(out as unknown as { predictions: NDArray; hidden: NDArray[] }, first, count, length);
    }
  }

  #check({ d, n, layout, tokens, batch, length }: LinearTasks): void {
    if (d !== this.d)
      throw new FletchError('DIMENSION_MISMATCH', `The learner takes x of ${this.d} dimensions, not ${d}.`);
    if (n > this.n)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `A prompt of ${n} pairs is longer than the ${this.n} trained.`,
      );
    if (layout !== this.layout)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `The learner reads ${this.layout} tokens, not ${layout} ones.`,
      );
    if (layout === 'interleaved' && length % 2 !== 0)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `${length} tokens: interleaved sequences have an even number.`,
      );
    if (tokens.length !== batch * length * (d + 1))
      throw new FletchError(
        'DIMENSION_MISMATCH',
        `${batch} sequences of ${length} tokens take ${batch * length * (d + 1)} numbers, not ${tokens.length}.`,
      );
    const at = tokens.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) throw new FletchError('NON_FINITE', `tokens hold ${tokens[at]} at position ${at}.`);
  }
}

/** Predictions at the inputs: every second token, or the last one. */
function atInputs(predictions: Tensor, layout: Layout): Tensor {
  const length = predictions.shape[1]!;
  return layout === 'interleaved'
    ? sliceAxis(predictions, 1, 0, length, 2)
    : sliceAxis(predictions, 1, length - 1, length);
}

function tokensOf({ tokens, batch, length, d }: LinearTasks): NDArray {
  return array(tokens, 'float32', [batch, length, d + 1]);
}

function labelsOf({ y, batch, n, layout }: LinearTasks): NDArray {
  if (layout === 'interleaved') return array(y, 'float32', [batch, n]);
  return array(
    Float32Array.from({ length: batch }, (_, b) => y[b * n + n - 1]!),
    'float32',
    [batch, 1],
  );
}
