import { array } from '@fletch/array';
import { lstsq, Matrix, rng } from '@fletch/linalg';
import { describe, expect, test } from 'vitest';
import { linearProbe } from './index.js';

/** Clouds around three corners. */
function clouds(count: number, seed: number, width = 4) {
  const random = rng(seed);
  const labels = Int32Array.from({ length: count }, (_, i) => i % 3);
  const data = Float32Array.from({ length: count * width }, (_, at) => {
    const [i, j] = [Math.floor(at / width), at % width];
    return random.normal() + (labels[i] === j ? 4 : 0) + 10 * j;
  });
  return { features: array(data, 'float32', [count, width]), labels };
}

describe.each(['ridge', 'logistic'] as const)('the %s probe', (kind) => {
  test('learns what is linear, and reads features of any scale', async () => {
    const [train, held] = [clouds(90, 1), clouds(300, 2)];
    const probe = await linearProbe(train.features, train.labels, { kind });
    expect(probe.classes).toBe(3);
    expect(probe.accuracy(held.features, held.labels)).toBeGreaterThan(0.95);
    const stretched = (given: typeof train) =>
      array(
        (given.features.data as Float32Array).map((value, at) => value * (at % 4 === 0 ? 1000 : 0.001)),
        'float32',
        given.features.shape,
      );
    const other = await linearProbe(stretched(train), train.labels, { kind });
    expect(other.predict(stretched(held))).toEqual(probe.predict(held.features));
    const { rows, cols } = probe.scores(held.features);
    expect([rows, cols]).toEqual([300, 3]);
  });

  test('chooses a penalty, and the same one again', async () => {
    // Many more features than rows, most of them noise: a small penalty overfits.
    const random = rng(3);
    const [n, d] = [40, 120];
    const labels = Int32Array.from({ length: n }, (_, i) => i % 2);
    const data = Float32Array.from(
      { length: n * d },
      (_, at) => random.normal() + (at % d === 0 ? 3 * labels[Math.floor(at / d)]! : 0),
    );
    const features = array(data, 'float32', [n, d]);
    const l2 = [1e-6, 1, 1e4];
    const probe = await linearProbe(features, labels, { kind, l2 });
    expect(l2).toContain(probe.l2);
    if (kind === 'ridge') expect(probe.l2).toBe(1);
    expect((await linearProbe(features, labels, { kind, l2 })).l2).toBe(probe.l2);
  });

  test('is not disturbed by features that do not vary', async () => {
    const { features, labels } = clouds(30, 4);
    const dead = array(
      (features.data as Float32Array).map((value, at) => (at % 4 === 3 ? 7 : value)),
      'float32',
      features.shape,
    );
    const probe = await linearProbe(dead, labels, { kind });
    expect(probe.accuracy(dead, labels)).toBeGreaterThan(0.9);
  });
});

describe('ridge', () => {
  const targets = (labels: Int32Array) => labels.map((label) => (label === 0 ? 1 : -1));

  test.each([
    ['tall', 40, 6],
    ['wide', 6, 40],
  ])('of a %s matrix solves the penalized least squares', async (_, n, d) => {
    const random = rng(5);
    const x = random.fillNormal(new Float64Array(n * d));
    const labels = Int32Array.from({ length: n }, (_, i) => i % 2);
    const l2 = 0.3;
    const probe = await linearProbe(new Matrix(x, n, d), labels, { l2, standardize: false });
    // The same as least squares with a column of ones and √(n·l2)·I below.
    const rows = Matrix.from([
      ...Array.from({ length: n }, (_, i) => [...x.slice(i * d, (i + 1) * d), 1]),
      ...Array.from({ length: d }, (_, j) =>
        Array.from({ length: d + 1 }, (_, k) => (j === k ? Math.sqrt(n * l2) : 0)),
      ),
    ]);
    const y = new Matrix(Float64Array.from([...targets(labels), ...new Array(d).fill(0)]), n + d, 1);
    const { x: solution } = lstsq(rows, y);
    const scores = probe.scores(new Matrix(x, n, d));
    for (let i = 0; i < n; i++) {
      let expected = solution.data[d]!;
      for (let j = 0; j < d; j++) expected += x[i * d + j]! * solution.data[j]!;
      expect(scores.data[2 * i]).toBeCloseTo(expected, 8);
    }
  });

  test('chooses by the error of rows that were left out', async () => {
    const random = rng(6);
    const [n, d] = [14, 5];
    const x = random.fillNormal(new Float64Array(n * d));
    const labels = Int32Array.from({ length: n }, () => random.integer(2));
    labels.set([0, 1]);
    const penalties = [0.003, 0.1, 3];
    // With the penalty times rows kept, leaving one out by hand.
    const errors = await Promise.all(
      penalties.map(async (l2) => {
        let total = 0;
        for (let out = 0; out < n; out++) {
          const kept = Array.from({ length: n }, (_, i) => i).filter((i) => i !== out);
          const part = Float64Array.from(kept.flatMap((i) => Array.from(x.slice(i * d, (i + 1) * d))));
          const probe = await linearProbe(
            new Matrix(part, n - 1, d),
            kept.map((i) => labels[i]!),
            { l2: (l2 * n) / (n - 1), classes: 2, standardize: false },
          );
          const score = probe.scores(new Matrix(x.slice(out * d, (out + 1) * d), 1, d)).data[0]!;
          total += (score - (labels[out] === 0 ? 1 : -1)) ** 2;
        }
        return total;
      }),
    );
    const best = penalties[errors.indexOf(Math.min(...errors))];
    expect((await linearProbe(new Matrix(x, n, d), labels, { l2: penalties, standardize: false })).l2).toBe(
      best,
    );
  });
});

