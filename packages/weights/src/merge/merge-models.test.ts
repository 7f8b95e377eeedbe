import { array } from '@fletch/array';
import { fromFloat32, toFloat32 } from '@fletch/data';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type MergeMethod, type MergeOptions, mergeMethods, mergeModels } from './index.js';
import { model, moved, normals, numbers, oracle } from './merge.case.js';

const zero = (count: number) => new Float32Array(count);
const merged = (
  base: ArrayLike<number>,
  tuned: readonly ArrayLike<number>[],
  method: MergeMethod,
  options: MergeOptions = {},
  shape?: readonly number[],
) =>
  numbers(
    mergeModels(
      model(base, shape),
      tuned.map((one) => model(one, shape)),
      method,
      options,
    ),
  );

const bf16 = (values: readonly number[]) =>
  Array.from(toFloat32(fromFloat32(Float32Array.from(values), 'BF16'), 'BF16', ''));

/** Equal to bf16 rounding: the same bits, or neighbours where the exact number lies half way. */
function expectSameInBf16(found: readonly number[], exact: readonly number[]) {
  const [a, b] = [bf16(found), bf16(exact)];
  a.forEach((value, i) => {
    const halfWay = Math.abs(found[i]! - exact[i]!) <= Math.abs(exact[i]!) * 2e-6 + 1e-7;
    expect(value === b[i] || (halfWay && Math.abs(value - b[i]!) <= Math.abs(exact[i]!) * 2 ** -7)).toBe(
      true,
    );
  });
  expect(a.filter((value, i) => value !== b[i]).length).toBeLessThanOrEqual(a.length / 500);
}

describe('against oracles in 64-bit', () => {
  const count = 3000;
  const base = normals(1, count, 0.02);
  const tuned = [2, 3, 4].map((seed) => moved(base, normals(seed, count, 0.002)));
  const lists = tuned.map((one) => Array.from(one));
  const from = Array.from(base);
  const weights = [1, 0.3, 0.5];

  test('linear', () => {
    expectSameInBf16(merged(base, tuned, 'linear', { weights }), oracle.linear(lists, weights));
    expectSameInBf16(
      merged(base, tuned, 'linear', { weights, normalize: false }),
      oracle.linear(lists, weights, false),
    );
    expectSameInBf16(merged(base, tuned, 'average'), oracle.linear(lists, [1, 1, 1]));
    expectSameInBf16(merged(base, tuned, 'rewarded_soup', { weights }), oracle.linear(lists, weights));
  });

  test.each([0, 0.3, 0.5, 1])('slerp, t = %d', (t) => {
    const far = [normals(8, count), normals(9, count)] as const;
    expectSameInBf16(merged(base, far, 'slerp', { t }), oracle.slerp([...far[0]], [...far[1]], t));
    // Nearly parallel: a straight line.
    expectSameInBf16(merged(base, [base, base], 'slerp', { t }), oracle.slerp(from, from, t));
  });

  test('task arithmetic', () => {
    for (const lambda of [0.3, 1])
      expectSameInBf16(
        merged(base, tuned, 'task_arithmetic', { weights, lambda }),
        oracle.taskArithmetic(from, lists, weights, lambda),
      );
  });

  test.each([0.01, 0.2, 0.5, 1])('TIES, density %d', (density) => {
    for (const normalize of [true, false])
      expectSameInBf16(
        merged(base, tuned, 'ties', { weights, density, normalize }),
        oracle.ties(from, lists, { weights, density: [density, density, density], normalize }),
      );
  });

  test('TIES with many equal sizes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -2, max: 2 }), fc.integer({ min: -2, max: 2 })), {
          minLength: 3,
          maxLength: 40,
        }),
        fc.constantFrom(0.4, 0.5, 0.9),
        (pairs, density) => {
          const models = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
          const exact = oracle.ties(new Array(pairs.length).fill(0), models, {
            weights: [1, 1],
            density: [density, density],
          });
          const found = merged(zero(pairs.length), models, 'ties', { density });
          found.forEach((value, i) => {
            expect(value).toBeCloseTo(exact[i]!, 6);
          });
        },
      ),
      { seed: 8 },
    );
  });
});

