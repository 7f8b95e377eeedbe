import { Matrix, rng } from '@fletch/linalg';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LVQDataset, lvqEncode } from './index.js';

const gaussian = (seed: number, rows: number, cols: number, size = 1) =>
  new Matrix(
    rng(seed)
      .fillNormal(new Float32Array(rows * cols))
      .map((value) => value * size),
    rows,
    cols,
  );

const bits = fc.constantFrom<4 | 8>(4, 8);

describe('encoding', () => {
  test('components are off by at most half a step, of either level', () => {
    const shape = fc.record({
      seed: fc.nat(1000),
      rows: fc.integer({ min: 1, max: 6 }),
      cols: fc.integer({ min: 1, max: 40 }),
      size: fc.constantFrom(1e-20, 1e-3, 1, 300, 1e20),
      bits,
      residualBits: bits,
    });
    fc.assert(
      fc.property(shape, ({ seed, rows, cols, size, bits, residualBits }) => {
        const x = gaussian(seed, rows, cols, size);
        const codes = lvqEncode(x, { bits, residualBits });
        for (let i = 0; i < rows; i++) {
          for (const level of [1, 2] as const) {
            const decoded = codes.decode(i, level);
            const slack = 1 + 1e-9;
            for (let j = 0; j < cols; j++)
              expect(Math.abs(decoded[j]! - x.at(i, j))).toBeLessThanOrEqual(
                codes.errorBound(i, level) * slack,
              );
          }
          expect(codes.errorBound(i, 2)).toBeCloseTo(codes.errorBound(i, 1) / (2 ** residualBits - 1), 30);
        }
      }),
      { numRuns: 150, seed: 1 },
    );
  });

  test('the step is the narrowest of 16 bits that divides the range', () => {
    const codes = lvqEncode(gaussian(2, 50, 64), { bits: 8, mean: new Float32Array(64) });
    const x = gaussian(2, 50, 64);
    for (let i = 0; i < 50; i++) {
      const row = x.row(i);
      const range = Math.max(...row) - Math.min(...row);
      expect(codes.range(i).step * 255).toBeGreaterThanOrEqual(range);
      expect(codes.range(i).step * 255).toBeLessThanOrEqual(range * (1 + 3 * 2 ** -10));
    }
  });

  test.each([4, 8] as const)('what lies on the grid of %i bits comes back as it was', (bits) => {
    const levels = 2 ** bits - 1;
    const random = rng(3);
    const rows = Array.from({ length: 20 }, (_, i) => {
      const step = 2 ** -(i % 5);
      const codes = [0, levels, ...Array.from({ length: 30 }, () => random.integer(levels + 1))];
      return codes.map((code) => -3 + step * code);
    });
    const x = Matrix.from(rows, 'float32');
    const encoded = lvqEncode(x, { bits, mean: new Float32Array(x.cols) });
    for (let i = 0; i < x.rows; i++) expect([...encoded.decode(i)]).toEqual([...x.row(i)]);
  });

  test('constant vectors have step zero and codes zero', () => {
    const x = Matrix.from([new Array(7).fill(2), new Array(7).fill(-5)], 'float32');
    const codes = lvqEncode(x, { bits: 4, residualBits: 8, mean: new Float32Array(7) });
    expect(codes.range(1).step).toBe(0);
    expect(codes.records.subarray(codes.stride + 4).every((byte) => byte === 0)).toBe(true);
    expect([...codes.decode(0, 2)]).toEqual([...x.row(0)]);
    const alike = lvqEncode(new Matrix(new Float32Array(21).fill(9), 3, 7), { bits: 8 });
    expect([...alike.decode(2)]).toEqual([...new Array(7).fill(9)]);
  });

  test.each([
    [4, 64, 64],
    [8, 64, 96],
    [8, 28, 32],
    [4, 56, 32],
    [4, 57, 64],
  ] as const)('%i bits of %i components take %i bytes', (bits, cols, bytes) => {
    expect(lvqEncode(gaussian(4, 1, cols), { bits }).bytesPerVector).toBe(bytes);
  });

  test('vectors that come later are encoded like the first, while they fit', () => {
    const first = lvqEncode(gaussian(5, 20, 8), { bits: 8 });
    const { mean, scale } = first;
    const later = lvqEncode(gaussian(5, 20, 8), { bits: 8, mean, scale });
    expect(later.records).toEqual(first.records);
    expect(() => lvqEncode(gaussian(5, 20, 8, 1e6), { bits: 8, mean, scale })).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('reach of this scale'),
      }),
    );
  });
});

