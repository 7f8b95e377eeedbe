/**
 * Tunes the base for a task, by whatever turns trained arrays into weights: all of them, adapters, …
 *
 * @module
 */
import {
  adamw,
  array,
  compile,
  crossEntropy,
  expandDims,
  groups,
  linearSchedule,
  matmul,
  mul,
  type NDArray,
  sum,
  type Tensor,
  train,
  type Value,
  warmup,
  zeros,
} from '@fletch/array';
import { type Gpt2Config, gpt2, partParameters } from '@fletch/models';
import { type LoraOptions, loraAdapter, type StateDict, spectralTargets } from '@fletch/weights';
import type { GlossBase, Weights } from './base.js';
import { batchOf, type GlossTask, rowsOf } from './tasks.js';

/** How weights are made of what is trained. */
export interface Parametrization {
  /** First values. */
  readonly trained: StateDict;
  /** Traced: the weights of the body. */
  apply(trained: Readonly<Record<string, Value>>): Weights;
  /** The tuned body. */
  merge(trained: StateDict): StateDict;
}

/** Full fine-tuning: every matrix of the body is trained; embeddings, normalizations and biases stay. */
export function everyMatrix(params: StateDict): Parametrization {
  const shapes = new Map(Object.entries(params).map(([name, { shape }]) => [name, shape]));
  const matrices = new Set(spectralTargets(shapes).map(({ tensor }) => tensor));
  const [trained, rest] = partParameters(params, (name) => matrices.has(name));
  return {
    trained,
    apply: (given) => ({ ...rest, ...given }),
    merge: (given) => ({ ...rest, ...given }),
  };
}

/** An adapter of the queries, keys, values and all other matrices of the body. */
export const adapterOf = (params: StateDict, options: LoraOptions): Parametrization =>
  loraAdapter(params, { splitFused: true, ...options });

const HEAD = 'head.weight';

/** Traced: scores of the classes, from the mean of the last hidden states. */
function scores(config: Gpt2Config, weights: Weights, head: Value, ids: Tensor, shares: Tensor): Tensor {
  const { lastHiddenState } = gpt2.forward(config, weights, { inputIds: ids });
  const pooled = sum(mul(lastHiddenState, expandDims(shares, -1)), { axes: 1 });
  return matmul(pooled, head, { transposeB: true });
}

export interface TuneOptions {
  /** Of the body; that of the head is 3e-3. */
  readonly learningRate: number;
  readonly steps: number;
  /** Definitions in a step. Default 32. */
  readonly batch?: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly onStep?: (done: number) => void;
  /** Default 1. */
  readonly threads?: number;
}

/** A tuned body, and the head of the task. */
export interface Tuned {
  readonly params: StateDict;
  readonly head: NDArray;
  /** Mean loss of the last tenth of the steps. */
  readonly loss: number;
}

/** AdamW without decay; the rates rise over 6 % of the steps and fall to zero in a line. The head begins at zero. */
export async function tune(
  { config }: GlossBase,
  task: GlossTask,
  { trained, apply, merge }: Parametrization,
  options: TuneOptions,
): Promise<Tuned> {
  const { learningRate, steps, batch = 32, seed, signal, threads = 1, onStep } = options;
  const rise = Math.max(1, Math.round(0.06 * steps));
  const optimizer = (rate: number) =>
    adamw({ learningRate: warmup(rise, linearSchedule(rate, steps - rise)), weightDecay: 0 });
  const { params, losses } = await train<Record<string, NDArray>>({
    name: task.name,
    params: { ...trained, [HEAD]: zeros([task.classes.length, config.n_embd]) },
    optimizer: groups((path) => (path === HEAD ? 'head' : 'body'), {
      head: optimizer(3e-3),
      body: optimizer(learningRate),
    }),
    steps,
    clip: 1,
    loss: ({ [HEAD]: head, ...body }: Record<string, Tensor>, ids: Tensor, shares: Tensor, labels: Tensor) =>
      crossEntropy(scores(config, apply(body), head!, ids, shares), labels),
    draw: (step) => batchOf(task.train, rowsOf(task.train, batch, seed, step)),
    threads,
    ...(signal && { signal }),
    ...(onStep && { onProgress: ({ done }) => onStep(done) }),
  });
  const { [HEAD]: head, ...body } = params;
  const last = losses.slice(-Math.ceil(steps / 10));
  return {
    params: merge(body),
    head: head!,
    loss: last.reduce((total, loss) => total + loss, 0) / last.length,
  };
}

/** Judges tuned bodies. */
export interface TaskJudge {
  /** Share of the test definitions whose class is found, in per cent. */
  accuracy(task: GlossTask, params: StateDict, head: NDArray): Promise<number>;
  close(): Promise<void>;
}

const BATCH = 50;

/** Compiles a judge; close it. */
export function taskJudge({ config }: GlossBase, threads = 1): TaskJudge {
  const run = compile(
    (weights: Weights, head: Tensor, ids: Tensor, shares: Tensor) =>
      scores(config, weights, head, ids, shares),
    { name: 'task', threads },
  );
  return {
    async accuracy({ test }, params, head) {
      const count = test.labels.length;
      let right = 0;
      for (let first = 0; first < count; first += BATCH) {
        const rows = Array.from({ length: Math.min(BATCH, count - first) }, (_, i) => first + i);
        const [ids, shares] = batchOf(test, rows);
        const found = await run(params, head, ids, shares);
        const classes = head.shape[0]!;
        for (const [i, row] of rows.entries()) {
          const own = (found.data as Float32Array).subarray(i * classes, (i + 1) * classes);
          if (own.indexOf(Math.max(...own)) === test.labels[row]) right++;
        }
      }
      return (100 * right) / count;
    },
    close: () => run.close(),
  };
}

/** A copy of arrays that survives JSON, for the journal. */
export const packed = (state: StateDict): Record<string, { shape: number[]; base64: string }> =>
  Object.fromEntries(
    Object.entries(state).map(([name, { shape, data }]) => {
      const numbers = data as Float32Array;
      const bytes = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
      return [name, { shape: [...shape], base64: bytes.toString('base64') }];
    }),
  );

/** The arrays of {@link packed}. */
export const unpacked = (state: ReturnType<typeof packed>): Record<string, NDArray> =>
  Object.fromEntries(
    Object.entries(state).map(([name, { shape, base64 }]) => [
      name,
      array(new Float32Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer), 'float32', shape),
    ]),
  );
