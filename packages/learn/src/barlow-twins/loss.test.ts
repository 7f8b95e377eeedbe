import { array, evaluate, grad, type NDArray, type Tensor, tensor, valueAndGrad } from '@fletch/array';
import { Matrix, qr, rng } from '@fletch/linalg';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { barlowTwinsLoss, checkEmbeddings, crossCorrelation } from './index.js';

const rows = (values: Float64Array, n: number): NDArray => array(values, 'float64', [n, values.length / n]);
const normals = (n: number, d: number, seed: number): NDArray =>
  rows(rng(seed).fillNormal(new Float64Array(n * d)), n);

function lossOf(z1: NDArray, z2: NDArray, options = {}) {
  const { loss, onDiag, offDiag } = evaluate(barlowTwinsLoss(z1, z2, options));
  return { loss: loss.item(), onDiag: onDiag.item(), offDiag: offDiag.item() };
}

/** Columns without mean that are orthonormal times √n. */
function orthonormal(n: number, d: number): NDArray {
  const random = normals(n, d, 1);
  const centred = new Matrix((random.data as Float64Array).slice(), n, d);
  for (let j = 0; j < d; j++) {
    let mean = 0;
    for (let i = 0; i < n; i++) mean += centred.data[i * d + j]! / n;
    for (let i = 0; i < n; i++) centred.data[i * d + j]! -= mean;
  }
  const { q } = qr(centred);
  return rows(
    q.data.map((value) => value * Math.sqrt(n)),
    n,
  );
}

/** The loss by its definition, entry by entry. */
function oracle(z1: NDArray, z2: NDArray, lambda: number, eps: number) {
  const [n, d] = z1.shape as [number, number];
  const standard = ({ data }: NDArray) => {
    const result = Float64Array.from(data as Float64Array);
    for (let j = 0; j < d; j++) {
      let mean = 0;
      let variance = 0;
      for (let i = 0; i < n; i++) mean += result[i * d + j]! / n;
      for (let i = 0; i < n; i++) variance += (result[i * d + j]! - mean) ** 2 / n;
      for (let i = 0; i < n; i++) result[i * d + j] = (result[i * d + j]! - mean) / Math.sqrt(variance + eps);
    }
    return result;
  };
  const [a, b] = [standard(z1), standard(z2)];
  let [onDiag, offDiag] = [0, 0];
  for (let i = 0; i < d; i++)
    for (let j = 0; j < d; j++) {
      let c = 0;
      for (let k = 0; k < n; k++) c += (a[k * d + i]! * b[k * d + j]!) / n;
      if (i === j) onDiag += (c - 1) ** 2;
      else offDiag += c ** 2;
    }
  return { loss: onDiag + lambda * offDiag, onDiag, offDiag };
}

