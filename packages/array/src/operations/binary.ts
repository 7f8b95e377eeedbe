/**
 * Operations on two tensors, element by element, with broadcasting; comparisons, logic and `where`.
 *
 * @module
 */
import { type DType, isFloating } from '../core/dtype.js';
import { type Attributes, type Operation, type Reference, single, typed } from '../core/operation.js';
import { broadcastShapes, broadcastStrides, Mismatch, type Shape, sizeOf, walk } from '../core/shape.js';
import { apply, type Node, scalar, type Tensor, type Value } from '../core/tensor.js';
import { cast } from './cast.js';
import { sumTo } from './reduce.js';
import { exp, log, not } from './unary.js';

interface Rule {
  readonly summary: string;
  readonly derivative: string;
  readonly onnx: string;
  readonly types: (dtype: DType) => boolean;
  /** Default: that of the inputs. */
  readonly result?: DType;
  readonly value: (a: number, b: number, dtype: DType) => number;
  /** Cotangents before they are summed to the inputs' shapes. */
  readonly gradient: null | ((g: Tensor, a: Tensor, b: Tensor, y: Tensor) => readonly [Tensor, Tensor]);
  readonly attributes?: (dtype: DType) => Readonly<Record<string, number>>;
}

/** Evaluates `f` over operands stretched to `shape`. */
export function zip(
  operands: readonly Reference[],
  shape: Shape,
  f: (...values: number[]) => number,
): Float64Array {
  const result = new Float64Array(sizeOf(shape));
  const strides = operands.map((operand) => broadcastStrides(operand.shape, shape));
  walk(shape, strides, (i, offsets) => {
    result[i] = f(...operands.map((operand, k) => operand.values[offsets[k]!]!));
  });
  return result;
}

function sameDType(a: DType, b: DType): void {
  if (a !== b) throw new Mismatch(`element types ${a} and ${b} differ: cast one`);
}

function binary(name: string, rule: Rule): Operation<Attributes> {
  const { gradient } = rule;
  return single<Attributes>({
    name,
    summary: rule.summary,
    derivative: rule.derivative,
    infer: ([a, b]) => {
      sameDType(a!.dtype, b!.dtype);
      if (!rule.types(a!.dtype)) throw new Mismatch(`${a!.dtype} has no ${name}: cast it first`);
      return typed(broadcastShapes(a!.shape, b!.shape), rule.result ?? a!.dtype);
    },
    gradient:
      gradient === null
        ? null
        : (g, { inputs, outputs }) => {
            const [a, b] = inputs as [Tensor, Tensor];
            const [ga, gb] = gradient(g, a, b, outputs[0]!);
            return [sumTo(ga, a.shape), sumTo(gb, b.shape)];
          },
    lower: (emitter, inputs, { inputs: [a] }) =>
      emitter.node(rule.onnx, inputs, rule.attributes?.(a!.dtype) ?? {}),
    evaluate: (operands, node: Node) => {
      const dtype = operands[0]!.dtype;
      return zip(operands, node.outputs[0]!.shape, (a, b) => rule.value(a!, b!, dtype));
    },
  });
}

const numeric = (dtype: DType) => dtype !== 'bool';
const any = () => true;
const logical = (dtype: DType) => dtype === 'bool';
const mask = (condition: Tensor, dtype: DType) => cast(condition, dtype);

