/**
 * Logistic regression on standardized features.
 *
 * @module
 */
import {
  adam,
  add,
  array,
  cosineSchedule,
  expandDims,
  logSoftmax,
  matmul,
  mul,
  type NDArray,
  squeeze,
  sub,
  sum,
  type Tensor,
  takeAlongAxis,
  trainingStep,
  zeros,
} from '@fletch/array';
import { type LongWork, throwIfAborted } from '@fletch/base';
import { Matrix } from '@fletch/linalg';
import type { ReadOut } from './ridge.js';

/** Full-batch steps of Adam; the loss is convex and the features are of one scale. */
const STEPS = 400;
const RATE = 0.1;
const FOLDS = 5;

type Weights<T> = { readonly w: T; readonly b: T };

/** Trains on the rows whose share is not 0. */
type Fit = (shares: Float32Array, penalty: number) => Promise<Weights<NDArray>>;

/** The weights that minimize the mean cross-entropy plus `penalty / 2 · ‖W‖²`; the bias is free. */
export async function logisticWeights(
  x: Matrix<Float64Array>,
  labels: Int32Array,
  classes: number,
  penalties: readonly number[],
  work: LongWork,
): Promise<ReadOut> {
  const { fit, close } = fitter(x, labels, classes, work);
  try {
    const penalty = penalties.length === 1 ? penalties[0]! : await choose(fit, x, labels, classes, penalties);
    const { w, b } = await fit(new Float32Array(x.rows).fill(1 / x.rows), penalty);
    return {
      weights: new Matrix(Float64Array.from(w.data as Float32Array), x.cols, classes),
      bias: Float64Array.from(b.data as Float32Array),
      penalty,
    };
  } finally {
    await close();
  }
}

function fitter(x: Matrix<Float64Array>, labels: Int32Array, classes: number, { signal }: LongWork) {
  const optimizer = adam({ learningRate: cosineSchedule(RATE, STEPS) });
  const rows = array(Float32Array.from(x.data), 'float32', [x.rows, x.cols]);
  const targets = array(labels, 'int32');
  const loss = ({ w, b }: Weights<Tensor>, given: Tensor, shares: Tensor, decay: Tensor) => {
    const right = takeAlongAxis(logSoftmax(add(matmul(given, w), b)), expandDims(targets, -1));
    return sub(mul(sum(mul(w, w)), mul(decay, 0.5)), sum(mul(squeeze(right, -1), shares)));
  };
  const step = trainingStep({ name: 'logistic probe', loss, optimizer, threads: 1 });
  const fit: Fit = async (shares, penalty) => {
    let params: Weights<NDArray> = { w: zeros([x.cols, classes]), b: zeros([classes]) };
    let state = optimizer.init(params);
    for (let i = 0; i < STEPS; i++) {
      throwIfAborted(signal);
      const out = await step(params, state, {}, rows, array(shares), penalty);
      params = out.params as Weights<NDArray>;
      state = out.state as typeof state;
    }
    return params;
  };
  return { fit, close: () => step.close() };
}

/** The penalty with the most right predictions on rows that were left out. */
async function choose(
  fit: Fit,
  x: Matrix<Float64Array>,
  labels: Int32Array,
  classes: number,
  penalties: readonly number[],
): Promise<number> {
  const right = penalties.map(() => 0);
  // Within a class rows go to the folds in turn: each fold has its share of every class.
  const turn = new Int32Array(classes);
  const folds = Int32Array.from(labels, (label) => turn[label]!++ % FOLDS);
  for (let fold = 0; fold < FOLDS; fold++) {
    const inner = folds.filter((own) => own !== fold).length;
    if (inner === 0 || inner === x.rows) continue;
    const shares = Float32Array.from(folds, (own) => (own === fold ? 0 : 1 / inner));
    for (const [p, penalty] of penalties.entries()) {
      const { w, b } = await fit(shares, penalty);
      for (const [i, own] of folds.entries())
        if (own === fold && classOf(x.row(i), w, b) === labels[i]) right[p]!++;
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
