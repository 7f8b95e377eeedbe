import { Matrix, rng } from '@fletch/linalg';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fieldsOf } from '../fields.js';
import { bucketOf, DHE_BUCKETS, multiplyModulo, ROBE_PRIME, universalHashes } from '../hashing.js';
import { RobeHash } from '../methods/robe.js';
import { packCodes, unpackCode } from './codes.js';
import { stochasticRound } from './row-tables.js';
import { entriesWithin, restoreSparse, storeSparse, zeroSmallest } from './sparse.js';
import { storedBytes } from './stored.js';
import { digits, numbersAt, trainRow, trainShape, trainSVD } from './tensor-train.js';

const gaussian = (count: number, seed = 1) => rng(seed).fillNormal(new Float32Array(count));

test('a tensor train of full rank is the table', () => {
  const [rows, dim] = [50, 8];
  const table = new Matrix(gaussian(rows * dim), rows, dim);
  const shape = trainShape(rows, dim);
  const rank = Math.max(shape.n[0] * shape.d[0], shape.n[2] * shape.d[2]);
  const cores = trainSVD(table, shape, rank);
  expect(cores.reduce((sum, { length }) => sum + length, 0)).toBe(numbersAt(shape, rank));
  const row = new Float32Array(dim);
  for (let id = 0; id < rows; id++) {
    trainRow(cores, shape, rank, id, row);
    for (let j = 0; j < dim; j++) expect(Math.abs(row[j]! - table.at(id, j))).toBeLessThan(1e-5);
  }
});

test('digits number ids one to one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), (rows) => {
      const { n } = trainShape(rows, 16);
      const seen = new Set<string>();
      for (let id = 0; id < rows; id++) {
        const [a, b, c] = digits(id, n);
        expect(a < n[0] && b < n[1] && c < n[2]).toBe(true);
        expect(a + n[0] * (b + n[1] * c)).toBe(id);
        seen.add(`${a} ${b} ${c}`);
      }
      expect(seen.size).toBe(rows);
    }),
    { numRuns: 15, seed: 3 },
  );
});

test('hashes are those of whole numbers of any size', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: ROBE_PRIME - 1 }),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      (a, x) => {
        expect(multiplyModulo(a, x, ROBE_PRIME)).toBe(Number((BigInt(a) * BigInt(x)) % BigInt(ROBE_PRIME)));
      },
    ),
    { seed: 5 },
  );
  for (const hash of universalHashes(20, rng(2))) {
    expect(hash.p).toBeGreaterThanOrEqual(DHE_BUCKETS);
    for (const id of [0, 1, 33_800_000, 4_000_000_000]) {
      const exact = ((BigInt(hash.a) * BigInt(id) + BigInt(hash.b)) % BigInt(hash.p)) % BigInt(DHE_BUCKETS);
      expect(bucketOf(hash, id)).toBe(Number(exact));
    }
  }
});

test('places and signs of ROBE are those of whole numbers of any size; signs balance', () => {
  const fields = fieldsOf([1000, 33_000]);
  const numbers = [
    2_038_074_742, 1_999_999_999, 1_700_000_001, 2_000_000_011, 1_234_567_891, 2_038_074_000, 987_654_321,
  ];
  const hash = new RobeHash(fields, 16, numbers, 40_000);
  const p = BigInt(ROBE_PRIME);
  const [a, b, e, a2, b2, c2, e2] = numbers.map(BigInt) as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  let total = 0;
  for (let row = 0; row < fields.rows; row += 17)
    hash.row(row, (i, position, sign) => {
      const f = BigInt(row < 1000 ? 0 : 1);
      const x = BigInt(row < 1000 ? row : row - 1000);
      expect(position).toBe(Number(((a * f + b * x + e + BigInt(i)) % p) % 40_000n));
      expect(sign).toBe(2 * Number(((a2 * f + b2 * x + c2 * BigInt(i) + e2) % p) % 2n) - 1);
      total += sign;
    });
  const count = 16 * Math.ceil(fields.rows / 17);
  expect(Math.abs(total / count)).toBeLessThan(0.05);
});

test('random rounding keeps the mean, and the range', () => {
  const count = 100_000;
  for (const value of [0.3, -2.75, 5]) {
    const codes = new Int8Array(count);
    stochasticRound(new Float32Array(count).fill(value), 8, rng(9), codes);
    const share = value - Math.floor(value);
    const sigma = Math.sqrt((share * (1 - share)) / count);
    const mean = codes.reduce((sum, code) => sum + code, 0) / count;
    expect(Math.abs(mean - value)).toBeLessThanOrEqual(5 * sigma + 1e-9);
    expect(new Set(codes).size).toBe(share === 0 ? 1 : 2);
  }
  const clamped = new Int8Array(2);
  stochasticRound(Float32Array.of(500, -500), 8, rng(1), clamped);
  expect([...clamped]).toEqual([127, -128]);
});

test('codes of few bits come back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(fc.nat(), { maxLength: 60 }), (bits, numbers) => {
      const codes = Uint8Array.from(numbers, (value) => value % 2 ** bits);
      const { data } = packCodes(codes, bits);
      expect(data.length).toBe(Math.ceil((codes.length * bits) / 8));
      for (const [i, code] of codes.entries()) expect(unpackCode(data as Uint8Array, bits, i)).toBe(code);
    }),
    { seed: 1 },
  );
});

test('the smallest magnitudes become zero, as many as are asked for', () => {
  fc.assert(
    fc.property(
      fc.array(fc.float({ noNaN: true, min: -4, max: 4 }), { minLength: 1, maxLength: 80 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (numbers, share) => {
        const before = Float32Array.from(numbers);
        const count = Math.round(share * before.length);
        const after = before.slice();
        zeroSmallest(after, count);
        const sorted = before.map(Math.abs).sort();
        const kept = Array.from(after).filter((_, i) => Object.is(after[i], before[i]) && before[i] !== 0);
        for (const value of kept) expect(Math.abs(value)).toBeGreaterThanOrEqual(sorted[count] ?? 0);
        const zeros = after.filter((value) => value === 0).length;
        expect(zeros).toBe(Math.max(count, before.filter((value) => value === 0).length));
      },
    ),
    { seed: 2 },
  );
});

test.each([0.25, 0.02])('a sparse table at %d fits its budget and comes back', (cr) => {
  const [rows, dim] = [400, 16];
  const fields = fieldsOf([rows]);
  const data = gaussian(rows * dim);
  zeroSmallest(data, data.length - entriesWithin({ fields, dim, cr }));
  const stored = storeSparse(data, dim);
  expect(stored.kind).toBe(cr * dim >= 3 ? 'csr' : 'coo');
  expect(storedBytes(stored)).toBeLessThanOrEqual(cr * 4 * rows * dim);
  expect(storedBytes(stored)).toBeGreaterThan(0.97 * cr * 4 * rows * dim);
  const back = new Float32Array(data.length);
  restoreSparse(stored, { fields, dim })(
    Int32Array.from({ length: rows }, (_, i) => i),
    back,
  );
  expect(back).toEqual(data);
});