describe('the loss', () => {
  test('is zero for equal views with orthonormal columns, whose correlation is the identity', () => {
    const d = 7;
    const z = orthonormal(40, d);
    expect(lossOf(z, z).loss).toBeLessThan(1e-4 * d);
    const c = evaluate(crossCorrelation(z, z)).data as Float64Array;
    for (const [at, value] of c.entries()) expect(value).toBeCloseTo(at % (d + 1) === 0 ? 1 : 0, 4);
  });

  test('of opposite views is 4D on the diagonal', () => {
    const z = normals(50, 6, 2);
    const opposite = rows(
      (z.data as Float64Array).map((value) => -value),
      50,
    );
    expect(lossOf(z, opposite).onDiag).toBeCloseTo(24, 2);
    const c = evaluate(crossCorrelation(z, opposite)).data as Float64Array;
    for (let i = 0; i < 6; i++) expect(c[i * 7]!).toBeCloseTo(-1, 4);
  });

  test('of independent views is about D on the diagonal and D(D − 1)/N off it', () => {
    const [n, d] = [20_000, 12];
    const { onDiag, offDiag } = lossOf(normals(n, d, 3), normals(n, d, 4));
    expect(Math.abs(onDiag / d - 1)).toBeLessThan(0.02);
    expect(Math.abs(offDiag / ((d * (d - 1)) / n) - 1)).toBeLessThan(0.3);
  });

  test('sees collapse: equal columns give λD(D − 1), constants give D', () => {
    const d = 5;
    const column = rng(5).fillNormal(new Float64Array(30));
    const same = rows(
      Float64Array.from({ length: 30 * d }, (_, at) => column[Math.floor(at / d)]!),
      30,
    );
    expect(lossOf(same, same, { lambda: 0.02 }).loss).toBeCloseTo(0.02 * d * (d - 1), 4);
    for (const value of evaluate(crossCorrelation(same, same)).data) expect(value).toBeCloseTo(1, 4);
    const constant = rows(new Float64Array(30 * d).fill(3), 30);
    expect(lossOf(constant, constant).loss).toBe(d);
    expect(evaluate(crossCorrelation(constant, constant)).data).toEqual(new Float64Array(d * d));
  });

  test('does not change with scale, shift, and the order of rows and columns', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
        const [n, d] = [24, 5];
        const [z1, z2] = [normals(n, d, 2 * seed), normals(n, d, 2 * seed + 1)];
        const random = rng(seed, 9);
        const [byRow, byColumn] = [random.permutation(n), random.permutation(d)];
        const scales = Array.from({ length: 2 * d }, () => 0.5 + 3 * random.uniform());
        const shifts = Array.from({ length: 2 * d }, () => 10 * random.normal());
        const moved = ({ data }: NDArray, view: number) =>
          rows(
            Float64Array.from({ length: n * d }, (_, at) => {
              const column = byColumn[at % d]!;
              const value = (data as Float64Array)[byRow[Math.floor(at / d)]! * d + column]!;
              return value * scales[view * d + column]! + shifts[view * d + column]!;
            }),
            n,
          );
        const [before, after] = [lossOf(z1, z2), lossOf(moved(z1, 0), moved(z2, 1))];
        expect(Math.abs(after.loss / before.loss - 1)).toBeLessThan(1e-3);
        expect(Math.abs(after.offDiag / before.offDiag - 1)).toBeLessThan(1e-3);
      }),
      { seed: 1, numRuns: 30 },
    );
  });

  test('equals the definition, entry by entry', () => {
    for (const [lambda, eps] of [
      [0.0051, 1e-5],
      [0.3, 0.01],
      [0, 1e-5],
    ] as const) {
      const [z1, z2] = [normals(17, 4, 6), normals(17, 4, 7)];
      const [ours, expected] = [lossOf(z1, z2, { lambda, eps }), oracle(z1, z2, lambda, eps)];
      for (const term of ['loss', 'onDiag', 'offDiag'] as const)
        expect(ours[term]).toBeCloseTo(expected[term], 11);
    }
    expect(lossOf(normals(9, 3, 1), normals(9, 3, 2)).loss).toBe(
      lossOf(normals(9, 3, 1), normals(9, 3, 2), { lambda: 0.0051, eps: 1e-5 }).loss,
    );
  });

  test('has the gradient of central differences in both views', () => {
    const [n, d] = [16, 6];
    const views = [normals(n, d, 8), normals(n, d, 9)] as const;
    const f = (z: { a: Tensor; b: Tensor }) => barlowTwinsLoss(z.a, z.b, { lambda: 0.02 }).loss;
    const gradient = evaluate(grad(f)({ a: tensor(views[0]), b: tensor(views[1]) }));
    const step = 1e-5;
    for (const [view, found] of [gradient.a, gradient.b].entries()) {
      let [off, size] = [0, 0];
      for (let at = 0; at < n * d; at++) {
        const bent = (by: number) => {
          const [a, b] = views.map((z, i) => {
            const data = (z.data as Float64Array).slice();
            if (i === view) data[at]! += by;
            return rows(data, n);
          });
          return oracle(a!, b!, 0.02, 1e-5).loss;
        };
        const expected = (bent(step) - bent(-step)) / (2 * step);
        off += ((found.data[at] as number) - expected) ** 2;
        size += expected ** 2;
      }
      expect(Math.sqrt(off / size)).toBeLessThan(1e-6);
    }
  });

  test('exchanging the views transposes the correlation', () => {
    const [z1, z2] = [normals(11, 4, 10), normals(11, 4, 11)];
    const c = evaluate(crossCorrelation(z1, z2)).toNested() as number[][];
    const swapped = evaluate(crossCorrelation(z2, z1)).toNested() as number[][];
    for (let i = 0; i < 4; i++) for (let j = 0; j < 4; j++) expect(swapped[j]![i]).toBeCloseTo(c[i]![j]!, 12);
    expect(Math.abs(c[0]![1]! - c[1]![0]!)).toBeGreaterThan(1e-3);
  });

  test('a column that does not vary gives no NaN, in value and gradient', () => {
    const z = normals(10, 3, 12);
    const dead = rows(
      (z.data as Float64Array).map((value, at) => (at % 3 === 1 ? 2 : value)),
      10,
    );
    const f = (a: Tensor) => barlowTwinsLoss(a, z).loss;
    const [loss, gradient] = evaluate(valueAndGrad(f)(tensor(dead)));
    expect(Number.isFinite(loss.item())).toBe(true);
    expect(Array.from(gradient.data as Float64Array).every(Number.isFinite)).toBe(true);
    expect((evaluate(crossCorrelation(dead, z)).toNested() as number[][])[1]).toEqual([0, 0, 0]);
  });
});

describe('what it refuses', () => {
  const z = normals(8, 3, 1);
  test.each<[string, () => unknown, string, RegExp]>([
    [
      'other shapes',
      () => barlowTwinsLoss(z, normals(8, 4, 1)),
      'DIMENSION_MISMATCH',
      /Views must both be N×D, got \[8, 3\] and \[8, 4\]/,
    ],
    [
      'one axis',
      () => crossCorrelation(array([1, 2]), array([1, 2])),
      'DIMENSION_MISMATCH',
      /N×D, got \[2\]/,
    ],
    [
      'one row',
      () => barlowTwinsLoss(normals(1, 3, 1), normals(1, 3, 1)),
      'INVALID_ARGUMENT',
      /at least 2 rows, got 1/,
    ],
    ['a negative λ', () => barlowTwinsLoss(z, z, { lambda: -0.1 }), 'INVALID_ARGUMENT', /λ .*-0\.1/],
    [
      'a λ that is no number',
      () => barlowTwinsLoss(z, z, { lambda: Number.NaN }),
      'INVALID_ARGUMENT',
      /λ .*NaN/,
    ],
    [
      'embeddings that are not finite',
      () => {
        const bad = z.copy();
        bad.data[7] = Number.POSITIVE_INFINITY;
        return barlowTwinsLoss(z, bad);
      },
      'NON_FINITE',
      /non-finite embedding in view 2, column 1/,
    ],
    [
      'means that are not finite',
      () => checkEmbeddings(1, array([0, Number.NaN])),
      'NON_FINITE',
      /view 1, column 1/,
    ],
  ])('%s', (_, call, code, message) => {
    expect(call).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});