describe('distances on codes', () => {
  test('are those to the decoded vectors', () => {
    const shape = fc.record({
      seed: fc.nat(1000),
      cols: fc.integer({ min: 1, max: 50 }),
      bits,
      residualBits: bits,
    });
    fc.assert(
      fc.property(shape, ({ seed, cols, bits, residualBits }) => {
        const codes = lvqEncode(gaussian(seed, 4, cols), { bits, residualBits });
        const query = gaussian(seed + 5000, 1, cols).data;
        for (const level of [1, 2] as const) {
          for (let i = 0; i < 4; i++) {
            const decoded = codes.decode(i, level);
            const dot = decoded.reduce((sum, value, j) => sum + value * query[j]!, 0);
            const l2 = decoded.reduce((sum, value, j) => sum + (value - query[j]!) ** 2, 0);
            expect(Math.abs(codes.dot(query, i, level) - dot)).toBeLessThanOrEqual(1e-5);
            expect(Math.abs(codes.l2(query, i, level) - l2)).toBeLessThanOrEqual(1e-5);
          }
        }
      }),
      { numRuns: 100, seed: 2 },
    );
  });
});

describe('bad input', () => {
  const x = gaussian(6, 3, 4);
  const codes = lvqEncode(x, { bits: 8 });

  test.each([
    ['bits', () => lvqEncode(x, { bits: 5 as never }), 'INVALID_ARGUMENT', 'bits must be 4 or 8, not 5'],
    [
      'residual bits',
      () => lvqEncode(x, { bits: 4, residualBits: 2 as never }),
      'INVALID_ARGUMENT',
      'residualBits must be 4 or 8',
    ],
    ['nothing', () => lvqEncode(gaussian(1, 0, 4), { bits: 8 }), 'INVALID_ARGUMENT', 'nothing to encode'],
    [
      'a mean of another length',
      () => lvqEncode(x, { bits: 8, mean: new Float32Array(5) }),
      'DIMENSION_MISMATCH',
      'The mean has 5 components',
    ],
    ['a scale', () => lvqEncode(x, { bits: 8, scale: 3 }), 'INVALID_ARGUMENT', 'power of two, not 3'],
    ['a query', () => codes.dot([1, 2], 0), 'DIMENSION_MISMATCH', 'The query has 2 components'],
    ['a query of l2', () => codes.l2([1, 2], 0), 'DIMENSION_MISMATCH', 'The query has 2 components'],
    ['a vector', () => codes.decode(3), 'NOT_FOUND', 'numbered 0 to 2'],
    ['a level', () => codes.decode(0, 2), 'INVALID_ARGUMENT', 'give residualBits'],
    ['no level', () => codes.decode(0, 3 as never), 'INVALID_ARGUMENT', 'level must be 1 or 2'],
    [
      'parts',
      () => new LVQDataset({ ...parts(codes), records: new Uint8Array(5) }),
      'DIMENSION_MISMATCH',
      'The records have 5 entries instead of 96',
    ],
  ])('%s', (_, work, code, message) => {
    expect(work).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('%d is named with its place', (bad) => {
    for (const options of [{ bits: 8 }, { bits: 8, scale: 1, mean: new Float32Array(4) }] as const) {
      const data = x.data.slice();
      data[6] = bad;
      expect(() => lvqEncode(new Matrix(data, 3, 4), options)).toThrow(
        expect.objectContaining({ code: 'NON_FINITE', details: { row: 1, column: 2 } }),
      );
    }
  });
});

const parts = ({ rows, dimension, bits, residualBits, mean, scale, records, residuals }: LVQDataset) => ({
  rows,
  dimension,
  bits,
  residualBits,
  mean,
  scale,
  records,
  residuals,
});
