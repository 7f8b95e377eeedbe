import { isFletchError } from '@fletch/base';
import { describe, expect, it } from 'vitest';
import { array, type NDArray, zeros } from '../core/ndarray.js';
import type { Tensor, Value } from '../core/tensor.js';
import { type Mapped, tree } from '../core/tree.js';
import {
  add,
  cast,
  conv2d,
  customVjp,
  exp,
  layerNorm,
  matmul,
  mul,
  relu,
  round,
  scan,
  sin,
  softmax,
  square,
  standardize,
  stopGradient,
  sum,
  tanh,
} from '../operations/index.js';
import { numbers } from '../testing/numbers.js';
import { grad, valueAndGrad, vjp } from './gradient.js';
import { evaluate } from './interpret.js';

const at = (x: number) => array([x], 'float64', []);

function caught(f: () => unknown): Error & { code?: string } {
  try {
    f();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

describe('grad', () => {
  it('differentiates with respect to a tree, in its shape', () => {
    const loss = (p: { w: Value; list: Value[] }) => sum(add(mul(p.w, p.w), mul(p.list[0]!, 3)));
    const g = evaluate(grad(loss)({ w: array([1, 2]), list: [array([5, 6])] })) as Mapped<
      unknown,
      NDArray
    > & {
      w: NDArray;
      list: NDArray[];
    };
    expect(g.w.toNested()).toEqual([2, 4]);
    expect(g.list[0]!.toNested()).toEqual([3, 3]);
  });

  it('gives the value and what the function returned beside it', () => {
    const [[loss, twice], g] = evaluate(
      valueAndGrad((x: Value): [Tensor, Tensor] => [mul(x, x), mul(x, 2)])(at(3)),
    ) as unknown as [[NDArray, NDArray], NDArray];
    expect([loss.item(), twice.item(), g.item()]).toEqual([9, 6, 6]);
  });

  it('sees only what happens inside the function', () => {
    const x = mul(at(2), 1);
    const outside = mul(x, x);
    expect(evaluate(grad((y: Value) => mul(y, outside))(x)).item()).toBe(4);
  });

  it('differentiates another argument when asked', () => {
    expect(evaluate(grad((a: Value, b: Value) => mul(a, b), { argument: 1 })(at(2), at(5))).item()).toBe(2);
  });

  it('takes derivatives of derivatives', () => {
    const d1 = grad((x: Value) => sin(mul(x, x)));
    const d2 = grad(d1 as (x: Value) => Tensor);
    const d3 = grad(d2 as (x: Value) => Tensor);
    const x = 0.7;
    expect(evaluate(d1(at(x))).item()).toBeCloseTo(2 * x * Math.cos(x * x), 12);
    expect(evaluate(d2(at(x))).item()).toBeCloseTo(2 * Math.cos(x * x) - 4 * x * x * Math.sin(x * x), 12);
    expect(evaluate(d3(at(x))).item()).toBeCloseTo(
      -12 * x * Math.sin(x * x) - 8 * x ** 3 * Math.cos(x * x),
      11,
    );
  });

  it('stops at stopGradient', () => {
    expect(evaluate(grad((x: Value) => mul(x, stopGradient(x)))(at(3))).item()).toBe(3);
  });

  it('passes straight through an estimator of its own', () => {
    const through = customVjp(
      (x: Tensor) => round(x),
      (g) => [g],
    );
    expect(evaluate(grad((x: Value) => mul(through(x as Tensor), 2))(at(1.4))).item()).toBe(2);
  });

  it('takes Hessian-vector products through every kind of layer', () => {
    const next = numbers(3);
    const random = (...shape: number[]) =>
      array(
        Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => next() - 0.5),
        'float64',
        shape,
      );
    const params = { image: random(1, 2, 4, 4), w: random(3, 2, 3, 3), q: random(4, 4), s: random(4) };
    type P = { [K in keyof typeof params]: Value };
    const loss = (p: P) => {
      const h = tanh(conv2d(p.image, p.w, undefined, { padding: 1 }));
      const attended = matmul(softmax(h), layerNorm(matmul(h, p.q), p.s));
      const [state] = scan(
        (c, row) => [tanh(add(mul(c, 0.5), sum(row as Tensor, { axes: [0, 1] }))), {}],
        p.s,
        attended,
      );
      return sum(mul(state as Tensor, exp(standardize(state as Tensor))));
    };
    const direction = tree.map((leaf) => random(...leaf.shape), params) as typeof params;
    const dot = (a: P, b: P) =>
      tree
        .leaves<Value>(tree.map((x, _, y) => sum(mul(x as Value, y as Value)), a, b))
        .reduce((x, y) => add(x, y)) as Tensor;
    const product = evaluate(
      grad((p: P) => dot(grad(loss)(p) as unknown as P, direction))(params),
    ) as typeof params;
    const shifted = (h: number) =>
      tree.map((leaf, _, d) => evaluate(add(leaf, mul(d, h))), params, direction) as unknown as typeof params;
    const [up, down] = [1e-5, -1e-5].map((h) => evaluate(grad(loss)(shifted(h)))) as [
      typeof params,
      typeof params,
    ];
    for (const name of Object.keys(params) as (keyof typeof params)[])
      for (const [i, value] of product[name].data.entries()) {
        const expected = (Number(up[name].data[i]) - Number(down[name].data[i])) / 2e-5;
        expect(Math.abs(Number(value) - expected)).toBeLessThan(2e-7 * (1 + Math.abs(expected)));
      }
  });

  it('refuses integers, missing and unused parameters and losses that are no number, by name', () => {
    const integer = caught(() =>
      grad((p: { ids: Value }) => sum(cast(p.ids, 'float32')))({ ids: zeros([2], 'int32') }),
    );
    expect(isFletchError(integer, 'INVALID_ARGUMENT')).toBe(true);
    expect(integer.message).toMatch(/grad: the parameter "ids" is int32.*gradient\.test\.ts:\d+/);
    const missing = caught(() => grad((p: { w: Value | undefined }) => sum(p.w as Value))({ w: undefined }));
    expect(missing.message).toContain('"w" is undefined');
    const unused = caught(() =>
      grad((p: { a: Value; b: Value }) => sum(p.a))({ a: zeros([2]), b: zeros([2]) }),
    );
    expect(unused.message).toContain('does not depend on "b"');
    const zero = evaluate(
      grad((p: { a: Value; b: Value }) => sum(p.a), { unused: 'zeros' })({ a: zeros([2]), b: zeros([2]) }),
    ) as { b: NDArray };
    expect(zero.b.toNested()).toEqual([0, 0]);
    const vector = caught(() => grad((x: Value) => relu(x))(zeros([2])));
    expect(isFletchError(vector, 'DIMENSION_MISMATCH')).toBe(true);
  });
});

describe('vjp', () => {
  it('pulls cotangents of a tree of outputs back to all arguments', () => {
    const [value, pull] = vjp(
      (a: Value, b: Value) => ({ product: mul(a, b), square: square(a) }),
      at(3),
      at(4),
    );
    const [ga, gb] = evaluate(pull({ product: mul(at(10), 1), square: mul(at(1), 1) })) as unknown as [
      NDArray,
      NDArray,
    ];
    expect(evaluate(value.product).item()).toBe(12);
    expect([ga.item(), gb.item()]).toEqual([46, 30]);
  });

  it('refuses cotangents of another shape', () => {
    const [, pull] = vjp((a: Value) => mul(a, 2), at(3));
    expect(() => pull(mul(zeros([2]), 1))).toThrow(/cotangent of output 0/);
  });
});

describe('errors while tracing', () => {
  it('name the operation, the shapes and the line of the caller', () => {
    const error = caught(() => matmul(zeros([2, 3]), zeros([4, 5])));
    expect(isFletchError(error, 'DIMENSION_MISMATCH')).toBe(true);
    expect(error.message).toMatch(
      /^matmul: the inner lengths 3 and 4 differ; given float32\[2, 3\], float32\[4, 5\] \(at .*gradient\.test\.ts:\d+:\d+\)\.$/,
    );
  });

  it('say when element types differ or a parameter is missing', () => {
    expect(() => add(zeros([2]), zeros([2], 'int32'))).toThrow(/add: element types float32 and int32 differ/);
    expect(() => add(zeros([2]), undefined as unknown as Value)).toThrow(
      /argument 2 is undefined: is a parameter missing/,
    );
    expect(() => add(zeros([2], 'int32'), 0.5)).toThrow(/0.5 is not int32/);
  });
});
