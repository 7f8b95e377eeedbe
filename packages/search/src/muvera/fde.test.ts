import { Matrix } from '@fletch/linalg';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bitsOfCell, cellOfBits, nearestTo, popcount } from './cells.js';
import { FDE } from './fde.js';
import type { FdeOptions } from './parameters.js';
import { dot, normalSet, permuted, slowChamfer, unitSet } from './testing.case.js';

const columnSums = (set: Matrix): number[] =>
  Array.from({ length: set.cols }, (_, j) => set.toArrays().reduce((sum, row) => sum + row[j]!, 0));
const score = (options: FdeOptions, query: Matrix, document: Matrix): number => {
  const fde = new FDE(options);
  return dot(fde.query(query), fde.document(document));
};

describe('the map', () => {
  test('one cell, no projection: the query’s sum times the document’s mean', () => {
    const [query, document] = [normalSet(5, 7, 1), normalSet(4, 7, 2)];
    const expected = dot(columnSums(query), columnSums(document)) / 4;
    const options = { dim: 7, repetitions: 1, simhash: 0, projType: 'identity' } as const;
    expect(score(options, query, document)).toBeCloseTo(expected, 5);
    const mean = [0.5, -1, 0.25, 0, 2, 1, -0.125];
    expect(score({ ...options, mean }, query, document)).toBeCloseTo(
      expected - dot(columnSums(query), mean),
      4,
    );
  });

  test('one vector in the document, filled: repetitions × Chamfer', () => {
    const [query, document] = [normalSet(6, 5, 3), normalSet(1, 5, 4)];
    const options = { dim: 5, repetitions: 9, simhash: 4, projDim: null, seed: 11 } as const;
    expect(score(options, query, document) / 9).toBeCloseTo(slowChamfer(query, document), 5);
  });

  test.each(['rademacher', 'countsketch', 'identity'] as const)(
    '%s: a query’s blocks sum up to the projection of its sum, in every repetition',
    (projType) => {
      const projDim = projType === 'identity' ? 12 : 6;
      const options = { dim: 12, repetitions: 3, projDim, projType, seed: 5 } as const;
      const query = normalSet(9, 12, 6);
      const blocks = new FDE({ ...options, simhash: 3 }).query(query);
      const sum = Matrix.from([columnSums(query)], 'float32');
      // The hyperplanes are drawn first: with as many of them the projection is the same one.
      const whole = new FDE({ ...options, simhash: 3 }).query(sum);
      const overCells = (code: Float32Array, r: number) =>
        Array.from({ length: projDim }, (_, j) => {
          let total = 0;
          for (let cell = 0; cell < 8; cell++) total += code[(r * 8 + cell) * projDim + j]!;
          return total;
        });
      for (let r = 0; r < 3; r++) {
        const expected = overCells(whole, r);
        overCells(blocks, r).forEach((value, j) => {
          expect(value).toBeCloseTo(expected[j]!, 4);
        });
      }
    },
  );

  test.each(['rademacher', 'countsketch'] as const)(
    '%s keeps inner products on the average, with a variance of about 1 / projDim',
    (projType) => {
      const [x, y] = [unitSet(1, 40, 7), unitSet(1, 40, 8)];
      const truth = dot(x.data, y.data);
      const draws = 4000;
      const projDim = 10;
      const values = Array.from({ length: draws }, (_, seed) =>
        score({ dim: 40, repetitions: 1, simhash: 0, projDim, projType, seed }, x, y),
      );
      const mean = values.reduce((sum, value) => sum + value, 0) / draws;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws;
      // ⟨x,y⟩² + |x|²|y|² − 2 Σ x²y², over projDim: exact for both.
      const exact =
        (truth ** 2 + 1 - 2 * x.data.reduce((sum, v, i) => sum + (v * y.data[i]!) ** 2, 0)) / projDim;
      expect(Math.abs(mean - truth)).toBeLessThan(4 * Math.sqrt(exact / draws));
      expect(variance / exact).toBeGreaterThan(0.9);
      expect(variance / exact).toBeLessThan(1.1);
      expect(exact * projDim).toBeGreaterThan(0.8);
    },
  );

  test('the order of a set’s vectors does not matter', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 5 }),
        fc.boolean(),
        fc.nat(1000),
        (rows, dim, simhash, fillEmpty, seed) => {
          const set = normalSet(rows, dim, seed);
          const other = permuted(set, seed + 1);
          const fde = new FDE({ dim, repetitions: 3, simhash, fillEmpty, seed });
          expect(fde.query(other)).toEqual(fde.query(set));
          // A tie between the vectors that may fill a cell goes to the first: only without fill is the order nothing.
          if (!fillEmpty) expect(fde.document(other)).toEqual(fde.document(set));
        },
      ),
      { numRuns: 60, seed: 32 },
    );
  });

  test('the final projection keeps inner products within five standard deviations', () => {
    const [query, document] = [unitSet(8, 16, 9), unitSet(8, 16, 10)];
    const options = { dim: 16, repetitions: 4, simhash: 3, projDim: 8, seed: 2 } as const;
    const whole = new FDE(options);
    const [q, d] = [whole.query(query), whole.document(document)];
    const finalDim = 128;
    const deviation = Math.sqrt((dot(q, d) ** 2 + dot(q, q) * dot(d, d)) / finalDim);
    for (let seed = 0; seed < 20; seed++) {
      const base = { ...options, seed };
      const shrunk = new FDE({ ...base, finalDim });
      const before = new FDE(base);
      expect(shrunk.dim).toBe(finalDim);
      const error =
        dot(shrunk.query(query), shrunk.document(document)) -
        dot(before.query(query), before.document(document));
      expect(Math.abs(error)).toBeLessThan(5 * deviation);
    }
  });

  test('separated clusters that both have: Chamfer itself', () => {
    const axis = (i: number) => Array.from({ length: 6 }, (_, j) => (j === i ? 1 : 0));
    const query = Matrix.from([axis(0), axis(0), axis(0), axis(1), axis(2), axis(2)], 'float32');
    const document = Matrix.from([axis(2), axis(1), axis(1), axis(0)], 'float32');
    for (const fillEmpty of [true, false]) {
      const options = { dim: 6, repetitions: 2, simhash: 12, projDim: null, fillEmpty, seed: 3 } as const;
      expect(Math.abs(score(options, query, document) / 2 - slowChamfer(query, document))).toBeLessThan(1e-5);
    }
  });

  test('many sets at once are what each is alone', () => {
    const sets = Array.from({ length: 40 }, (_, i) => normalSet(1 + (i % 7), 24, 100 + i));
    const fde = new FDE({ dim: 24, repetitions: 5, simhash: 4, fillEmpty: true, finalDim: 64 });
    const [queries, documents] = [fde.queries(sets), fde.documents(sets)];
    sets.forEach((set, i) => {
      expect(queries.row(i)).toEqual(fde.query(set));
      expect(documents.row(i)).toEqual(fde.document(set));
    });
  });

  test('one seed is one map, another seed is another', () => {
    const set = unitSet(6, 20, 12);
    const of = (seed: number) => new FDE({ dim: 20, seed }).document(set);
    expect(of(4)).toEqual(of(4));
    expect(of(4)).not.toEqual(of(5));
  });

  test('the error falls with more hyperplanes and more repetitions', () => {
    const sets = Array.from({ length: 60 }, (_, i) => unitSet(8, 8, 200 + i));
    const error = (simhash: number, repetitions: number) => {
      const fde = new FDE({ dim: 8, simhash, repetitions, projDim: null, seed: 6 });
      let sum = 0;
      for (let i = 0; i + 1 < sets.length; i++) {
        const value = dot(fde.query(sets[i]!), fde.document(sets[i + 1]!)) / repetitions;
        sum += (value - slowChamfer(sets[i]!, sets[i + 1]!)) ** 2;
      }
      return sum;
    };
    expect(error(4, 20)).toBeLessThan(error(1, 20));
    expect(error(4, 20)).toBeLessThan(error(4, 1));
  });
});

