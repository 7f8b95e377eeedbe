import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nearestCentroids } from './kmeans.js';
import { Matrix } from './matrix.js';
import {
  decodeProduct,
  encodeProduct,
  productDistanceTable,
  productDotTable,
  scoreProduct,
  trainProductQuantizer,
} from './product-quantization.js';
import { rng } from './random/rng.js';

const gaussian = (rows: number, cols: number, seed = 1) =>
  new Matrix(rng(seed).fillNormal(new Float32Array(rows * cols)), rows, cols);

const error = (a: Matrix<Float32Array>, b: Matrix<Float32Array>) =>
  a.data.reduce((sum, value, i) => sum + (value - b.data[i]!) ** 2, 0);

test('vectors made of few values per part come back as they were', () => {
  const random = rng(3);
  const values = [gaussian(4, 2, 5), gaussian(4, 3, 6)];
  const rows = Array.from({ length: 200 }, () => values.flatMap((v) => [...v.row(random.integer(4))]));
  const x = Matrix.from(rows, 'float32');
  const quantizer = trainProductQuantizer(x, { parts: 2, centroids: 4 });
  expect([...quantizer.starts]).toEqual([0, 2, 5]);
  expect(error(decodeProduct(quantizer, encodeProduct(quantizer, x)), x)).toBeLessThan(1e-10);
});

test('tables give what the decoded vectors give, for any parts and centroids', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 0, max: 1000 }),
      (dimension, wanted, centroids, seed) => {
        const x = gaussian(40, dimension, seed);
        const parts = Math.min(wanted, dimension);
        const quantizer = trainProductQuantizer(x, { parts, centroids, seed, iterations: 3 });
        const codes = encodeProduct(quantizer, x);
        const back = decodeProduct(quantizer, codes);
        const query = gaussian(1, dimension, seed + 1).data;
        const dots = scoreProduct(quantizer, productDotTable(quantizer, query), codes);
        const distances = scoreProduct(quantizer, productDistanceTable(quantizer, query), codes);
        for (let i = 0; i < x.rows; i++) {
          const row = back.row(i);
          expect(dots[i]).toBeCloseTo(
            row.reduce((sum, value, j) => sum + value * query[j]!, 0),
            4,
          );
          expect(distances[i]).toBeCloseTo(
            row.reduce((sum, value, j) => sum + (value - query[j]!) ** 2, 0),
            4,
          );
        }
      },
    ),
    { numRuns: 25, seed: 11 },
  );
});

test('codes are the nearest centroids', () => {
  const x = gaussian(100, 6);
  const quantizer = trainProductQuantizer(x, { parts: 3, centroids: 16 });
  const codes = encodeProduct(quantizer, x);
  for (let p = 0; p < 3; p++)
    for (let i = 0; i < x.rows; i++) {
      const distances = Array.from({ length: 16 }, (_, c) => {
        const at = 16 * 2 * p + 2 * c;
        return [0, 1].reduce((sum, j) => sum + (quantizer.codebooks[at + j]! - x.at(i, 2 * p + j)) ** 2, 0);
      });
      expect(distances[codes[i * 3 + p]!]).toBeCloseTo(Math.min(...distances), 5);
    }
});

test('more parts err less, and by far less than a random codebook', () => {
  const x = gaussian(600, 8);
  const errors = [1, 2, 4, 8].map((parts) => {
    const quantizer = trainProductQuantizer(x, { parts, centroids: 32 });
    return error(decodeProduct(quantizer, encodeProduct(quantizer, x)), x) / error(x, gaussianZero(x));
  });
  expect(errors).toEqual([...errors].sort((a, b) => b - a));
  expect(errors[3]).toBeLessThan(0.01);
});

const gaussianZero = (x: Matrix<Float32Array>) => new Matrix(new Float32Array(x.data.length), x.rows, x.cols);

test('the same seed gives the same codebooks, also from a sample', () => {
  const x = gaussian(500, 4);
  const train = (seed: number) =>
    trainProductQuantizer(x, { parts: 2, centroids: 8, sample: 100, seed }).codebooks;
  expect(train(1)).toEqual(train(1));
  expect(train(1)).not.toEqual(train(2));
});

describe('refuses', () => {
  const x = gaussian(20, 4);
  const quantizer = trainProductQuantizer(x, { parts: 2, centroids: 8 });
  test.each([
    ['no parts', () => trainProductQuantizer(x, { parts: 0 }), 'INVALID_ARGUMENT', /parts must be/],
    [
      'more parts than dimensions',
      () => trainProductQuantizer(x, { parts: 5 }),
      'INVALID_ARGUMENT',
      /from 1 to 4/,
    ],
    [
      'too many centroids',
      () => trainProductQuantizer(x, { parts: 1, centroids: 21 }),
      'INVALID_ARGUMENT',
      /from 1 to 20/,
    ],
    [
      'a sample below the centroids',
      () => trainProductQuantizer(x, { parts: 1, centroids: 8, sample: 7 }),
      'INVALID_ARGUMENT',
      /sample must be/,
    ],
    [
      'other dimensions',
      () => encodeProduct(quantizer, gaussian(3, 5)),
      'DIMENSION_MISMATCH',
      /learned on 4 dimensions.* have 5/,
    ],
    ['a query of other dimensions', () => productDotTable(quantizer, [1]), 'DIMENSION_MISMATCH', /have 1/],
    [
      'half a code',
      () => decodeProduct(quantizer, new Uint8Array(3)),
      'DIMENSION_MISMATCH',
      /no whole number/,
    ],
    [
      'a code without a centroid',
      () => decodeProduct(quantizer, Uint8Array.of(0, 1, 2, 9)),
      'CORRUPT',
      /Code 1 of row 1 is 9/,
    ],
    [
      'a table of another size',
      () => scoreProduct(quantizer, new Float32Array(3), new Uint8Array(4)),
      'DIMENSION_MISMATCH',
      /table of 16/,
    ],
    [
      'NaN',
      () => encodeProduct(quantizer, new Matrix(Float32Array.of(1, Number.NaN, 0, 0), 1, 4)),
      'NON_FINITE',
      /\(0, 1\)/,
    ],
    [
      'NaN to learn from',
      () => trainProductQuantizer(new Matrix(Float32Array.of(Number.NaN), 1, 1), { parts: 1 }),
      'NON_FINITE',
      /\(0, 0\)/,
    ],
    ['no centroids', () => nearestCentroids(x, gaussian(0, 4)), 'INVALID_ARGUMENT', /centroids/],
  ])('%s', (_, act, code, message) => {
    expect(act).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });

  test('goes on after an abort', () => {
    expect(() => trainProductQuantizer(x, { parts: 2, signal: AbortSignal.abort() })).toThrow(
      expect.objectContaining({ code: 'ABORTED' }),
    );
  });
});