test('the logistic probe is at the minimum of its loss', async () => {
  const { features, labels } = clouds(60, 7);
  const l2 = 0.05;
  const probe = await linearProbe(features, labels, { kind: 'logistic', l2 });
  // At the minimum the mean residual of every class vanishes: the bias is free.
  const scores = probe.scores(features);
  for (let k = 0; k < 3; k++) {
    let residual = 0;
    for (let i = 0; i < 60; i++) {
      const row = Array.from(scores.row(i), Math.exp);
      residual += row[k]! / row.reduce((a, b) => a + b) - (labels[i] === k ? 1 : 0);
    }
    expect(Math.abs(residual / 60)).toBeLessThan(1e-3);
  }
});

const { features, labels } = clouds(12, 8);
test.each<[string, () => Promise<unknown>, string, RegExp]>([
  [
    'a class without a row',
    () => linearProbe(features, labels, { classes: 5 }),
    'INVALID_ARGUMENT',
    /None of the 12 labelled rows has class 3 of 5/,
  ],
  [
    'fewer rows than classes',
    () => linearProbe(array([1, 2], 'float32', [1, 2]), [2]),
    'INVALID_ARGUMENT',
    /class 0 of 3/,
  ],
  ['no rows', () => linearProbe(array([], 'float32', [0, 2]), []), 'INVALID_ARGUMENT', /no labelled rows/],
  [
    'a label out of range',
    () =>
      linearProbe(
        features,
        labels.map((l) => l - 1),
      ),
    'INVALID_ARGUMENT',
    /row 0 is -1/,
  ],
  [
    'a label beyond the classes',
    () => linearProbe(features, labels, { classes: 2 }),
    'INVALID_ARGUMENT',
    /row 2 is 2/,
  ],
  [
    'another number of labels',
    () => linearProbe(features, labels.slice(1)),
    'DIMENSION_MISMATCH',
    /12 rows, but 11 labels/,
  ],
  [
    'no penalty',
    () => linearProbe(features, labels, { l2: 0 }),
    'INVALID_ARGUMENT',
    /l2 must be positive.*0/,
  ],
  [
    'an empty list of penalties',
    () => linearProbe(features, labels, { l2: [] }),
    'INVALID_ARGUMENT',
    /nothing/,
  ],
  ['one axis', () => linearProbe(array([1, 2]), [0, 1]), 'DIMENSION_MISMATCH', /not \[2\]/],
  [
    'what is not finite',
    () => linearProbe(array([1, Number.NaN], 'float32', [1, 2]), [0]),
    'NON_FINITE',
    /Feature 1 of row 0/,
  ],
  [
    'features of another width',
    async () => (await linearProbe(features, labels)).predict(array([1, 2], 'float32', [1, 2])),
    'DIMENSION_MISMATCH',
    /4 features a row, not 2/,
  ],
  [
    'too few labels to judge by',
    async () => (await linearProbe(features, labels)).accuracy(features, [0]),
    'DIMENSION_MISMATCH',
    /12 rows, but 1 labels/,
  ],
  [
    'an aborted run',
    () => linearProbe(features, labels, { kind: 'logistic', signal: AbortSignal.abort() }),
    'ABORTED',
    /aborted/,
  ],
])('%s is refused', async (_, call, code, message) => {
  await expect(call()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});