describe('cells', () => {
  test('Gray order: each number once, neighbours differ in one bit, as the reference counts', () => {
    for (let k = 0; k <= 10; k++) {
      const cells = Array.from({ length: 2 ** k }, (_, bits) => cellOfBits(bits));
      expect(cells.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 2 ** k }, (_, i) => i));
      cells.forEach((cell, bits) => {
        expect(bitsOfCell(cell)).toBe(bits);
        let reference = 0;
        for (let b = k - 1; b >= 0; b--) reference = (reference << 1) + (((bits >> b) & 1) ^ (reference & 1));
        expect(cell).toBe(reference);
        if (cell > 0) expect(popcount(bitsOfCell(cell) ^ bitsOfCell(cell - 1))).toBe(1);
      });
    }
  });

  test.each([0.3, 1.2, 2.6])(
    'vectors at an angle of %f share a hyperplane’s side with 1 − angle/π',
    (angle) => {
      const [x, y] = [
        Matrix.from([[1, 0, 0]], 'float32'),
        Matrix.from([[Math.cos(angle), Math.sin(angle), 0]], 'float32'),
      ];
      const repetitions = 8000;
      const fde = new FDE({ dim: 3, repetitions, simhash: 1, projDim: null, seed: 21 });
      const [a, b] = [fde.query(x), fde.query(y)];
      let same = 0;
      for (let r = 0; r < repetitions; r++) {
        const side = (code: Float32Array) =>
          code.subarray(r * 6, r * 6 + 3).some((value) => value !== 0) ? 0 : 1;
        if (side(a) === side(b)) same++;
      }
      const expected = 1 - angle / Math.PI;
      const deviation = Math.sqrt((expected * (1 - expected)) / repetitions);
      expect(Math.abs(same / repetitions - expected)).toBeLessThan(4 * deviation);
    },
  );

  test('an empty cell is filled by the first of the nearest by bits', () => {
    const bits = Uint32Array.of(0b111, 0b001, 0b100);
    expect(nearestTo(cellOfBits(0b000), bits)).toBe(1);
    expect(nearestTo(cellOfBits(0b101), bits)).toBe(0);
    expect(nearestTo(cellOfBits(0b110), bits)).toBe(0);
    expect(nearestTo(cellOfBits(0b100), bits)).toBe(2);
  });
});

