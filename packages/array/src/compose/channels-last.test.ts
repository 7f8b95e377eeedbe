import { expect, it } from 'vitest';
import { array, zeros } from '../core/ndarray.js';
import type { Tensor } from '../core/tensor.js';
import { conv2d, mul, sum, transpose } from '../operations/index.js';
import { valueAndGrad } from '../transform/gradient.js';
import { evaluate } from '../transform/interpret.js';
import { conv2dLast } from './channels-last.js';

let drawn = 0;
const draw = (...shape: number[]) => {
  const values = new Float64Array(shape.reduce((a, b) => a * b, 1));
  return array(
    values.map(() => Math.sin(1 + 1.7 * (drawn++) ** 1.1)),
    'float64',
    shape,
  );
};

it.each([
  [7, 6, 3, 1, 1],
  [7, 6, 3, 2, 1],
  [8, 5, 3, 2, 0],
  [9, 7, 2, 3, 1],
  [5, 5, 5, 1, 2],
  [4, 6, 1, 2, 0],
])(
  'is conv2d with its axes moved: %i × %i, kernel %i, stride %i, padding %i',
  (height, width, kernel, stride, padding) => {
    const [x, w] = [draw(2, 3, height, width), draw(4, 3, kernel, kernel)];
    const weights = draw(...conv2d(x, w, undefined, { stride, padding }).shape);
    const plain = valueAndGrad(([a, b]: readonly [typeof x, typeof w]) =>
      sum(mul(conv2d(a, b, undefined, { stride, padding }), weights)),
    )([x, w] as never);
    const last = valueAndGrad(([a, b]: readonly [typeof x, typeof w]) =>
      sum(
        mul(transpose(conv2dLast(transpose(a, [0, 2, 3, 1]), b, { stride, padding }), [0, 3, 1, 2]), weights),
      ),
    )([x, w] as never);
    const numbers = ([value, gradients]: readonly [unknown, unknown]) =>
      [value, ...(gradients as readonly unknown[])].flatMap((one) =>
        Array.from(evaluate(one as Tensor).data as Float64Array),
      );
    const [expected, found] = [numbers(plain as never), numbers(last as never)];
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i]!, 10);
  },
);

it('refuses what does not fit', () => {
  expect(() => conv2dLast(zeros([1, 4, 4, 2]), zeros([3, 1, 3, 3]))).toThrow(
    /do not fit: images are \[batch, height/,
  );
  expect(() => conv2dLast(zeros([1, 2, 2, 1]), zeros([3, 1, 3, 3]))).toThrow(/do not fit/);
  expect(() => conv2dLast(zeros([4, 4, 1]), zeros([3, 1, 3, 3]))).toThrow(/do not fit/);
  expect(() => conv2dLast(zeros([1, 4, 4, 1]), zeros([3, 1, 2, 2]), { padding: 'same' })).toThrow(/odd size/);
  expect(() => conv2dLast(zeros([1, 4, 4, 1]), zeros([3, 1, 3, 3]), { stride: 0 })).toThrow(/do not fit/);
});
