import { rng } from '@fletch/linalg';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cellBoundaries, cellDistances, cellOf } from './cells.js';
import { allocateBits, extractDim, packSegments, uniformBits } from './index.js';

describe('bits', () => {
  const error = (energies: readonly number[], bits: ArrayLike<number>) =>
    energies.reduce((sum, energy, j) => sum + energy / 4 ** bits[j]!, 0);

  function* divisions(dimensions: number, budget: number): Generator<number[]> {
    if (dimensions === 0) {
      if (budget === 0) yield [];
      return;
    }
    for (let bits = 0; bits <= Math.min(8, budget); bits++)
      for (const rest of divisions(dimensions - 1, budget - bits)) yield [bits, ...rest];
  }

  test('all are spent, and no other division errs less', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 4 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (energies, share) => {
          const budget = Math.max(1, Math.round(share * 8 * energies.length));
          const bits = allocateBits(energies, budget);
          expect(bits.reduce((sum, value) => sum + value, 0)).toBe(budget);
          let least = Infinity;
          for (const other of divisions(energies.length, budget))
            least = Math.min(least, error(energies, other));
          expect(error(energies, bits)).toBeLessThanOrEqual(least * (1 + 1e-12));
        },
      ),
      { seed: 4, numRuns: 60 },
    );
  });

  test('a dimension that is full takes no more, one without energy takes none', () => {
    expect(Array.from(allocateBits([1e9, 1, 0], 12))).toEqual([8, 4, 0]);
    expect(Array.from(allocateBits([1e9, 1, 0], 24))).toEqual([8, 8, 0]);
  });

  test('uniform bits are alike', () => {
    expect(Array.from(uniformBits(3, 7))).toEqual([3, 2, 2]);
    expect(Array.from(uniformBits(5, 2))).toEqual([1, 1, 0, 0, 0]);
  });

  test.each([0, -1, 1.5, 33, Number.NaN])('a budget of %d for 4 dimensions is refused', (budget) => {
    expect(() => allocateBits([1, 1, 1, 1], budget)).toThrow('from 1 to 32');
    expect(() => uniformBits(4, budget)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});

describe('segments', () => {
  test('what is packed comes out, straddling or not, from ⌈Σ bits / 8⌉ bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer(),
        (bits, rows, seed) => {
          const random = rng(Math.abs(seed));
          const codes = bits.map((width) =>
            Uint8Array.from({ length: rows }, () => random.integer(2 ** width)),
          );
          const segments = packSegments(codes, bits);
          expect(segments).toHaveLength(Math.ceil(bits.reduce((a, b) => a + b, 0) / 8));
          const some = Uint32Array.from({ length: rows }, () => random.integer(rows));
          bits.forEach((width, j) => {
            if (width > 0) expect(extractDim(segments, bits, j)).toEqual(codes[j]);
            expect(extractDim(segments, bits, j, some)).toEqual(
              Uint8Array.from(some, (row) => codes[j]![row]!),
            );
          });
        },
      ),
      { seed: 7, numRuns: 200 },
    );
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('all codes of %d bits', (width) => {
    const all = Uint8Array.from({ length: 2 ** width }, (_, i) => i);
    const codes = Array.from({ length: 9 }, (_, j) => all.map((code) => code ^ (j % 2 ** width)));
    const bits = new Array<number>(9).fill(width);
    const segments = packSegments(codes, bits);
    for (const [j, column] of codes.entries()) expect(extractDim(segments, bits, j)).toEqual(column);
  });

  test('the layout is high bit first, without gaps', () => {
    const packed = packSegments(
      [0b101, 0b11, 0b1, 0b0110].map((code) => Uint8Array.of(code)),
      [3, 2, 1, 4],
    );
    expect(packed.map(([byte]) => byte)).toEqual([0b10111101, 0b10000000]);
  });

  test('bad input', () => {
    expect(() => packSegments([Uint8Array.of(4)], [2])).toThrow('needs more than the 2 bits');
    expect(() => packSegments([Uint8Array.of(1)], [9])).toThrow('from 0 to 8 bits');
    expect(() => packSegments([Uint8Array.of(1)], [1, 1])).toThrow(
      expect.objectContaining({ code: 'DIMENSION_MISMATCH' }),
    );
    expect(() => packSegments([Uint8Array.of(1), Uint8Array.of(1, 0)], [1, 1])).toThrow('has 2 codes');
    expect(() => extractDim([], [1], 1)).toThrow('no dimension 1');
  });
});

describe('cells', () => {
  const lloyd = { tol: 0.005, maxIter: 250 };
  const squaredError = (values: Float32Array, bounds: Float32Array) => {
    const cells = Array.from({ length: bounds.length - 1 }, () => [] as number[]);
    for (const value of values) cells[cellOf(bounds, value)]!.push(value);
    return cells
      .flatMap((members) => {
        const mean = members.reduce((a, b) => a + b, 0) / members.length;
        return members.map((value) => (value - mean) ** 2);
      })
      .reduce((a, b) => a + b, 0);
  };

  test('a value lies in its cell, what lies outside in an outer one', () => {
    const values = rng(3).fillNormal(new Float32Array(500));
    const bounds = cellBoundaries(values, 4, lloyd, rng(0));
    expect(bounds).toHaveLength(17);
    for (const value of values) {
      const cell = cellOf(bounds, value);
      expect(bounds[cell]!).toBeLessThanOrEqual(value);
      expect(bounds[cell + 1]!).toBeGreaterThan(value);
      expect(cellDistances(bounds, value)[cell]).toBe(0);
    }
    expect([cellOf(bounds, -100), cellOf(bounds, 100)]).toEqual([0, 15]);
    expect(cellDistances(bounds, 100)[15]).toBeCloseTo((100 - bounds[16]!) ** 2, 6);
    expect(cellDistances(bounds, -100)[0]).toBeCloseTo((bounds[0]! + 100) ** 2, 6);
  });

  test('Lloyd’s rule errs less than equally full cells', () => {
    const values = rng(5).fillNormal(new Float32Array(4000));
    const equal = cellBoundaries(values, 3, { tol: 0, maxIter: 1 }, rng(0));
    const moved = cellBoundaries(values, 3, lloyd, rng(0));
    expect(squaredError(values, moved)).toBeLessThan(0.9 * squaredError(values, equal));
    // The best quantizer of a normal variable with 8 levels errs 0.03454 (Max, 1960).
    expect(squaredError(values, moved) / 4000).toBeCloseTo(0.0345, 2);
  });

  test.each([
    ['all the same', [2, 2, 2, 2]],
    ['two values', [0, 0, 0, 1]],
    ['large ones', [1e9, 2e9, 3e9, -1e9]],
    ['a boundary at 0', [-1, 0, 0, 1]],
  ])('%s', (_, values) => {
    const bounds = cellBoundaries(Float32Array.from(values), 2, lloyd, rng(0));
    expect(Array.from(bounds)).toEqual(Array.from(bounds).sort((a, b) => a - b));
    expect(bounds[0]!).toBeLessThan(Math.min(...values));
    expect(bounds[4]!).toBeGreaterThan(Math.max(...values));
    for (const value of values) expect(cellDistances(bounds, value)[cellOf(bounds, value)]).toBe(0);
  });
});
