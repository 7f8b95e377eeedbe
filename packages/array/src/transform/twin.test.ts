import { expect, it } from 'vitest';
import { crossEntropy } from '../compose/losses.js';
import { array, fromNumbers } from '../core/ndarray.js';
import type { Value } from '../core/tensor.js';
import { matmul, relu, tanh } from '../operations/index.js';
import { numbers } from '../testing/numbers.js';
import * as twin from '../testing/twin.js';
import { valueAndGrad } from './gradient.js';
import { evaluate } from './interpret.js';

it('agrees with the scalar twin on a two-layer classifier', () => {
  const next = numbers(11);
  const draw = (n: number) => Float64Array.from({ length: n }, () => 2 * next() - 1);
  const [x, w1, w2, w3] = [draw(5 * 4), draw(4 * 6), draw(6 * 6), draw(6 * 3)] as const;
  const labels = [0, 2, 1, 1, 0];

  const [a, b, c] = [twin.rows(w1, 6), twin.rows(w2, 6), twin.rows(w3, 3)];
  const hidden = twin.map(twin.matmul(twin.rows(x, 4), a), (s) => s.relu());
  const expected = twin.crossEntropy(
    twin.matmul(
      twin.map(twin.matmul(hidden, b), (s) => s.tanh()),
      c,
    ),
    labels,
  );
  expected.backward();

  const matrix = (data: Float64Array, rows: number) => array(data, 'float64', [rows, data.length / rows]);
  const loss = (p: { w1: Value; w2: Value; w3: Value }) =>
    crossEntropy(
      matmul(tanh(matmul(relu(matmul(matrix(x, 5), p.w1)), p.w2)), p.w3),
      fromNumbers(labels, [5], 'int32'),
    );
  const [value, gradients] = evaluate(
    valueAndGrad(loss)({ w1: matrix(w1, 4), w2: matrix(w2, 6), w3: matrix(w3, 6) }),
  );
  expect(value.item()).toBeCloseTo(expected.value, 12);
  for (const [own, theirs] of [
    [gradients.w1, a],
    [gradients.w2, b],
    [gradients.w3, c],
  ] as const)
    for (const [i, scalar] of theirs.flat().entries()) expect(own.data[i]).toBeCloseTo(scalar.derivative, 12);
});
