/**
 * Softmax and standardization: operations for which ONNX Runtime has fused kernels.
 *
 * @module
 */
import { isFloating } from '../core/dtype.js';
import { type Attributes, type Operation, type Reference, single, typed } from '../core/operation.js';
import { Mismatch, reducedShape } from '../core/shape.js';
import { apply, applyAll, type Tensor, type TensorType, tensor, type Value } from '../core/tensor.js';
import { add, mul, sub } from './binary.js';
import { axisOf, max, mean, type ReduceOptions, sum } from './reduce.js';
import { reshape, swapAxes } from './shape.js';
import { stopGradient } from './structure.js';
import { exp, log, rsqrt } from './unary.js';

interface StandardizeAttributes extends Attributes {
  readonly epsilon: number;
}

function requireFloat(x: TensorType, name: string): void {
  if (!isFloating(x.dtype)) throw new Mismatch(`${x.dtype} has no ${name}: cast it first`);
  if (x.shape.length === 0) throw new Mismatch('a single number has no axis');
}

/** Calls `f` on every row of the last axis; it returns the row's results. */
function rows(x: Reference, f: (row: Float64Array) => ArrayLike<number>): Float64Array {
  const width = x.shape.at(-1)!;
  const result = new Float64Array(x.values.length);
  for (let i = 0; i < result.length; i += width) result.set(f(x.values.subarray(i, i + width)), i);
  return result;
}

function logSumExpOf(row: Float64Array): number {
  const top = row.reduce((a, b) => Math.max(a, b), -Infinity);
  return top + Math.log(row.reduce((total, value) => total + Math.exp(value - top), 0));
}

const last = { axes: -1, keepDims: true } as const;

const standardizeOperation: Operation<StandardizeAttributes> = {
  name: 'standardize',
  summary: '(x − mean) / √(variance + epsilon) along the last axis, and 1 / √(variance + epsilon)',
  derivative: 'r · (g − mean(g) − y · mean(g·y)) − h · r² · y / n',
  infer: ([x]) => {
    requireFloat(x!, 'standardize');
    return [typed(x!.shape, x!.dtype), typed(reducedShape(x!.shape, [x!.shape.length - 1], true), x!.dtype)];
  },
  gradient: ([g, h], { outputs }) => {
    const [y, r] = outputs as [Tensor, Tensor];
    const parts: Tensor[] = [];
    if (g !== undefined) parts.push(mul(r, sub(sub(g, mean(g, last)), mul(y, mean(mul(g, y), last)))));
    if (h !== undefined) parts.push(mul(y, mul(mul(h, mul(r, r)), -1 / y.shape.at(-1)!)));
    return parts.length === 0 ? [] : [parts.reduce((a, b) => add(a, b))];
  },
  lower: (emitter, [x], { inputs: [given], attributes: { epsilon } }) => {
    const width = given!.shape.at(-1)!;
    const one = emitter.node('Expand', [emitter.scalar(1, given!.dtype), emitter.ints([width])]);
    const [y, , r] = emitter.nodes('LayerNormalization', [x!, one], 3, {
      axis: -1,
      epsilon: { float: epsilon },
    });
    return [y!, r!];
  },
  interpreted: ['float64'],
  evaluate: ([x], { attributes: { epsilon } }) => {
    const inverse: number[] = [];
    const y = rows(x!, (row) => {
      const centre = row.reduce((a, b) => a + b, 0) / row.length;
      const r =
        1 / Math.sqrt(row.reduce((total, value) => total + (value - centre) ** 2, 0) / row.length + epsilon);
      inverse.push(r);
      return row.map((value) => (value - centre) * r);
    });
    return [y, inverse];
  },
};

/** The entries of this file. */
export const normalOperations = {
  softmax: single<Attributes>({
    name: 'softmax',
    summary: 'e^x divided by its sum along the last axis',
    derivative: 'y · (g − Σ g·y)',
    infer: ([x]) => {
      requireFloat(x!, 'softmax');
      return x!;
    },
    gradient: (g, { outputs: [y] }) => {
      const weighted = mul(g, y!);
      return [sub(weighted, mul(y!, sum(weighted, last)))];
    },
    lower: (emitter, inputs) => emitter.node('Softmax', inputs, { axis: -1 }),
    evaluate: ([x]) =>
      rows(x!, (row) => {
        const total = logSumExpOf(row);
        return row.map((value) => Math.exp(value - total));
      }),
  }),
  logSoftmax: single<Attributes>({
    name: 'logSoftmax',
    summary: 'logarithm of softmax along the last axis',
    derivative: 'g − e^y · Σ g',
    infer: ([x]) => {
      requireFloat(x!, 'logSoftmax');
      return x!;
    },
    gradient: (g, { outputs: [y] }) => [sub(g, mul(exp(y!), sum(g, last)))],
    lower: (emitter, inputs) => emitter.node('LogSoftmax', inputs, { axis: -1 }),
    evaluate: ([x]) =>
      rows(x!, (row) => {
        const total = logSumExpOf(row);
        return row.map((value) => value - total);
      }),
  }),
  standardize: standardizeOperation,
};

/** Applies `f`, which works along the last axis, along another. */
function along(name: string, x: Value, axis: number, f: (x: Tensor) => Tensor): Tensor {
  const given = tensor(x);
  const at = axisOf(name, axis, given.rank);
  return at === given.rank - 1 ? f(given) : swapAxes(f(swapAxes(given, at, -1)), at, -1);
}

/** e^x divided by its sum along `axis` (default −1). */
export function softmax(x: Value, axis = -1): Tensor {
  return along('softmax', x, axis, (given) => apply(normalOperations.softmax, [given], {}));
}

/** Logarithm of {@link softmax} along `axis` (default −1), without cancellation. */
export function logSoftmax(x: Value, axis = -1): Tensor {
  return along('logSoftmax', x, axis, (given) => apply(normalOperations.logSoftmax, [given], {}));
}

/** log Σ e^x along axes (default: all), without overflow. */
export function logSumExp(x: Value, options: ReduceOptions = {}): Tensor {
  const given = tensor(x);
  const top = stopGradient(max(given, { ...options, keepDims: true }));
  const total = sum(exp(sub(given, top)), { ...options, keepDims: true });
  const result = add(log(total), top);
  return options.keepDims ? result : reshape(result, sum(given, options).shape);
}

/** Mean 0 and variance 1 along the last axis. `epsilon` (default 1e−5) is added to the variance. */
export function standardize(x: Value, epsilon = 1e-5): Tensor {
  return applyAll(normalOperations.standardize, [x], { epsilon })[0]!;
}

/** Layer normalization along the last axis: `standardize(x) · weight + bias`. */
export function layerNorm(x: Value, weight?: Value, bias?: Value, epsilon = 1e-5): Tensor {
  let y = standardize(x, epsilon);
  if (weight !== undefined) y = mul(y, weight);
  return bias === undefined ? y : add(y, bias);
}

/** Root-mean-square normalization along the last axis: `x / √(mean(x²) + epsilon) · weight`. */
export function rmsNorm(x: Value, weight?: Value, epsilon = 1e-6): Tensor {
  const given = tensor(x);
  const y = mul(given, rsqrt(add(mean(mul(given, given), last), epsilon)));
  return weight === undefined ? y : mul(y, weight);
}
