/**
 * The operators that remove crossings, as graphs with gradients.
 *
 * @module
 */
import {
  array,
  concat,
  cumsum,
  expandDims,
  max,
  maximum,
  minimum,
  mul,
  pad,
  reshape,
  sliceAxis,
  sort,
  sub,
  type Tensor,
  where,
} from '@fletch/array';
import type { Monotone } from '../monotone.js';

/** Stands for infinity: beyond any scaled quantile. */
const FAR = 1e30;

/** The extreme of each number and all after it along an axis, in log₂ steps. */
function running(x: Tensor, axis: number, pick: typeof minimum, empty: number): Tensor {
  const length = x.shape[axis]!;
  let result = x;
  for (let step = 1; step < length; step *= 2)
    result = pick(result, pad(sliceAxis(result, axis, step, length), { [axis]: [0, step] }, empty));
  return result;
}

/**
 * Isotonic regression as max over i ≤ k of min over j ≥ k of mean(v_i … v_j) (Robertson, Wright and Dykstra, 1988, theorem 1.4.4);
 * its gradient averages over blocks.
 */
function pavaGraph(v: Tensor): Tensor {
  const [rows, m] = v.shape as [number, number];
  const sums = pad(cumsum(v, { axis: 1 }), { 1: [1, 0] });
  // Entry (i, j): the sum of v_i … v_j.
  const totals = sub(expandDims(sliceAxis(sums, 1, 1, m + 1), 1), expandDims(sliceAxis(sums, 1, 0, m), 2));
  const entry = (of: (i: number, j: number) => number) =>
    Float32Array.from({ length: m * m }, (_, at) => of(Math.floor(at / m), at % m));
  const shares = array(
    entry((i, j) => (j >= i ? 1 / (j - i + 1) : 0)),
    'float32',
    [1, m, m],
  );
  const upper = array(Uint8Array.from(entry((i, j) => (j >= i ? 1 : 0))), 'bool', [1, m, m]);
  const means = where(upper, mul(totals, shares), FAR);
  const least = running(means, 2, minimum, FAR);
  return reshape(max(where(upper, least, -FAR), { axes: 1 }), [rows, m]);
}

function sweepGraph(v: Tensor): Tensor {
  const m = v.shape[1]!;
  const middle = (m - 1) >> 1;
  const down = running(sliceAxis(v, 1, 0, middle + 1), 1, minimum, FAR);
  if (middle + 1 >= m) return down;
  // Upwards the largest so far: of each number and all before it, from the middle on.
  const up = runningBefore(sliceAxis(v, 1, middle, m));
  return concat([down, sliceAxis(up, 1, 1, m - middle)], 1);
}

function runningBefore(x: Tensor): Tensor {
  const length = x.shape[1]!;
  let result = x;
  for (let step = 1; step < length; step *= 2)
    result = maximum(result, pad(sliceAxis(result, 1, 0, length - step), { 1: [step, 0] }, -FAR));
  return result;
}

/** An operator on each row of n × m numbers. */
export const monotoneGraphs: Readonly<Record<Monotone, (v: Tensor) => Tensor>> = {
  sort: (v) => sort(v, { axis: 1 }),
  pava: pavaGraph,
  mono: sweepGraph,
};
