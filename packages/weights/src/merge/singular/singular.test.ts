import { array } from '@fletch/array';
import { Matrix, matmul, randomOrthogonal, rng } from '@fletch/linalg';
import { describe, expect, test } from 'vitest';
import { mergeModels, taskSingularInterference } from '../index.js';
import { model, moved, normals, numbers } from '../merge.case.js';
import { adaptiveRanks } from '../methods/singular.js';
import { leadingDirections } from './merge-singular.js';
import { columns, orthogonalize } from './orthogonalize.js';
import { densityOf, outlierWeights } from './outliers.js';

const shape = [12, 16] as const;
const size = shape[0] * shape[1];
const base = normals(1, size);

/** `U diag(s) Vᵀ` of given columns and rows. */
function product(u: Matrix<Float32Array>, s: readonly number[], vt: Matrix<Float32Array>): Float32Array {
  const scaled = u.data.map((value, i) => value * s[i % u.cols]!);
  return matmul(new Matrix(scaled, u.rows, u.cols), vt).data;
}

const orthogonal = (seed: number, n: number) => {
  const { data } = randomOrthogonal(rng(seed), n);
  return new Matrix(Float32Array.from(data), n, n);
};

const merge = (deltas: readonly Float32Array[], method: 'tsvm' | 'r_tsvm', options = {}) =>
  numbers(
    mergeModels(
      model(base, shape),
      deltas.map((delta) => model(moved(base, delta), shape)),
      method,
      options,
    ),
  );

describe('TSV-M', () => {
  test('of one model is that model', () => {
    const delta = normals(2, size, 0.1);
    merge([delta], 'tsvm').forEach((value, i) => {
      expect(value).toBeCloseTo(base[i]! + delta[i]!, 5);
    });
  });

  test('adds tasks whose spaces are orthogonal', () => {
    const [u, v] = [orthogonal(3, 12), orthogonal(4, 16)];
    const vt = new Matrix(v.data, 16, 16);
    const parts = [0, 1, 2].map((task) => {
      const from = task * 4;
      return product(
        columns(u, from, from + 4),
        [4, 3, 2, 1],
        new Matrix(vt.data.slice(from * 16, (from + 4) * 16), 4, 16),
      );
    });
    const sum = base.map((value, i) => value + parts.reduce((total, part) => total + part[i]!, 0));
    merge(parts, 'tsvm').forEach((value, i) => {
      expect(value).toBeCloseTo(sum[i]!, 4);
    });
    const arrays = parts.map((part) => array(part, 'float32', shape));
    expect(taskSingularInterference(arrays)).toBeLessThan(1e-3);
    expect(taskSingularInterference([arrays[0]!, arrays[0]!])).toBeGreaterThan(1);
  });

  test('a task without a difference changes nothing of the others', () => {
    const delta = product(
      columns(orthogonal(5, 12), 0, 5),
      [5, 4, 3, 2, 1],
      new Matrix(orthogonal(6, 16).data.slice(0, 5 * 16), 5, 16),
    );
    merge([delta, new Float32Array(size)], 'tsvm').forEach((value, i) => {
      expect(value).toBeCloseTo(base[i]! + delta[i]!, 4);
    });
  });

  test('takes the mean of vectors, tables, and matrices smaller than the number of models', () => {
    const warnings: string[] = [];
    const state = (value: number) => ({
      bias: array(Float32Array.of(value, value)),
      'embed_tokens.weight': array(new Float32Array(9).fill(value), 'float32', [3, 3]),
      small: array(new Float32Array(2).fill(value), 'float32', [1, 2]),
    });
    const found = mergeModels(state(0), [state(1), state(3)], 'tsvm', {
      onWarning: (message) => warnings.push(message),
    });
    for (const { data } of Object.values(found)) for (const value of data) expect(value).toBe(2);
    expect(warnings).toEqual(['"small" [1, 2] is smaller than the number of models, 2: its mean is taken.']);
  });
});