/** The entries of this file. */
export const binaryOperations = {
  add: binary('add', {
    summary: 'a + b',
    derivative: 'g, g',
    onnx: 'Add',
    types: numeric,
    value: (a, b) => a + b,
    gradient: (g) => [g, g],
  }),
  sub: binary('sub', {
    summary: 'a − b',
    derivative: 'g, −g',
    onnx: 'Sub',
    types: numeric,
    value: (a, b) => a - b,
    gradient: (g) => [g, neg(g)],
  }),
  mul: binary('mul', {
    summary: 'a · b',
    derivative: 'g·b, g·a',
    onnx: 'Mul',
    types: numeric,
    value: (a, b) => a * b,
    gradient: (g, a, b) => [mul(g, b), mul(g, a)],
  }),
  div: binary('div', {
    summary: 'a / b; integers are cut towards zero',
    derivative: 'g/b, −g·y/b',
    onnx: 'Div',
    types: numeric,
    value: (a, b, dtype) => (isFloating(dtype) ? a / b : Math.trunc(a / b)),
    gradient: (g, _, b, y) => [div(g, b), neg(div(mul(g, y), b))],
  }),
  pow: binary('pow', {
    summary: 'a to the power b',
    derivative: 'g·b·a^(b−1), g·y·log(a)',
    onnx: 'Pow',
    types: isFloating,
    value: (a, b) => a ** b,
    // Where a ≤ 0 the logarithm does not exist; the power of b has no gradient there.
    gradient: (g, a, b, y) => [
      mul(g, mul(b, pow(a, sub(b, 1)))),
      mul(g, mul(y, log(where(greater(a, 0), a, 1)))),
    ],
  }),
  maximum: binary('maximum', {
    summary: 'the larger of a and b',
    derivative: 'g where a ≥ b, g elsewhere',
    onnx: 'Max',
    types: numeric,
    value: (a, b) => Math.max(a, b),
    gradient: (g, a, b) => {
      const first = mask(greaterEqual(a, b), g.dtype);
      return [mul(g, first), mul(g, sub(1, first))];
    },
  }),
  minimum: binary('minimum', {
    summary: 'the smaller of a and b',
    derivative: 'g where a ≤ b, g elsewhere',
    onnx: 'Min',
    types: numeric,
    value: (a, b) => Math.min(a, b),
    gradient: (g, a, b) => {
      const first = mask(lessEqual(a, b), g.dtype);
      return [mul(g, first), mul(g, sub(1, first))];
    },
  }),
  mod: binary('mod', {
    summary: 'remainder with the sign of a for fractions, of b for integers',
    derivative: '',
    onnx: 'Mod',
    types: numeric,
    attributes: (dtype) => (isFloating(dtype) ? { fmod: 1 } : {}),
    value: (a, b, dtype) => (isFloating(dtype) ? a % b : ((a % b) + b) % b),
    gradient: null,
  }),
  equal: binary('equal', {
    summary: 'whether a = b',
    derivative: '',
    onnx: 'Equal',
    types: any,
    result: 'bool',
    value: (a, b) => Number(a === b),
    gradient: null,
  }),
  less: binary('less', {
    summary: 'whether a < b',
    derivative: '',
    onnx: 'Less',
    types: numeric,
    result: 'bool',
    value: (a, b) => Number(a < b),
    gradient: null,
  }),
  lessEqual: binary('lessEqual', {
    summary: 'whether a ≤ b',
    derivative: '',
    onnx: 'LessOrEqual',
    types: numeric,
    result: 'bool',
    value: (a, b) => Number(a <= b),
    gradient: null,
  }),
  and: binary('and', {
    summary: 'logical and',
    derivative: '',
    onnx: 'And',
    types: logical,
    value: (a, b) => Number(a !== 0 && b !== 0),
    gradient: null,
  }),
  or: binary('or', {
    summary: 'logical or',
    derivative: '',
    onnx: 'Or',
    types: logical,
    value: (a, b) => Number(a !== 0 || b !== 0),
    gradient: null,
  }),
  neg: single<Attributes>({
    name: 'neg',
    summary: '−x',
    derivative: '−g',
    infer: ([x]) => {
      if (!numeric(x!.dtype)) throw new Mismatch('bool has no neg: use not');
      return x!;
    },
    gradient: (g) => [neg(g)],
    lower: (emitter, inputs) => emitter.node('Neg', inputs),
    evaluate: ([x]) => x!.values.map((value) => -value),
  }),
  where: single<Attributes>({
    name: 'where',
    summary: 'a where the condition holds, else b',
    derivative: 'none, g where it holds, g elsewhere',
    infer: ([condition, a, b]) => {
      if (condition!.dtype !== 'bool') throw new Mismatch(`the condition is ${condition!.dtype}, not bool`);
      sameDType(a!.dtype, b!.dtype);
      return typed(broadcastShapes(condition!.shape, a!.shape, b!.shape), a!.dtype);
    },
    gradient: (g, { inputs }) => {
      const [condition, a, b] = inputs as [Tensor, Tensor, Tensor];
      const zero = scalar(0, g.dtype);
      return [
        undefined,
        sumTo(where(condition, g, zero), a.shape),
        sumTo(where(condition, zero, g), b.shape),
      ];
    },
    lower: (emitter, inputs) => emitter.node('Where', inputs),
    evaluate: (operands, node) =>
      zip(operands, node.outputs[0]!.shape, (condition, a, b) => (condition !== 0 ? a! : b!)),
  }),
};

const of =
  (name: Exclude<keyof typeof binaryOperations, 'neg' | 'where'>) =>
  (a: Value, b: Value): Tensor =>
    apply(binaryOperations[name], [a, b], {});

/** a + b. */
export const add = of('add');
/** a − b. */
export const sub = of('sub');
/** a · b, element by element. */
export const mul = of('mul');
/** a / b; integers are cut towards zero. */
export const div = of('div');
/** a to the power b. */
export const pow = of('pow');
/** The larger of a and b; where they are equal the gradient goes to a. */
export const maximum = of('maximum');
/** The smaller of a and b; where they are equal the gradient goes to a. */
export const minimum = of('minimum');
/** Remainder: the sign of `a` for fractions, of `b` for integers; no gradient. */
export const mod = of('mod');
/** Whether a = b, as `bool`. */
export const equal = of('equal');
/** Whether a < b, as `bool`. */
export const less = of('less');
/** Whether a ≤ b, as `bool`. */
export const lessEqual = of('lessEqual');
/** Logical and of two `bool`. */
export const and = of('and');
/** Logical or of two `bool`. */
export const or = of('or');

/** Whether a > b, as `bool`. */
export function greater(a: Value, b: Value): Tensor {
  return less(b, a);
}

/** Whether a ≥ b, as `bool`. */
export function greaterEqual(a: Value, b: Value): Tensor {
  return lessEqual(b, a);
}

/** Whether a ≠ b, as `bool`. */
export function notEqual(a: Value, b: Value): Tensor {
  return not(equal(a, b));
}

/** −x. */
export function neg(x: Value): Tensor {
  return apply(binaryOperations.neg, [x], {});
}

/** `a` where `condition` (a `bool`) holds, else `b`. */
export function where(condition: Value, a: Value, b: Value): Tensor {
  const dtype = typeof a === 'number' ? (typeof b === 'number' ? 'float32' : b.dtype) : a.dtype;
  const fit = (value: Value) => (typeof value === 'number' ? scalar(value, dtype) : value);
  return apply(binaryOperations.where, [condition, fit(a), fit(b)], {});
}

/** `x` kept between `low` and `high`. */
export function clip(x: Value, low: Value, high: Value): Tensor {
  return minimum(maximum(x, low), high);
}

/** log(e^a + e^b) without overflow. */
export function logAddExp(a: Value, b: Value): Tensor {
  const top = maximum(a, b);
  return add(top, log(add(exp(sub(a, top)), exp(sub(b, top)))));
}
