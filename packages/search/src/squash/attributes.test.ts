import { rng } from '@fletch/linalg';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quantizeAttributes } from './attributes.js';
import { satisfies } from './support.case.js';
import { operators, type SquashPredicate } from './types.js';

const lloyd = { tol: 0.005, maxIter: 250 };
const options = { bits: 8, names: ['price', 'year'], lloyd, seed: 0 };

/** A column with many equal values, and one with different ones. */
function columns(n: number, seed: number) {
  const random = rng(seed);
  return [
    Float32Array.from({ length: n }, () => random.integer(12) - 6),
    random.fillNormal(new Float32Array(n)),
  ];
}

describe('filters', () => {
  test('codes lose no match and raw values admit no other, for every operator, at the values themselves too', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 31 }),
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.tuple(fc.constantFrom(...operators), fc.nat(1), fc.nat(), fc.nat()), {
          minLength: 1,
          maxLength: 4,
        }),
        (seed, bits, conditions) => {
          const raws = columns(300, seed);
          const attributes = quantizeAttributes(raws, 300, { ...options, bits });
          const values = (attr: number, at: number) =>
            at % 5 === 0 ? [-1e9, 1e9, 0][at % 3]! : raws[attr]![at % 300]!;
          const where = conditions.map(([op, attr, p, q]): SquashPredicate => {
            const [a, b] = [values(attr, p), values(attr, q)].sort((x, y) => x - y) as [number, number];
            return op === 'between' ? { attr, op, a, b } : { attr, op, a };
          });
          const [may, exact] = [attributes.mayMatch(where), attributes.matches(where)];
          let count = 0;
          for (let i = 0; i < 300; i++) {
            const holds = where.every((predicate) =>
              satisfies(raws[predicate.attr as number]![i]!, predicate),
            );
            expect(exact.has(i)).toBe(holds);
            if (holds) expect(may.has(i)).toBe(true);
            if (holds) count++;
          }
          expect(exact.count).toBe(count);
        },
      ),
      { seed: 11, numRuns: 300 },
    );
  });

  test('few vectors are rechecked in vain', () => {
    const raws = columns(4000, 1);
    const attributes = quantizeAttributes(raws, 4000, options);
    const where: SquashPredicate[] = [{ attr: 'year', op: 'between', a: -0.5, b: 0.7 }];
    expect(attributes.mayMatch(where).count / attributes.matches(where).count).toBeLessThan(1.03);
  });

  test('a constant has one cell', () => {
    const attributes = quantizeAttributes([new Float32Array(50).fill(3)], 50, { ...options, names: [] });
    expect(attributes.columns[0]!.low).toHaveLength(1);
    expect(attributes.matches([{ attr: 0, op: '=', a: 3 }]).count).toBe(50);
    expect(attributes.matches([{ attr: 0, op: '>', a: 3 }]).count).toBe(0);
  });

  test('no condition, and no attribute', () => {
    expect(quantizeAttributes([], 70, { ...options, names: [] }).matches([]).count).toBe(70);
  });
});

describe('bad input', () => {
  const attributes = quantizeAttributes(columns(20, 0), 20, options);
  test.each<[string, unknown, string]>([
    ['an unknown name', { attr: 'colour', op: '=', a: 1 }, 'use one of price, year'],
    ['an unknown place', { attr: 2, op: '=', a: 1 }, 'no attribute 2'],
    ['an unknown operator', { attr: 0, op: '!=', a: 1 }, 'Unknown operator "!="'],
    ['between with a > b', { attr: 0, op: 'between', a: 2, b: 1 }, 'a ≤ b'],
    ['between without b', { attr: 0, op: 'between', a: 2 }, 'a ≤ b'],
    ['no number', { attr: 0, op: '<', a: Number.NaN }, 'no number'],
  ])('%s', (_, predicate, message) => {
    const where = [predicate as SquashPredicate];
    expect(() => attributes.matches(where)).toThrow(message);
    expect(() => attributes.mayMatch(where)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  test('columns', () => {
    const [column] = columns(20, 0) as [Float32Array];
    const quantize = (raws: Float32Array[], change = {}) =>
      quantizeAttributes(raws, 20, { ...options, names: [], ...change });
    expect(() => quantize([column.subarray(1)])).toThrow(
      expect.objectContaining({ code: 'DIMENSION_MISMATCH' }),
    );
    expect(() => quantize([column], { names: ['a', 'b'] })).toThrow('2 names');
    expect(() => quantize([column.map((value, i) => (i === 7 ? Number.NaN : value))])).toThrow(
      'Attribute 0 of vector 7 is NaN',
    );
    expect(() => quantize([column], { bits: 9 })).toThrow('from 1 to 8');
  });
});