describe('orthogonal factors', () => {
  const parts = [7, 8, 9].map((seed) => leadingDirections(new Matrix(normals(seed, size), ...shape), 4));
  const u = new Matrix(new Float32Array(144), 12, 12);
  parts.forEach((part, task) => {
    for (let i = 0; i < 12; i++) u.data.set(part.u.row(i), i * 12 + task * 4);
  });

  test('have orthonormal columns', () => {
    const found = orthogonalize(u);
    const gram = matmul(found, found, { transposeA: true });
    for (let i = 0; i < 12; i++)
      for (let j = 0; j < 12; j++) expect(Math.abs(gram.at(i, j) - (i === j ? 1 : 0))).toBeLessThan(1e-5);
  });

  test('are the same by both ways', () => {
    const [a, b] = [orthogonalize(u, 'svd'), orthogonalize(u, 'eigen')];
    a.data.forEach((value, i) => {
      expect(Math.abs(value - b.data[i]!)).toBeLessThan(1e-4);
    });
  });

  test('leave null directions null', () => {
    const twice = new Matrix(Float32Array.from([1, 1, 0, 0, 0, 0]), 3, 2);
    const found = orthogonalize(twice);
    [Math.SQRT1_2, Math.SQRT1_2, 0, 0, 0, 0].forEach((value, i) => {
      expect(found.data[i]).toBeCloseTo(value, 5);
    });
  });
});

describe('R-TSVM', () => {
  test('weighs by the share of outliers, whatever the scale', () => {
    const gaussian = normals(11, 5000);
    const sparse = normals(12, 5000, 0.05).map((value, i) => (i % 50 === 0 ? 2 * Math.sign(value) : value));
    const [a, b] = outlierWeights([gaussian, sparse]);
    expect(a).toBeLessThan(b!);
    const [c, d] = outlierWeights([gaussian.map((value) => value * 100), sparse]);
    expect(c).toBeCloseTo(a!, 6);
    expect(d).toBeCloseTo(b!, 6);
    expect(outlierWeights([gaussian, gaussian, gaussian])).toEqual([1, 1, 1]);
    expect(outlierWeights([new Float32Array(10), new Float32Array(10)])).toEqual([1, 1]);
    expect(outlierWeights([gaussian, sparse], { outlierPower: 0 })).toEqual([1, 1]);
    expect(Math.max(...outlierWeights([sparse, new Float32Array(5000), new Float32Array(5000)]))).toBe(3);
    const absolute = outlierWeights([gaussian.map((value) => value * 100), sparse], {
      outlierMass: 'absolute',
    });
    expect(absolute[0]).toBeGreaterThan(absolute[1]!);
  });

  test('gives sparse tasks fewer directions, never more than there are', () => {
    const dense = normals(13, 1000);
    const sparse = dense.map((value, i) => (i % 4 === 0 ? value : 0));
    expect(densityOf(sparse)).toBeLessThan(densityOf(dense) / 3);
    const ranks = adaptiveRanks([0.9, 0.3], 100, 0.6);
    expect(ranks).toEqual([75, 25]);
    expect(adaptiveRanks([0.9, 0.9], 100, 0.45)).toEqual([50, 50]);
    expect(adaptiveRanks([0.001, 0.9], 100, 0.45)[0]).toBe(1);
  });

  test('with everything switched off is TSV-M', () => {
    const deltas = [14, 15, 16].map((seed) => normals(seed, size, 0.1));
    const plain = merge(deltas, 'tsvm');
    merge(deltas, 'r_tsvm', { outlierPower: 0, rankMode: 'uniform' }).forEach((value, i) => {
      expect(value).toBeCloseTo(plain[i]!, 5);
    });
  });
});

test('interference refuses what are no matrices of one shape', () => {
  const [a, b] = [
    array(new Float32Array(4), 'float32', [2, 2]),
    array(new Float32Array(6), 'float32', [2, 3]),
  ];
  expect(() => taskSingularInterference([a, b])).toThrow(
    expect.objectContaining({ code: 'DIMENSION_MISMATCH' }),
  );
  expect(() => taskSingularInterference([])).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
});