describe('by hand', () => {
  test('TIES', () => {
    const found = merged(
      [0, 0, 0],
      [
        [3, -1, 0.1],
        [-2, -2, 0.2],
      ],
      'ties',
      { density: 2 / 3 },
    );
    expect(found).toEqual([3, -1.5, 0]);
  });

  test('a sum of zero counts as plus', () => {
    expect(merged([0], [[2], [-2]], 'ties')).toEqual([2]);
  });

  test('SCE keeps what varies and agrees, weighted by mean squares', () => {
    // Variances 4, 0.25, 4: the second is not selected. Mean squares: 1 : 9 of (1, 1) and (-3, 5 …).
    const found = merged(
      [0, 0, 0],
      [
        [1, 1, 1],
        [5, 2, -3],
      ],
      'sce',
      { selectTopk: 2 / 3 },
    );
    const [a, b] = [2, 34];
    expect(found[0]).toBeCloseTo((a * 1 + b * 5) / (a + b), 6);
    expect(found[1]).toBe(0);
    expect(found[2]).toBeCloseTo(-3, 6);
  });

  test('Model Stock between two models at a known angle', () => {
    const cosine = 0.5;
    const found = merged(
      [0, 0],
      [
        [1, 0],
        [cosine, Math.sqrt(1 - cosine ** 2)],
      ],
      'model_stock',
    );
    const ratio = (2 * cosine) / (1 + cosine);
    expect(found[0]).toBeCloseTo((ratio * 1.5) / 2, 6);
  });

  test('the Karcher mean of two directions halves the angle and keeps the length', () => {
    const found = merged(
      [0, 0],
      [
        [2, 0],
        [0, 2],
      ],
      'karcher',
    );
    found.forEach((value) => {
      expect(value).toBeCloseTo(Math.SQRT2, 5);
    });
  });

  test('NuSLERP by rows turns each row', () => {
    const rows = { shape: [2, 2], options: { weights: [1, 1] } };
    const a = [1, 0, 3, 0];
    const b = [0, 1, 0, 3];
    const found = merged(zero(4), [a, b], 'nuslerp', rows.options, rows.shape);
    // Flattened, the angle is the same 90 degrees here.
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(((i < 2 ? 1 : 3) * 1) / Math.SQRT2, 6);
    });
  });
});

test('models that are all the same stay what they are', () => {
  const base = normals(5, 64);
  const one = moved(base, normals(6, 64, 0.1));
  const methods: readonly [MergeMethod, MergeOptions][] = [
    ['average', {}],
    ['linear', { weights: [0.5, 2] }],
    ['rewarded_soup', { weights: [1, 3] }],
    ['ties', {}],
    ['model_stock', {}],
    ['slerp', {}],
    ['nuslerp', {}],
    ['karcher', {}],
    ['sce', {}],
    ['della', {}],
  ];
  for (const [method, options] of methods)
    merged(base, [one, one], method, options, [8, 8]).forEach((value, i) => {
      expect(value, method).toBeCloseTo(one[i]!, 5);
    });
});

test('Model Stock of orthogonal differences is the base', () => {
  merged(
    [1, 1, 1],
    [
      [2, 1, 1],
      [1, 3, 1],
      [1, 1, 4],
    ],
    'model_stock',
  ).forEach((value) => {
    expect(value).toBeCloseTo(1, 6);
  });
});

