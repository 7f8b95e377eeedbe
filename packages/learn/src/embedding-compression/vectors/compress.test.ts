import { Matrix, rng } from '@fletch/linalg';
import { describe, expect, test } from 'vitest';
import { CompressedVectors, compressVectors, type VectorMethod, vectorMethods } from './compress.js';
import { compressionQuality, recallAtTen } from './quality.js';
import { threeFactors } from './shared.js';

const [rows, dim] = [3000, 24];

/** Clusters of different lengths. */
function clusters(): Matrix<Float32Array> {
  const random = rng(1);
  const centres = random.fillNormal(new Float32Array(30 * dim));
  const data = new Float32Array(rows * dim);
  for (let i = 0; i < rows; i++) {
    const [centre, length] = [random.integer(30), 0.5 + 2 * random.uniform()];
    for (let j = 0; j < dim; j++)
      data[i * dim + j] = length * (centres[centre * dim + j]! + 0.1 * random.normal());
  }
  return new Matrix(data, rows, dim);
}

const table = clusters();
/** The error that a budget leaves at most: what the method is good for on such data. */
const budgets: { readonly [method in VectorMethod]: readonly [cr: number, error: number] } = {
  int8: [0.26, 0.01],
  prune: [0.25, 0.75],
  pq: [0.5, 0.2],
  magpq: [0.6, 0.2],
  svd: [0.5, 0.7],
  magsvd: [0.5, 0.7],
  tt: [0.5, 0.95],
  dedup: [0.25, 0.9],
};

describe.each(Object.keys(vectorMethods) as VectorMethod[])('%s', (method) => {
  const [cr, most] = budgets[method];
  const compressed = compressVectors(table, { method, cr, seed: 4 });

  test('fits its budget, and keeps what it should', () => {
    expect(compressed.ratio).toBeLessThanOrEqual(1.02 * cr);
    const { error, recall } = compressionQuality(table, compressed);
    expect(error).toBeLessThan(most);
    expect(recall).toBeGreaterThan(0);
    expect(recall).toBeLessThanOrEqual(1);
  });

  test('gives single rows as it gives all, and comes back from its bytes', () => {
    const all = compressed.decompress();
    const ids = [5, 0, 2999, 5];
    const some = compressed.decompress(ids);
    for (const [k, id] of ids.entries())
      expect(some.slice(k * dim, (k + 1) * dim)).toEqual(all.slice(id * dim, (id + 1) * dim));
    const packed = compressed.pack();
    expect(CompressedVectors.unpack(packed, method).decompress()).toEqual(all);
    const header = 8 + Number(new DataView(packed.buffer, packed.byteOffset).getBigUint64(0, true));
    expect(packed.length - header).toBe(compressed.bytes);
  });

  test('names the smallest share that it reaches, and reaches it', { timeout: 240_000 }, () => {
    try {
      compressVectors(table, { method, cr: 1e-5 });
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(/Budget unreachable/),
      });
      const { floor } = (error as { details: { floor: number } }).details;
      expect(compressVectors(table, { method, cr: floor }).ratio).toBeLessThanOrEqual(1.02 * floor);
    }
  });

  test('a table of equal rows, of zeros, and of one row', () => {
    const equal = new Matrix(new Float32Array(40 * dim).fill(0.5), 40, dim);
    for (const one of [
      equal,
      new Matrix(new Float32Array(40 * dim), 40, dim),
      new Matrix(equal.data.slice(0, dim), 1, dim),
    ]) {
      // Codebooks of a row or forty are larger than they.
      const back = tryCompress(one, method)?.decompress();
      if (back) for (const value of back) expect(Number.isFinite(value)).toBe(true);
    }
  });
});

function tryCompress(x: Matrix<Float32Array>, method: VectorMethod): CompressedVectors | undefined {
  try {
    return compressVectors(x, { method, cr: 1 });
  } catch (error) {
    expect(error).toMatchObject({ message: expect.stringMatching(/Budget unreachable/) });
    return undefined;
  }
}

test('rounding to bytes errs by half a step at most', () => {
  const back = compressVectors(table, { method: 'int8', cr: 0.26 }).decompress();
  for (let j = 0; j < dim; j++) {
    const column = table.column(j);
    const step = (Math.max(...column) - Math.min(...column)) / 255;
    for (let i = 0; i < rows; i++)
      expect(Math.abs(back[i * dim + j]! - column[i]!)).toBeLessThan(0.5001 * step + 1e-6);
  }
});

test('equal rows are stored once', () => {
  const few = new Float32Array(200 * 8);
  const random = rng(2);
  const own = random.fillNormal(new Float32Array(10 * 8));
  for (let i = 0; i < 200; i++) few.set(own.subarray((i % 10) * 8, (i % 10) * 8 + 8), i * 8);
  const compressed = compressVectors(new Matrix(few, 200, 8), { method: 'dedup', cr: 0.2 });
  expect(compressed.decompress()).toEqual(few);
});

test('recall of the table itself is 1, of noise little', () => {
  const queries = new Matrix(table.data.subarray(0, 20 * dim), 20, dim);
  const own = Array.from({ length: 20 }, (_, i) => i);
  expect(recallAtTen(table, table, queries, own)).toBe(1);
  const noise = new Matrix(rng(8).fillNormal(new Float32Array(rows * dim)), rows, dim);
  expect(recallAtTen(table, noise, queries, own)).toBeLessThan(0.2);
});

test('three factors are near each other', () => {
  expect(threeFactors(784)).toEqual([7, 8, 14]);
  expect(threeFactors(100)).toEqual([4, 5, 5]);
  expect(threeFactors(13)).toEqual([1, 1, 13]);
});

describe('refuses', () => {
  const bad = table.data.slice();
  bad[3 * dim + 2] = Number.NaN;
  test.each([
    [
      'an unknown method',
      table,
      { method: 'zip' as VectorMethod, cr: 0.5 },
      'INVALID_ARGUMENT',
      /no method "zip"/,
    ],
    ['a share above 1', table, { method: 'pq', cr: 2 }, 'INVALID_ARGUMENT', /cr is 2/],
    [
      'NaN',
      new Matrix(bad, rows, dim),
      { method: 'svd', cr: 0.5 },
      'NON_FINITE',
      /Row 3 has NaN in column 2/,
    ],
    [
      'no rows',
      new Matrix(new Float32Array(0), 0, 4),
      { method: 'svd', cr: 0.5 },
      'INVALID_ARGUMENT',
      /0 × 4/,
    ],
    ['to go on', table, { method: 'svd', cr: 0.5, signal: AbortSignal.abort() }, 'ABORTED', /aborted/],
  ] as const)('%s', (_, x, options, code, message) => {
    expect(() => compressVectors(x, options)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  test('rows that there are not', () => {
    const compressed = compressVectors(table, { method: 'svd', cr: 0.5 });
    expect(() => compressed.decompress([0, 3000])).toThrow(/Row 3000 is not among the 3000/);
  });

  test('checkpoints of another method, and of fields', () => {
    const packed = compressVectors(table, { method: 'svd', cr: 0.5 }).pack();
    expect(() => CompressedVectors.unpack(packed, 'pq')).toThrow(/by "svd", not by "pq"/);
  });
});
