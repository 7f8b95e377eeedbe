import { array, evaluate, grad, type NDArray, type Tensor, tensor } from '@fletch/array';
import { rng } from '@fletch/linalg';
import { describe, expect, test } from 'vitest';
import {
  barlowTwins,
  barlowTwinsLoss,
  type Objective,
  redundancyOnly,
  simclr,
  simsiam,
  vicreg,
} from './index.js';

const [n, d] = [6, 4];
const normals = (seed: number): NDArray =>
  array(rng(seed).fillNormal(new Float64Array(n * d)), 'float64', [n, d]);
const [z1, z2] = [normals(1), normals(2)];
const same = (z: Tensor) => z;
const lossOf = (objective: Objective, a = z1, b = z2) =>
  evaluate(objective.loss(tensor(a), tensor(b), same)).loss.item();

const row = (z: NDArray, i: number) => Array.from((z.data as Float64Array).slice(i * d, (i + 1) * d));
const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const cosine = (a: number[], b: number[]) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));

test('SimCLR is the cross-entropy of finding the sibling among all other views', () => {
  const all = [
    ...Array.from({ length: n }, (_, i) => row(z1, i)),
    ...Array.from({ length: n }, (_, i) => row(z2, i)),
  ];
  let expected = 0;
  for (const [i, own] of all.entries()) {
    const weights = all.map((other, j) => (i === j ? 0 : Math.exp(cosine(own, other) / 0.2)));
    expected -= Math.log(weights[(i + n) % (2 * n)]! / weights.reduce((a, b) => a + b)) / (2 * n);
  }
  expect(lossOf(simclr({ temperature: 0.2 }))).toBeCloseTo(expected, 8);
});

test('SimSiam is the mean negative cosine, and its target gets no gradient', () => {
  let expected = 0;
  for (let i = 0; i < n; i++) expected -= cosine(row(z1, i), row(z2, i)) / n;
  expect(lossOf(simsiam())).toBeCloseTo(expected, 10);
  // With a predictor that passes nothing on, only the target is left.
  const blind = (z: Tensor) => simsiam().loss(z, tensor(z2), () => tensor(z1)).loss;
  const gradient = evaluate(grad((z: Tensor) => blind(z), { unused: 'zeros' })(tensor(z1)));
  expect(Array.from(gradient.data as Float64Array).every((value) => value === 0)).toBe(true);
});

test('VICReg is its three terms', () => {
  let near = 0;
  for (const [at, value] of (z1.data as Float64Array).entries())
    near += (value - (z2.data[at] as number)) ** 2 / (n * d);
  const parts = [z1, z2].map((z) => {
    const means = Array.from(
      { length: d },
      (_, j) => Array.from({ length: n }, (_, i) => row(z, i)[j]!).reduce((a, b) => a + b) / n,
    );
    const covariance = (j: number, k: number) =>
      Array.from({ length: n }, (_, i) => (row(z, i)[j]! - means[j]!) * (row(z, i)[k]! - means[k]!)).reduce(
        (a, b) => a + b,
      ) /
      (n - 1);
    let [hinge, off] = [0, 0];
    for (let j = 0; j < d; j++)
      for (let k = 0; k < d; k++)
        if (j === k) hinge += Math.max(0, 1 - Math.sqrt(covariance(j, j) + 1e-4)) / d;
        else off += covariance(j, k) ** 2 / d;
    return { hinge, off };
  });
  const expected = 25 * near + (25 * (parts[0]!.hinge + parts[1]!.hinge)) / 2 + parts[0]!.off + parts[1]!.off;
  expect(lossOf(vicreg())).toBeCloseTo(expected, 8);
});

describe('the ablations', () => {
  test('are the two terms of the loss', () => {
    const { onDiag, offDiag } = evaluate(barlowTwinsLoss(z1, z2));
    expect(lossOf(barlowTwins({ lambda: 0 }))).toBeCloseTo(onDiag.item(), 12);
    expect(lossOf(redundancyOnly({ lambda: 0.5 }))).toBeCloseTo(0.5 * offDiag.item(), 12);
    expect(barlowTwins({ lambda: 0 }).name).toBe('invariance only');
  });
});

test.each([
  [() => simclr({ temperature: 0 }), /temperature.*0/],
  [() => simsiam({ predictor: -1 }), /predictor.*-1/],
  [() => barlowTwins({ lambda: -1 }), /λ.*-1/],
])('bad options are refused', (make, message) => {
  expect(make).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) }),
  );
});
