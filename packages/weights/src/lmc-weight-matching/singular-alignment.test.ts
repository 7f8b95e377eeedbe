import { array } from '@fletch/array';
import { Matrix, norm, polar, randomOrthogonal, rng, singularValues } from '@fletch/linalg';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StateDict } from '../state-dict.js';
import {
  alignmentOf,
  applyPermutation,
  checkSpec,
  permuteParts,
  randomPerms,
  singularAlignment,
  singularParts,
} from './index.js';
import { normals, specOf, tinyLayouts } from './support.case.js';

const one = (w: ReturnType<typeof normals>): StateDict => ({ w });
const matrix = ({ data, shape }: ReturnType<typeof normals>) =>
  new Matrix(Float64Array.from(data as Float32Array), shape[0]!, shape[1]!);
const negative = (model: StateDict): StateDict =>
  Object.fromEntries(
    Object.entries(model).map(([name, { data, shape }]) => [
      name,
      array(
        (data as Float32Array).map((value) => -value),
        'float32',
        shape,
      ),
    ]),
  );

describe('singular alignment', () => {
  test('is 1 with itself, −1 with its negative, whatever gamma', () => {
    const model = { w: normals([5, 8], 1), v: normals([4, 5, 2, 2], 2), b: normals([4], 3) };
    for (const gamma of [0, 0.3, 0.9]) {
      expect(singularAlignment(model, model, gamma).R).toBeCloseTo(1, 6);
      expect(singularAlignment(model, negative(model), gamma).R).toBeCloseTo(-1, 6);
    }
    const { layers, perLayer, dist, distLowerBound } = singularAlignment(model, model);
    expect(layers).toEqual(['w', 'v']);
    expect(perLayer[1]).toBeCloseTo(1, 6);
    expect([dist, distLowerBound]).toEqual([0, 0]);
  });

  test('does not see the signs of singular vectors', () => {
    const [a, b] = [singularParts(one(normals([6, 6], 1))), singularParts(one(normals([6, 6], 2)))];
    const { u, s, vt } = a.get('w')!;
    const flipped = new Map([
      [
        'w',
        {
          u: new Matrix(
            u.data.map((value, at) => (at % 6 === 2 ? -value : value)),
            6,
            6,
          ),
          s,
          vt: new Matrix(
            vt.data.map((value, at) => (Math.floor(at / 6) === 2 ? -value : value)),
            6,
            6,
          ),
        },
      ],
    ]);
    for (const gamma of [0, 0.3])
      expect(alignmentOf(flipped, b, gamma).R).toBeCloseTo(alignmentOf(a, b, gamma).R, 12);
  });

  test('for gamma 0 it is the inner product of the polar factors over their size', () => {
    const [a, b] = [normals([7, 5], 3), normals([7, 5], 4)];
    const [p, q] = [polar(matrix(a)).u, polar(matrix(b)).u];
    const inner = p.data.reduce((sum, value, i) => sum + value * q.data[i]!, 0);
    expect(singularAlignment(one(a), one(b)).R).toBeCloseTo(inner / 5, 8);
  });

  test('what distance is made of: singular values and products of vectors', () => {
    fc.assert(
      fc.property(fc.nat(10_000), (seed) => {
        const [a, b] = [normals([6, 4], seed), normals([6, 4], seed + 1)];
        const [x, y] = [singularParts(one(a)).get('w')!, singularParts(one(b)).get('w')!];
        let sum = 0;
        for (let i = 0; i < 4; i++) {
          sum += x.s[i]! ** 2 + y.s[i]! ** 2;
          for (let j = 0; j < 4; j++) {
            let [us, vs] = [0, 0];
            for (let k = 0; k < 6; k++) us += x.u.at(k, i) * y.u.at(k, j);
            for (let k = 0; k < 4; k++) vs += x.vt.at(i, k) * y.vt.at(j, k);
            sum -= 2 * x.s[i]! * y.s[j]! * us * vs;
          }
        }
        const { dist, distLowerBound } = singularAlignment(one(a), one(b));
        expect(dist ** 2).toBeCloseTo(sum, 8);
        expect(distLowerBound).toBeLessThanOrEqual(dist);
      }),
      { seed: 1, numRuns: 30 },
    );
  });

  test('the lower bound is reached when the vectors are the same', () => {
    const random = rng(5);
    const [u, v] = [randomOrthogonal(random, 5), randomOrthogonal(random, 5)];
    const build = (s: readonly number[]) =>
      one(
        array(
          Float32Array.from({ length: 25 }, (_, at) =>
            s.reduce((sum, value, k) => sum + value * u.at(Math.floor(at / 5), k) * v.at(at % 5, k), 0),
          ),
          'float32',
          [5, 5],
        ),
      );
    const { dist, distLowerBound, R } = singularAlignment(build([5, 4, 3, 2, 1]), build([6, 4, 3, 2, 0.5]));
    expect(dist).toBeCloseTo(Math.sqrt(1.25), 5);
    expect(distLowerBound).toBeCloseTo(dist, 5);
    expect(R).toBeCloseTo(1, 5);
  });

  test.each(Object.entries(tinyLayouts))(
    'permutations keep singular values and the bound: %s',
    (_, layout) => {
      const [a, b] = [layout.draw(1), layout.draw(2)];
      const spec = specOf(layout);
      const other = applyPermutation(spec, randomPerms(checkSpec(spec, b), 3), b);
      for (const [name, { data, shape, size }] of Object.entries(b)) {
        if (shape.length < 2) continue;
        const values = (tensor: ArrayLike<number>) =>
          singularValues(new Matrix(Float64Array.from(tensor), shape[0]!, size / shape[0]!));
        const after = values(other[name]!.data as Float32Array);
        values(data as Float32Array).forEach((value, i) => {
          expect(Math.abs(after[i]! - value)).toBeLessThan(1e-6 * (1 + value));
        });
      }
      const perms = randomPerms(checkSpec(spec, b), 3);
      const turned = permuteParts(spec, perms, singularParts(b), b);
      expect(alignmentOf(singularParts(other), turned).R).toBeCloseTo(1, 5);
      const [before, after] = [singularAlignment(a, b), singularAlignment(a, other)];
      expect(after.distLowerBound).toBeCloseTo(before.distLowerBound, 5);
      expect(after.dist).toBeGreaterThanOrEqual(after.distLowerBound);
    },
  );

  test('refuses models that differ, a gamma outside 0 … 1, and models without matrices', () => {
    const a = one(normals([2, 3], 1));
    expect(() => singularAlignment(a, one(normals([3, 2], 1)))).toThrow(/"w" is \[2, 3\] and \[3, 2\]/);
    expect(() => singularAlignment(a, a, 1.5)).toThrow(/gamma must be from 0 to 1/);
    expect(() => singularAlignment({ b: normals([3], 1) }, { b: normals([3], 1) })).toThrow(
      /no singular vectors/,
    );
    expect(norm(matrix(a.w!))).toBeGreaterThan(0);
  });
});