describe('dropping', () => {
  test('DARE is right on average, however it is scaled', () => {
    const delta = [1, -2, 0.5, 3, -0.25, 1.5, 2, -1];
    for (const rescale of ['probability', 'l1'] as const) {
      const sums = new Float64Array(delta.length);
      for (let seed = 0; seed < 2000; seed++)
        merged(zero(8), [delta], 'dare_linear', { density: 0.6, rescale, seed }).forEach((value, i) => {
          sums[i]! += value / 2000;
        });
      // Restoring the sum of sizes favours small numbers a little; dividing by the probability does not.
      const tolerance = rescale === 'probability' ? 0.05 : 0.25;
      delta.forEach((value, i) => {
        expect(Math.abs(sums[i]! / value - 1)).toBeLessThan(tolerance);
      });
    }
  });

  test('rescaling restores the sum of sizes', () => {
    const delta = normals(3, 5000);
    for (const method of ['dare_linear', 'della_linear'] as const) {
      const found = merged(zero(5000), [delta], method, { density: 0.4, epsilon: 0.1 }, [50, 100]);
      const size = (values: ArrayLike<number>) =>
        Array.from(values).reduce((sum, value) => sum + Math.abs(value), 0);
      expect(found.filter((value) => value === 0).length).toBeGreaterThan(2500);
      expect(size(found) / size(delta)).toBeCloseTo(1, 5);
    }
  });

  test('DELLA keeps a row’s quarters as often as their ranks say', () => {
    const width = 400;
    const rows = 200;
    const delta = normals(9, rows * width);
    const found = merged(
      zero(rows * width),
      [delta],
      'della_linear',
      { density: 0.5, epsilon: 0.2, rescale: 'none' },
      [rows, width],
    );
    const kept = [0, 0, 0, 0];
    for (let row = 0; row < rows; row++) {
      const order = Array.from({ length: width }, (_, i) => row * width + i).sort(
        (i, j) => Math.abs(delta[i]!) - Math.abs(delta[j]!),
      );
      order.forEach((place, rank) => {
        if (found[place] !== 0) kept[Math.floor((rank / width) * 4)]! += 4 / (rows * width);
      });
    }
    [0.35, 0.45, 0.55, 0.65].forEach((rate, quarter) => {
      expect(Math.abs(kept[quarter]! - rate)).toBeLessThan(0.015);
    });
  });

  test('DELLA ranks by output unit, whichever way a tensor is stored', () => {
    const [out, inner] = [6, 50];
    const delta = normals(10, out * inner).map((value, i) => value * (1 + Math.floor(i / inner)));
    const turned = (values: ArrayLike<number>, rows: number, columns: number) =>
      Array.from({ length: rows * columns }, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
    const options = { density: 0.5, epsilon: 0.3, seed: 4, transposed: /w/ };
    const found = merged(zero(300), [turned(delta, out, inner)], 'della', options, [inner, out]);
    const { transposed: _, ...plain } = options;
    const expected = merged(zero(300), [delta], 'della', plain, [out, inner]);
    turned(expected, out, inner).forEach((value, i) => {
      expect(found[i]).toBeCloseTo(value, 5);
    });
  });

  test('Breadcrumbs keeps exactly int(density · n), neither the largest nor the smallest', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 10, max: 500 }),
        fc.constantFrom(0.1, 0.37, 0.9, 0.999),
        fc.constantFrom(0, 0.01, 0.2),
        (count, density, gamma) => {
          const delta = normals(count, count);
          const found = merged(zero(count), [delta], 'breadcrumbs', { density, gamma });
          const kept = Math.max(1, Math.trunc(density * count));
          expect(found.filter((value) => value !== 0)).toHaveLength(kept);
          const sizes = Array.from(delta, Math.abs).sort((a, b) => a - b);
          const top = Math.min(Math.trunc(gamma * count), count - kept);
          const largest = Math.max(...found.map(Math.abs));
          expect(largest).toBe(sizes[count - top - 1]);
        },
      ),
      { seed: 1 },
    );
  });

  test('the same seed drops the same numbers, whatever else is merged; another one others', () => {
    const tensors = ['a', 'b', 'c'].map(
      (name, i) => [name, array(normals(i, 200), 'float32', [10, 20])] as const,
    );
    const tuned = Object.fromEntries(tensors);
    const base = Object.fromEntries(tensors.map(([name]) => [name, array(zero(200), 'float32', [10, 20])]));
    const backwards = Object.fromEntries([...tensors].reverse().slice(0, 2));
    const baseBackwards = Object.fromEntries(Object.keys(backwards).map((name) => [name, base[name]!]));
    for (const method of ['dare_linear', 'dare_ties', 'della', 'della_linear'] as const) {
      const options = { density: 0.5, epsilon: 0.2 };
      const first = mergeModels(base, [tuned, tuned], method, options);
      const second = mergeModels(baseBackwards, [backwards, backwards], method, options);
      expect(second.c!.data).toEqual(first.c!.data);
      expect(second.b!.data).toEqual(first.b!.data);
      expect(first.a!.data).not.toEqual(
        mergeModels(base, [tuned, tuned], method, { ...options, seed: 1 }).a!.data,
      );
    }
  });
});

