import { array } from '@fletch/array';
import { rng } from '@fletch/linalg';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StateDict } from '../state-dict.js';
import {
  applyPermutation,
  checkSpec,
  distanceOf,
  interpolate,
  inversePerms,
  matchingObjective,
  meanOf,
  mergeMany,
  type PermSpec,
  permsFromJson,
  permsToJson,
  permutationSpec,
  randomPerms,
  weightMatching,
} from './index.js';
import { normals, specOf, tinyLayouts } from './support.case.js';

const perceptron = (widths: readonly number[], seed: number): StateDict =>
  Object.fromEntries(
    widths.slice(1).flatMap((out, i) => [
      [`layers.${i}.weight`, normals([out, widths[i]!], seed * 100 + 2 * i)],
      [`layers.${i}.bias`, normals([out], seed * 100 + 2 * i + 1)],
    ]),
  );

const noisy = (model: StateDict, scale: number, seed: number): StateDict =>
  Object.fromEntries(
    Object.entries(model).map(([name, { data, shape, size }], i) => {
      const noise = rng(seed, i).fillNormal(new Float32Array(size));
      return [
        name,
        array(
          (data as Float32Array).map((value, k) => value + scale * noise[k]!),
          'float32',
          shape,
        ),
      ];
    }),
  );

function* orders(n: number): Generator<number[]> {
  if (n === 0) yield [];
  else
    for (const rest of orders(n - 1))
      for (let i = 0; i < n; i++) yield [...rest.slice(0, i), n - 1, ...rest.slice(i)];
}

describe('weight matching', () => {
  test.each(Object.entries(tinyLayouts))('finds a permutation again: %s', (_, layout) => {
    const a = layout.draw(1);
    const spec = specOf(layout);
    const perms = randomPerms(checkSpec(spec, a), 7);
    const b = applyPermutation(spec, perms, a);
    // Descent along coordinates may end in a pit: of narrow models with a stream the best of some orders is taken.
    const orderings = layout.options.residual ? 12 : 1;
    const found = Array.from({ length: orderings }, (_, seed) => weightMatching(spec, a, b, { seed })).reduce(
      (best, next) => (next.objective.at(-1)! > best.objective.at(-1)! ? next : best),
    );
    expect(found.perms).toEqual(inversePerms(perms));
    expect(distanceOf(a, applyPermutation(spec, found.perms, b))).toBe(0);
    // With noise too.
    const rough = noisy(b, 0.02, 5);
    for (const similarity of layout.options.residual ? [] : (['inner', 'cosine'] as const))
      expect(weightMatching(spec, a, rough, { similarity }).perms).toEqual(inversePerms(perms));
  });

  test('its objective never falls, and is what it says', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(tinyLayouts)), fc.nat(1000), (name, seed) => {
        const layout = tinyLayouts[name]!;
        const [a, b, spec] = [layout.draw(seed), layout.draw(seed + 1), specOf(layout)];
        const { objective, perms, sweeps } = weightMatching(spec, a, b, { seed });
        for (let i = 1; i < objective.length; i++) expect(objective[i]!).toBeGreaterThan(objective[i - 1]!);
        const last = matchingObjective(spec, a, b, perms);
        expect(Math.abs(objective.at(-1)! - last)).toBeLessThan(1e-4 * (1 + Math.abs(last)));
        expect(sweeps).toBeLessThan(100);
        // ‖A − π(B)‖² = ‖A‖² + ‖B‖² − 2⟨A, π(B)⟩: what the objective gains, the distance loses.
        const gained = objective.at(-1)! - objective[0]!;
        const lost = distanceOf(a, b) ** 2 - distanceOf(a, applyPermutation(spec, perms, b)) ** 2;
        const statistics = name.includes('resnet') || name === 'cnn';
        if (!statistics) expect(Math.abs(lost - 2 * gained)).toBeLessThan(1e-3 * (1 + Math.abs(gained)));
      }),
      { seed: 1, numRuns: 25 },
    );
  });

  test('six hidden units: as good as the best of all 720 orders, in one step', () => {
    for (let seed = 0; seed < 5; seed++) {
      const [a, b] = [perceptron([4, 6, 3], seed), perceptron([4, 6, 3], seed + 50)];
      const spec = permutationSpec('mlp', a);
      let best = Number.NEGATIVE_INFINITY;
      for (const order of orders(6))
        best = Math.max(best, matchingObjective(spec, a, b, { 'layers.0': Int32Array.from(order) }));
      const { objective, sweeps } = weightMatching(spec, a, b);
      expect(Math.abs(objective.at(-1)! - best)).toBeLessThan(1e-5);
      expect(objective.length).toBeLessThanOrEqual(2);
      expect(sweeps).toBeLessThanOrEqual(2);
    }
  });

  test('heads: as good as the best of all orders of heads and of what is inside', () => {
    // Two heads of three dimensions: 2 · 3!² orders of values.
    const names = ['v', 'o'] as const;
    const models = [1, 2].map((seed) => ({
      v: normals([6, 4], seed),
      o: normals([4, 6], seed + 10),
    })) as StateDict[];
    const spec: PermSpec = { v: ['values', null], o: [null, { perm: 'heads', each: 3, inner: 'values' }] };
    expect(names.every((name) => spec[name])).toBe(true);
    let best = Number.NEGATIVE_INFINITY;
    for (const heads of orders(2))
      for (const first of orders(3))
        for (const second of orders(3))
          best = Math.max(
            best,
            matchingObjective(spec, models[0]!, models[1]!, {
              heads: Int32Array.from(heads),
              values: Int32Array.from([first, second].flatMap((p, i) => p.map((e) => heads[i]! * 3 + e))),
            }),
          );
    const { objective } = weightMatching(spec, models[0]!, models[1]!);
    expect(Math.abs(objective.at(-1)! - best)).toBeLessThan(1e-5);
  });

  test('goes on from what it is given, and is the same for a seed', () => {
    const [a, b] = [perceptron([5, 12, 12, 12, 3], 1), perceptron([5, 12, 12, 12, 3], 2)];
    const spec = permutationSpec('mlp', a);
    const once = weightMatching(spec, a, b, { seed: 4 });
    expect(weightMatching(spec, a, b, { seed: 4 })).toEqual(once);
    expect(weightMatching(spec, a, b, { init: once.perms })).toMatchObject({ perms: once.perms, sweeps: 1 });
    expect(weightMatching(spec, a, b, { maxIter: 1 }).sweeps).toBe(1);
  });
});

