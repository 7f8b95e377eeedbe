import { expect, test } from 'vitest';
import { lstsq } from './lstsq.js';
import { Matrix } from './matrix.js';
import { random, times } from './support.case.js';
import { solveTriangular, triangularize } from './triangular.js';

const largest = (a: Matrix, b: Matrix): number =>
  Array.from(a.data).reduce((most, value, i) => Math.max(most, Math.abs(value - b.data[i]!)), 0);

test.each([1, 5, 40, 90])('solves least squares without Q: %i columns', (n) => {
  const a = random(n + 50, n, 'float64', n) as Matrix<Float64Array>;
  const b = random(n + 50, 3, 'float64', n + 1) as Matrix<Float64Array>;
  const { r, qtb } = triangularize(a, b);
  expect(largest(solveTriangular(r, qtb), lstsq(a, b).x)).toBeLessThan(1e-11);
  const rt = new Matrix(new Float64Array(n * n), n, n);
  const at = new Matrix(new Float64Array(n * a.rows), n, a.rows);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) rt.data[j * n + i] = r.at(i, j);
  for (let i = 0; i < a.rows; i++) for (let j = 0; j < n; j++) at.data[j * a.rows + i] = a.at(i, j);
  expect(largest(times(rt, r), times(at, a))).toBeLessThan(1e-11);
  const right = random(n, 2, 'float64', 5) as Matrix<Float64Array>;
  expect(largest(times(rt, solveTriangular(r, right, { transpose: true })), right)).toBeLessThan(1e-10);
});

test('refuses what does not fit', () => {
  const wide = random(2, 3);
  expect(() => triangularize(wide, random(2, 1))).toThrow(/at least as many rows/);
  expect(() => triangularize(random(4, 2), random(3, 1))).toThrow(/rows differ/);
  expect(() => solveTriangular(wide, random(2, 1))).toThrow(/square/);
  expect(() => solveTriangular(random(2, 2), random(3, 1))).toThrow(/rows differ/);
  expect(() =>
    solveTriangular(
      Matrix.from([
        [1, 2],
        [0, 0],
      ]),
      Matrix.from([[1], [1]]),
    ),
  ).toThrow(/entry 1/);
});
