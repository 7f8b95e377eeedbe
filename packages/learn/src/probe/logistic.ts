/**
 * Logistic regression on standardized features.
 *
 * @module
 */
import {
  adam,
  add,
  array,
  compile,
  cosineSchedule,
  crossEntropy,
  matmul,
  mul,
  type NDArray,
  sum,
  type Tensor,
  valueAndGrad,
  zeros,
} from '@fletch/array';
import { type LongWork, throwIfAborted } from '@fletch/base';
import { Matrix } from '@fletch/linalg';
import type { ReadOut } from './ridge.js';

/** Full-batch steps of Adam; the loss is convex and the features are of one scale. */
const STEPS = 500;
const RATE = 0.1;
const FOLDS = 5;

type Weights<T> = { readonly w: T; readonly b: T };

/** The weights that minimize the mean cross-entropy plus `penalty / 2 · ‖W‖²`; the bias is free. */
export async function logisticWeights(
  x: Matrix<Float64Array>,
  labels: Int32Array,
  classes: number,
  penalties: readonly number[],
  work: LongWork,
): Promise<ReadOut> {
  const penalty = penalties.length === 1 ? penalties[0]! : await choose(x, labels, classes, penalties, work);
  const { w, b } = await descend(x, labels, classes, penalty, work);
  return {
    weights: new Matrix(Float64Array.from(w.data as Float32Array), x.cols, classes),
    bias: Float64Array.from(b.data as Float32Array),
    penalty,
  };
}

async function descend(
  x: Matrix<Float64Array>,
  labels: Int32Array,
  classes: number,
  penalty: number,
  { signal }: LongWork,
): Promise<Weights<NDArray>> {
  const optimizer = adam({ learningRate: cosineSchedule(RATE, STEPS) });
  const loss = ({ w, b }: Weights<Tensor>, rows: Tensor, targets: Tensor, decay: Tensor) =>
    add(crossEntropy(add(matmul(rows, w), b), targets), mul(sum(mul(w, w)), mul(decay, 0.5)));
  const step = compile(
    (
      p: Weights<Tensor>,
      state: ReturnType<typeof optimizer.init>,
      rows: Tensor,
      targets: Tensor,
      decay: Tensor,
    ) => {
      const [, gradients] = valueAndGrad(loss)(p, rows, targets, decay);
      const [params, next] = optimizer.update(p, gradients, state);
      return { params, state: next };
    },
    { name: 'logistic probe', donate: [0, 1], threads: 1 },
  );
  try {
    let params: Weights<NDArray> = { w: zeros([x.cols, classes]), b: zeros([classes]) };
    let state = optimizer.init(params);
    const rows = array(Float32Array.from(x.data), 'float32', [x.rows, x.cols]);
    const targets = array(labels, 'int32');
    for (let i = 0; i < STEPS; i++) {
      throwIfAborted(signal);
      const out = await step(params, state as never, rows, targets, penalty);
      params = out.params as Weights<NDArray>;
      state = out.state as typeof state;
    }
    return params;
  } finally {
    await step.close();
  }
}

/** The penalty with the most right predictions on rows that were left out. */
async function choose(
  x: Matrix<Float64Array>,
  labels: Int32Array,
  classes: number,
  penalties: readonly number[],
  work: LongWork,
): Promise<number> {
  const right = penalties.map(() => 0);
  // Within a class rows go to the folds in turn: each fold has its share of every class.
  const turn = new Int32Array(classes);
  const folds = Array.from(labels, (label) => turn[label]!++ % FOLDS);
  const all = Array.from(labels.keys());
  for (let fold = 0; fold < FOLDS; fold++) {
    const inner = all.filter((i) => folds[i] !== fold);
    const outer = all.filter((i) => folds[i] === fold);
    if (outer.length === 0 || inner.length === 0) continue;
    const part = new Matrix(
      Float64Array.from(inner.flatMap((i) => Array.from(x.row(i)))),
      inner.length,
      x.cols,
    );
    for (const [p, penalty] of penalties.entries()) {
      const own = labels.filter((_, i) => folds[i] !== fold);
      const { w, b } = await descend(part, own, classes, penalty, work);
      for (const i of outer) if (classOf(x.row(i), w, b) === labels[i]) right[p]!++;
    }
  }
  return penalties[right.indexOf(Math.max(...right))]!;
}

function classOf(row: ArrayLike<number>, w: NDArray, b: NDArray): number {
  const classes = b.size;
  let [best, most] = [0, Number.NEGATIVE_INFINITY];
  for (let k = 0; k < classes; k++) {
    let score = b.data[k] as number;
    for (let j = 0; j < row.length; j++) score += row[j]! * (w.data[j * classes + k] as number);
    if (score > most) [best, most] = [k, score];
  }
  return best;
}