test('merges many: in one order they are all the same again, and the mean is theirs', () => {
  const a = perceptron([5, 9, 7, 3], 3);
  const spec = permutationSpec('mlp', a);
  const facts = checkSpec(spec, a);
  const models = [0, 1, 2].map((i) => noisy(applyPermutation(spec, randomPerms(facts, i), a), 0.01, i));
  const { merged, perms, rounds } = mergeMany(spec, models, { seed: 1 });
  const placed = models.map((model, i) => applyPermutation(spec, perms[i]!, model));
  expect(distanceOf(merged, meanOf(placed))).toBe(0);
  expect(distanceOf(placed[0]!, placed[1]!)).toBeLessThan(0.2);
  expect(distanceOf(placed[0]!, placed[2]!)).toBeLessThan(0.2);
  expect(rounds).toBeLessThan(20);
  expect(() => mergeMany(spec, [a])).toThrow('two or more models, not 1');
});

describe('permutations', () => {
  const p = (...entries: number[]) => Int32Array.from(entries);

  test('B′[i] = B[p(i)], on every axis', () => {
    const model = {
      w: array([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      v: array([[1, 2, 3]]),
      b: array([7, 8, 9]),
    };
    const spec: PermSpec = { w: ['P', null], v: [null, 'P'], b: ['P'] };
    const other = applyPermutation(spec, { P: p(2, 0, 1) }, model);
    expect(other.w!.toNested()).toEqual([
      [5, 6],
      [1, 2],
      [3, 4],
    ]);
    expect(other.v!.toNested()).toEqual([[3, 1, 2]]);
    expect(other.b!.toNested()).toEqual([9, 7, 8]);
  });

  test('parts of an axis: units of several elements, elements that stay, the same permutation twice', () => {
    const spec: PermSpec = { w: [[{ perm: 'P', each: 2 }, 1, { perm: 'P', each: 2 }]] };
    const other = applyPermutation(spec, { P: p(1, 0) }, { w: array([1, 2, 3, 4, 5, 6, 7, 8, 9]) });
    expect(other.w!.toNested()).toEqual([3, 4, 1, 2, 5, 8, 9, 6, 7]);
  });

  test('as JSON: an object of arrays, and back', () => {
    const perms = { 'layers.0': p(2, 0, 1), b: p(0) };
    expect(JSON.parse(permsToJson(perms))).toEqual({ 'layers.0': [2, 0, 1], b: [0] });
    expect(permsFromJson(permsToJson(perms))).toEqual(perms);
    expect(permsFromJson(permsToJson({}))).toEqual({});
    for (const bad of ['{', '[]', '{"P": 3}', '{"P": [0.5]}'])
      expect(() => permsFromJson(bad)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT_FILE' }));
  });
});

describe('refuses', () => {
  const a = perceptron([4, 6, 3], 1);
  const spec = permutationSpec('mlp', a);
  const p = (...entries: number[]) => Int32Array.from(entries);
  const { 'layers.1.bias': _, ...fewer } = a;
  const bad = { ...a, 'layers.1.weight': array(new Float32Array(18).fill(Number.NaN), 'float32', [3, 6]) };
  const tied = { one: normals([3, 3], 1), two: normals([3, 3], 1), next: normals([2, 3], 2) };
  const heads: PermSpec = { v: ['V', null], o: [null, { perm: 'H', each: 2, inner: 'V' }] };
  const attention = { v: normals([4, 2], 1), o: normals([2, 4], 2) };

  test.each<[string, () => unknown, string, RegExp]>([
    [
      'other keys',
      () => weightMatching(spec, a, fewer),
      'DIMENSION_MISMATCH',
      /"layers\.1\.bias" \[3\] is only in the first/,
    ],
    [
      'other shapes',
      () => weightMatching(spec, a, perceptron([4, 5, 3], 1)),
      'DIMENSION_MISMATCH',
      /"layers\.0\.weight" is \[6, 4\] and \[5, 4\]/,
    ],
    [
      'weights that are not finite',
      () => weightMatching(spec, a, bad),
      'NON_FINITE',
      /Weight 0 of "layers\.1\.weight" .* second/,
    ],
    ['a tensor that is missing', () => weightMatching({ w: ['P'] }, a, a), 'INVALID_ARGUMENT', /names "w"/],
    [
      'axes of another number',
      () => weightMatching({ 'layers.0.weight': ['P'] }, a, a),
      'INVALID_ARGUMENT',
      /says 1 axes .* \[6, 4\]/,
    ],
    [
      'sizes that disagree, all of them',
      () =>
        weightMatching(
          { 'layers.0.weight': ['P', 'Q'], 'layers.1.weight': ['Q', 'P'], 'layers.0.bias': ['Q'] },
          a,
          a,
        ),
      'INVALID_ARGUMENT',
      /"Q" is 4 at axis 1 of "layers\.0\.weight" \[6, 4\], 3 at .*, 6 at axis 0 of "layers\.0\.bias"/,
    ],
    [
      'units that do not divide an axis',
      () => weightMatching({ 'layers.0.weight': [null, { perm: 'P', each: 3 }] }, a, a),
      'INVALID_ARGUMENT',
      /units of 3/,
    ],
    [
      'tied tensors in two orders',
      () => weightMatching({ one: ['P', null], next: [null, 'P'] }, tied, tied),
      'INVALID_ARGUMENT',
      /"one" and "two" are tied/,
    ],
    [
      'a duplicate index',
      () => applyPermutation(spec, { 'layers.0': p(0, 1, 1, 3, 4, 5) }, a),
      'INVALID_ARGUMENT',
      /1 stands at 1 and at 2/,
    ],
    [
      'an index outside',
      () => applyPermutation(spec, { 'layers.0': p(0, 1, 2, 3, 4, 6) }, a),
      'INVALID_ARGUMENT',
      /entry 5 is 6/,
    ],
    [
      'a permutation of another length',
      () => applyPermutation(spec, { 'layers.0': p(0) }, a),
      'INVALID_ARGUMENT',
      /1 entries, its units are 6/,
    ],
    [
      'an unknown permutation',
      () => applyPermutation(spec, { P: p(0) }, a),
      'INVALID_ARGUMENT',
      /no permutation "P"/,
    ],
    [
      'values that leave their head',
      () => applyPermutation(heads, { V: p(0, 2, 1, 3) }, attention),
      'INVALID_ARGUMENT',
      /"V" does not follow "H"/,
    ],
    ['a single model', () => meanOf([]), 'INVALID_ARGUMENT', /no model/],
    ['a t that is no number', () => interpolate(a, a, Number.NaN), 'INVALID_ARGUMENT', /not NaN/],
  ])('%s', (_, call, code, message) => {
    expect(call).toThrow(expect.objectContaining({ code }));
    expect(call).toThrow(message);
  });
});