describe('refuses', () => {
  const dim = 4;
  test.each<[string, FdeOptions, string, RegExp]>([
    ['no dimension', { dim: 0 }, 'INVALID_ARGUMENT', /dim/],
    ['negative simhash', { dim, simhash: -1 }, 'INVALID_ARGUMENT', /2\^simhash blocks/],
    ['too many hyperplanes', { dim, simhash: 21 }, 'INVALID_ARGUMENT', /simhash is 21.*0 to 20/],
    ['a fraction of hyperplanes', { dim, simhash: 2.5 }, 'INVALID_ARGUMENT', /simhash is 2.5/],
    ['no repetitions', { dim, repetitions: 0 }, 'INVALID_ARGUMENT', /repetitions/],
    ['projDim 0 with a projection', { dim, projDim: 0 }, 'INVALID_ARGUMENT', /projDim/],
    ['projDim −3', { dim, projDim: -3, projType: 'countsketch' }, 'INVALID_ARGUMENT', /projDim/],
    ['identity to another size', { dim, projDim: 3, projType: 'identity' }, 'INVALID_ARGUMENT', /identity/],
    ['another projection', { dim, projType: 'hadamard' as never }, 'INVALID_ARGUMENT', /hadamard/],
    ['finalDim above the encoding', { dim, repetitions: 1, finalDim: 129 }, 'INVALID_ARGUMENT', /128/],
    ['finalDim 0', { dim, finalDim: 0 }, 'INVALID_ARGUMENT', /finalDim/],
    ['an endless encoding', { dim, simhash: 20, repetitions: 100 }, 'INVALID_ARGUMENT', /components/],
    ['a negative seed', { dim, seed: -1 }, 'INVALID_ARGUMENT', /seed/],
    ['a mean of another length', { dim, mean: [1, 2] }, 'DIMENSION_MISMATCH', /mean/],
    ['a mean that is not finite', { dim, mean: [1, 2, Number.NaN, 4] }, 'NON_FINITE', /Component 2/],
  ])('%s', (_, options, code, message) => {
    expect(() => new FDE(options)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  test.each<[string, Matrix, string, RegExp]>([
    ['an empty set', new Matrix(new Float32Array(0), 0, dim), 'INVALID_ARGUMENT', /Set 1 is empty/],
    [
      'rows of another length',
      normalSet(2, 3, 1),
      'DIMENSION_MISMATCH',
      /set 1 have 3 components instead of 4/,
    ],
    [
      'NaN',
      new Matrix(Float64Array.of(1, 2, 3, 4, 5, Number.NaN, 7, 8), 2, dim),
      'NON_FINITE',
      /Set 1, vector 1, component 1 is NaN/,
    ],
  ])('%s', (_, set, code, message) => {
    const fde = new FDE({ dim });
    const error = expect.objectContaining({ code, message: expect.stringMatching(message) });
    expect(() => fde.queries([normalSet(2, dim, 1), set])).toThrow(error);
    expect(() => fde.documents([normalSet(2, dim, 1), set])).toThrow(error);
  });

  test('to fill empty cells of a query', () => {
    expect(() => new FDE({ dim }).query(normalSet(2, dim, 1), { fillEmpty: true })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('documents') }),
    );
  });
});
