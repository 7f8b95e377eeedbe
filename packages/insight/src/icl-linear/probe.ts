/**
 * Probes: what a layer's stream says about a quantity, found by training a small read-out.
 *
 * @module
 */
import {
  adam,
  add,
  array,
  compile,
  cosineSchedule,
  expandDims,
  geluTanh,
  matmul,
  meanSquaredError,
  mul,
  type NDArray,
  sliceAxis,
  softmax,
  squeeze,
  sum,
  type Tensor,
  trainingStep,
  zeros,
} from '@fletch/array';
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { rng } from '@fletch/linalg';

export interface ProbeOptions extends LongWork {
  /** `linear`, or `mlp` with one hidden layer. Default `linear`. */
  readonly kind?: 'linear' | 'mlp';
  /** What of the stream is read: the last token, or a learned weighting of all. Default `last`. */
  readonly pooling?: 'last' | 'attention';
  /** Default 2000. */
  readonly steps?: number;
  /** Default 5e-3. */
  readonly lr?: number;
  /** Default 0. */
  readonly seed?: number;
}

export interface ProbeData {
  readonly batch: number;
  readonly length: number;
  readonly hidden: number;
  /** Numbers in a target. */
  readonly outputs: number;
  /** One per layer: `batch × length × hidden`. */
  readonly states: readonly Float32Array[];
  /** `batch × outputs` */
  readonly targets: Float32Array;
}

type Params<T> = { readonly [name: string]: T };

/** Share of the sequences that a probe is judged on. */
const HELD_OUT = 0.25;
const MLP_WIDTH = 64;

/**
 * Trains a probe on each layer.
 *
 * @returns R² on held-out sequences, one per layer
 * @throws FletchError `DIMENSION_MISMATCH`, `INVALID_ARGUMENT`, `ABORTED`
 */
export async function probe(data: ProbeData, options: ProbeOptions = {}): Promise<{ r2: number[] }> {
  const { batch, length, hidden, outputs, states, targets } = data;
  const {
    kind = 'linear',
    pooling = 'last',
    steps = 2000,
    lr = 5e-3,
    seed = 0,
    signal,
    onProgress,
  } = options;
  if (targets.length !== batch * outputs || states.some((state) => state.length !== batch * length * hidden))
    throw new FletchError('DIMENSION_MISMATCH', 'States and targets are not of the sizes that were named.');
  const held = Math.floor(batch * HELD_OUT);
  const trained = batch - held;
  if (held < 2 || trained < 2) throw new FletchError('INVALID_ARGUMENT', `${batch} sequences are too few.`);
  const optimizer = adam({ learningRate: cosineSchedule(lr, steps) });
  const readOut = (p: Params<Tensor>, x: Tensor) => {
    const pooled =
      pooling === 'last'
        ? squeeze(sliceAxis(x, 1, length - 1, length), 1)
        : sum(mul(x, expandDims(softmax(p.scores!), -1)), { axes: 1 });
    const inner = kind === 'mlp' ? geluTanh(add(matmul(pooled, p.up!), p.upBias!)) : pooled;
    return add(matmul(inner, p.out!), p.outBias!);
  };
  const step = trainingStep({
    name: 'probe',
    loss: (p: Params<Tensor>, x: Tensor, y: Tensor) => meanSquaredError(readOut(p, x), y),
    optimizer,
  });
  const apply = compile(readOut, { name: 'probe' });
  const r2: number[] = [];
  try {
    for (const [layer, state] of states.entries()) {
      const x = array(state.slice(0, trained * length * hidden), 'float32', [trained, length, hidden]);
      const y = array(targets.slice(0, trained * outputs), 'float32', [trained, outputs]);
      let params = startOf({ kind, pooling, length, hidden, outputs }, seed + layer);
      let memory = optimizer.init(params);
      for (let i = 0; i < steps; i++) {
        throwIfAborted(signal);
        const out = await step(params, memory, {}, x, y);
        params = out.params as Params<NDArray>;
        memory = out.state as typeof memory;
      }
      const rest = array(state.slice(trained * length * hidden), 'float32', [held, length, hidden]);
      const found = (await apply(params, rest)) as NDArray;
      r2.push(determination(found.data as Float32Array, targets.subarray(trained * outputs), outputs));
      onProgress?.({ done: layer + 1, total: states.length, stage: 'probing' });
    }
  } finally {
    await step.close();
    await apply.close();
  }
  return { r2 };
}

function startOf(
  {
    kind,
    pooling,
    length,
    hidden,
    outputs,
  }: {
    readonly kind: string;
    readonly pooling: string;
    readonly length: number;
    readonly hidden: number;
    readonly outputs: number;
  },
  seed: number,
): Params<NDArray> {
  const random = rng(seed);
  const normal = (rows: number, columns: number) => {
    const values = random.fillNormal(new Float32Array(rows * columns));
    return array(
      values.map((value) => value / Math.sqrt(rows)),
      'float32',
      [rows, columns],
    );
  };
  const inner = kind === 'mlp' ? MLP_WIDTH : hidden;
  return {
    ...(pooling === 'attention' && { scores: zeros([length]) }),
    ...(kind === 'mlp' && { up: normal(hidden, inner), upBias: zeros([inner]) }),
    out: normal(inner, outputs),
    outBias: zeros([outputs]),
  };
}

/** 1 − residual / total variance, over all outputs together. */
function determination(found: Float32Array, targets: Float32Array, outputs: number): number {
  const count = targets.length / outputs;
  let residual = 0;
  let total = 0;
  for (let j = 0; j < outputs; j++) {
    let mean = 0;
    for (let i = 0; i < count; i++) mean += targets[i * outputs + j]! / count;
    for (let i = 0; i < count; i++) {
      residual += (targets[i * outputs + j]! - found[i * outputs + j]!) ** 2;
      total += (targets[i * outputs + j]! - mean) ** 2;
    }
  }
  return 1 - residual / total;
}
