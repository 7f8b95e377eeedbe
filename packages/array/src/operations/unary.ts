/**
 * Operations on one tensor, element by element.
 *
 * @module
 */
import { type DType, isFloating } from '../core/dtype.js';
import { type Attributes, type Emitter, type Operation, single, typed } from '../core/operation.js';
import { Mismatch } from '../core/shape.js';
import { apply, scalar, type Tensor, type Value } from '../core/tensor.js';
import { div, equal, greater, mul, neg as negate, sub } from './binary.js';
import { cast } from './cast.js';

interface Rule {
  readonly summary: string;
  readonly derivative: string;
  readonly onnx: string;
  readonly interpreted?: readonly DType[];
  /** Default: floating-point only. */
  readonly types?: (dtype: DType) => boolean;
  readonly value: (x: number) => number;
  /** Cotangent of the input from that of the output `y = f(x)`; `null` where the function is flat. */
  readonly gradient: null | ((g: Tensor, x: Tensor, y: Tensor) => Tensor);
}

const float64: readonly DType[] = ['float64'];

function unary(name: string, rule: Rule): Operation<Attributes> {
  const fits = rule.types ?? isFloating;
  const { gradient } = rule;
  return single<Attributes>({
    name,
    summary: rule.summary,
    derivative: rule.derivative,
    ...(rule.interpreted ? { interpreted: rule.interpreted } : {}),
    infer: ([x]) => {
      if (!fits(x!.dtype)) throw new Mismatch(`${x!.dtype} has no ${name}: cast it first`);
      return typed(x!.shape, x!.dtype);
    },
    gradient: gradient === null ? null : (g, node) => [gradient(g, node.inputs[0]!, node.outputs[0]!)],
    lower: (emitter: Emitter, [x]) => emitter.node(rule.onnx, [x!]),
    evaluate: ([x]) => x!.values.map(rule.value),
  });
}

/** The error function to double precision: its series near zero, a continued fraction far out. */
function erfValue(x: number): number {
  const a = Math.abs(x);
  if (a < 2.5) {
    let term = a;
    let sum = a;
    for (let n = 1; Math.abs(term) > 1e-17 * sum; n++) {
      term *= (-a * a) / n;
      sum += term / (2 * n + 1);
    }
    return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * (a + fraction)));
}

/** Rounds to the nearest, halves to even. */
function roundEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  if (rest !== 0.5) return rest < 0.5 ? low : low + 1;
  return low % 2 === 0 ? low : low + 1;
}

const numeric = (dtype: DType) => dtype !== 'bool';