describe('bad input', () => {
  const one = model([1, 2, 3, 4], [2, 2]);
  const refused = (
    method: string,
    tuned: readonly ReturnType<typeof model>[],
    options: MergeOptions,
    code: string,
    message: string,
  ) =>
    expect(() => mergeModels(one, tuned, method as MergeMethod, options)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );

  test.each<[string, number, MergeOptions, string]>([
    ['ties', 0, {}, 'at least 1 models, not 0'],
    ['model_stock', 1, {}, 'at least 2 models, not 1'],
    ['slerp', 3, {}, 'exactly 2 models, not 3'],
    ['ties', 2, { density: 0 }, 'density is 0; it must be a number above 0 and at most 1'],
    ['ties', 2, { density: 1.5 }, 'density is 1.5'],
    ['della', 2, { density: 0.1 }, 'density ± epsilon is 0.1 ± 0.15'],
    ['della', 2, { density: 0.5, epsilon: 0.7 }, 'epsilon is 0.7'],
    ['breadcrumbs', 2, { gamma: 1 }, 'gamma is 1'],
    ['linear', 2, { weights: [1] }, '1 weights were given for 2 models'],
    ['linear', 2, { weights: [1, -1] }, 'the weights add up to 0'],
    ['rewarded_soup', 2, { weights: [1, -0.5] }, 'weight is -0.5; it must be a number that is not negative'],
    ['rewarded_soup', 2, { weights: [0, 0] }, 'the weights add up to 0'],
    ['linear', 2, { weights: [1, Number.NaN] }, 'weight is null; it must be a number'],
    ['task_arithmatic', 2, {}, 'Did you mean "task_arithmetic"?'],
    ['tsvm', 2, { variant: 'qr' as 'svd' }, 'variant is "qr"; it must be svd, eigen'],
  ])('%s of %d models, %j', (method, count, options, message) => {
    refused(method, new Array(count).fill(one), options, 'INVALID_ARGUMENT', message);
  });

  test('other tensors, other shapes', () => {
    refused('ties', [model([1, 2, 3, 4])], {}, 'DIMENSION_MISMATCH', '"w" is [2, 2] and [4]');
    refused('ties', [{ v: one.w! }], {}, 'DIMENSION_MISMATCH', '"w" [2, 2] is only in the first');
  });

  test('not a number, with tensor, model and place', () => {
    const broken = model([1, 2, Number.NaN, 4], [2, 2]);
    refused('average', [one, broken], {}, 'NON_FINITE', '"w" of model 1 holds NaN at 2');
    expect(() => mergeModels(broken, [one], 'ties')).toThrow('"w" of the base holds NaN at 2');
  });
});

test('what is excluded or holds integers stays the base’s', () => {
  const state = (scale: number) => ({
    'head.weight': array(Float32Array.of(scale), 'float32', [1]),
    ids: array(Int32Array.of(scale), 'int32', [1]),
    w: array(Float32Array.of(scale), 'float32', [1]),
  });
  const found = mergeModels(state(1), [state(3)], 'average', { exclude: /^head/ });
  expect(Object.values(found).map(({ data }) => data[0])).toEqual([1, 1, 3]);
  expect(Object.keys(found)).toEqual(['head.weight', 'ids', 'w']);
});

test('lambda goes from the base to the merge, for every method', () => {
  const base = normals(1, 64);
  const tuned = [moved(base, normals(2, 64)), moved(base, normals(3, 64))];
  for (const method of Object.keys(mergeMethods) as MergeMethod[]) {
    if (method === 'passthrough') continue;
    const at = (lambda: number) => merged(base, tuned, method, { lambda }, [8, 8]);
    const [none, half, whole] = [at(0), at(0.5), at(1)];
    none.forEach((value, i) => {
      expect(value, method).toBeCloseTo(base[i]!, 5);
      expect(half[i], method).toBeCloseTo((base[i]! + whole[i]!) / 2, 4);
    });
  }
});