/** The entries of this file. */
export const unaryOperations = {
  abs: unary('abs', {
    summary: 'absolute value',
    derivative: 'g · sign(x)',
    onnx: 'Abs',
    types: numeric,
    value: Math.abs,
    gradient: (g, x) => mul(g, sign(x)),
  }),
  sign: unary('sign', {
    summary: '−1, 0 or 1',
    derivative: '0',
    onnx: 'Sign',
    types: numeric,
    value: Math.sign,
    gradient: null,
  }),
  exp: unary('exp', {
    summary: 'e to the power x',
    derivative: 'g · y',
    onnx: 'Exp',
    value: Math.exp,
    gradient: (g, _, y) => mul(g, y),
  }),
  log: unary('log', {
    summary: 'natural logarithm',
    derivative: 'g / x',
    onnx: 'Log',
    value: Math.log,
    gradient: (g, x) => div(g, x),
  }),
  sqrt: unary('sqrt', {
    summary: 'square root',
    derivative: 'g / 2y',
    onnx: 'Sqrt',
    value: Math.sqrt,
    gradient: (g, _, y) => div(mul(g, 0.5), y),
  }),
  reciprocal: unary('reciprocal', {
    summary: '1 / x',
    derivative: '−g · y²',
    onnx: 'Reciprocal',
    value: (x) => 1 / x,
    gradient: (g, _, y) => negate(mul(g, mul(y, y))),
  }),
  sin: unary('sin', {
    summary: 'sine of radians',
    derivative: 'g · cos(x)',
    onnx: 'Sin',
    value: Math.sin,
    gradient: (g, x) => mul(g, cos(x)),
  }),
  cos: unary('cos', {
    summary: 'cosine of radians',
    derivative: '−g · sin(x)',
    onnx: 'Cos',
    interpreted: float64,
    value: Math.cos,
    gradient: (g, x) => negate(mul(g, sin(x))),
  }),
  tanh: unary('tanh', {
    summary: 'hyperbolic tangent',
    derivative: 'g · (1 − y²)',
    onnx: 'Tanh',
    value: Math.tanh,
    gradient: (g, _, y) => mul(g, sub(1, mul(y, y))),
  }),
  sigmoid: unary('sigmoid', {
    summary: '1 / (1 + e^−x)',
    derivative: 'g · y · (1 − y)',
    onnx: 'Sigmoid',
    value: (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
    gradient: (g, _, y) => mul(g, mul(y, sub(1, y))),
  }),
  softplus: unary('softplus', {
    summary: 'log(1 + e^x)',
    derivative: 'g · sigmoid(x)',
    onnx: 'Softplus',
    interpreted: float64,
    value: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    gradient: (g, x) => mul(g, sigmoid(x)),
  }),
  erf: unary('erf', {
    summary: 'error function',
    derivative: 'g · 2/√π · e^−x²',
    onnx: 'Erf',
    interpreted: float64,
    value: erfValue,
    gradient: (g, x) => mul(g, mul(exp(negate(mul(x, x))), 2 / Math.sqrt(Math.PI))),
  }),
  gelu: unary('gelu', {
    summary: 'Gaussian error linear unit, exact: x/2 · (1 + erf(x/√2))',
    derivative: 'g · (Φ(x) + x · φ(x)), Φ and φ of the normal distribution',
    onnx: 'Gelu',
    interpreted: float64,
    value: (x) => (x / 2) * (1 + erfValue(x * Math.SQRT1_2)),
    gradient: (g, x) => {
      const a = mul(x, Math.SQRT1_2);
      const density = mul(mul(exp(negate(mul(a, a))), x), Math.sqrt(2 / Math.PI));
      return mul(g, mul(sub(density, sub(-1, erf(a))), 0.5));
    },
  }),
  relu: unary('relu', {
    summary: 'x where positive, else 0',
    derivative: 'g where y > 0',
    onnx: 'Relu',
    value: (x) => Math.max(x, 0),
    gradient: (g, _, y) => mul(g, cast(greater(y, scalar(0, y.dtype)), y.dtype)),
  }),
  floor: unary('floor', {
    summary: 'largest integer not above x',
    derivative: '0',
    onnx: 'Floor',
    value: Math.floor,
    gradient: null,
  }),
  ceil: unary('ceil', {
    summary: 'smallest integer not below x',
    derivative: '0',
    onnx: 'Ceil',
    value: Math.ceil,
    gradient: null,
  }),
  round: unary('round', {
    summary: 'nearest integer, halves to even',
    derivative: '0',
    onnx: 'Round',
    value: roundEven,
    gradient: null,
  }),
  not: unary('not', {
    summary: 'logical negation',
    derivative: '',
    onnx: 'Not',
    types: (dtype) => dtype === 'bool',
    value: (x) => (x === 0 ? 1 : 0),
    gradient: null,
  }),
};

const of =
  (name: keyof typeof unaryOperations) =>
  (x: Value): Tensor =>
    apply(unaryOperations[name], [x], {});

/** Absolute value. */
export const abs = of('abs');
/** −1, 0 or 1. */
export const sign = of('sign');
/** e to the power x. */
export const exp = of('exp');
/** Natural logarithm. */
export const log = of('log');
/** Square root. */
export const sqrt = of('sqrt');
/** 1 / x. */
export const reciprocal = of('reciprocal');
/** Sine of radians. */
export const sin = of('sin');
/** Cosine of radians. */
export const cos = of('cos');
/** Hyperbolic tangent. */
export const tanh = of('tanh');
/** 1 / (1 + e^−x). */
export const sigmoid = of('sigmoid');
/** log(1 + e^x), without overflow. */
export const softplus = of('softplus');
/** Error function. */
export const erf = of('erf');
/** Gaussian error linear unit, exact: `x/2 · (1 + erf(x/√2))`. */
export const gelu = of('gelu');
/** x where positive, else 0. */
export const relu = of('relu');
/** Largest integer not above x; no gradient flows. */
export const floor = of('floor');
/** Smallest integer not below x; no gradient flows. */
export const ceil = of('ceil');
/** Nearest integer, halves to even; no gradient flows. */
export const round = of('round');
/** Logical negation of a `bool`. */
export const not = of('not');

/** x². */
export function square(x: Value): Tensor {
  return mul(x, x);
}

/** 1 / √x. */
export function rsqrt(x: Value): Tensor {
  return reciprocal(sqrt(x));
}

/** Whether each element is a number and finite. */
export function finite(x: Value): Tensor {
  return equal(sub(x, x), 0);
}
