import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { Bitset } from '../bitset.js';
import { checkIndex, oracleScore } from '../check-index.case.js';
import { createFlatIndex, createOsqIndex, loadIndex, type OsqOptions } from '../create.js';
import { clusteredVectors, range, uniformVectors } from '../testing.js';
import { type Distance, type IndexHits, largerIsBetter, type VectorIndex } from '../types.js';

checkIndex('osq, before it has learned', createOsqIndex);

const dimension = 48;
const open: VectorIndex[] = [];
afterEach(async () => {
  for (const index of open.splice(0)) await index.close();
});

/** An index and an exact one, and the vectors that both have. */
async function pair(options: Partial<OsqOptions> = {}) {
  const distance = options.distance ?? 'Cosine';
  const vectors = new Map<number, Float32Array>();
  const index = await createOsqIndex({
    ...{ dimension, distance, threads: 1, trainAt: 1500, whole: (row) => vectors.get(row) },
    ...options,
  });
  const exact = await createFlatIndex({ dimension, distance, threads: 1 });
  open.push(index, exact);
  return {
    index,
    exact,
    async add(rows: readonly number[], values: Float32Array) {
      rows.forEach((row, i) => {
        vectors.set(row, values.slice(i * dimension, (i + 1) * dimension));
      });
      await Promise.all([index.add(rows, values), exact.add(rows, values)]);
    },
    async remove(rows: readonly number[]) {
      for (const row of rows) vectors.delete(row);
      await Promise.all([index.remove(rows), exact.remove(rows)]);
    },
  };
}

const osq = (index: VectorIndex) => index.stats().osq!;
const parts = (values: Float32Array) =>
  range(values.length / dimension).map((i) => values.subarray(i * dimension, (i + 1) * dimension));

/** Share of the true ten nearest that are among `refine` times as many candidates. */
async function recall(index: VectorIndex, exact: VectorIndex, queries: Float32Array, filter?: Bitset) {
  let [found, total] = [0, 0];
  for (const query of parts(queries)) {
    const options = filter ? { filter } : {};
    const truth = exact.search(query, 10, options).rows;
    const candidates = await index.searchAsync(query, 10 * index.refine!, options);
    expect(index.search(query, 10 * index.refine!, options)).toEqual(candidates);
    total += truth.length;
    for (const row of truth) if (candidates.rows.includes(row)) found++;
  }
  return found / total;
}

function expectOrdered({ rows, scores }: IndexHits, distance: Distance) {
  const sign = largerIsBetter(distance) ? 1 : -1;
  for (let i = 1; i < rows.length; i++) {
    expect(sign * (scores[i - 1]! - scores[i]!)).toBeGreaterThanOrEqual(0);
    if (scores[i] === scores[i - 1]) expect(rows[i]!).toBeGreaterThan(rows[i - 1]!);
  }
}

describe.each(['Cosine', 'Dot', 'Euclid', 'Manhattan'] as Distance[])('%s', (distance) => {
  test('rows become codes once there are enough, come and go, and are found', async () => {
    const both = await pair({ distance, partitions: 3 });
    const { index, exact } = both;
    const vectors = clusteredVectors(6000, dimension, 1);
    await both.add(range(1000), vectors.subarray(0, 1000 * dimension));
    await index.settled();
    expect(osq(index)).toMatchObject({ trained: false, training: false });
    expect(index.isLossy).toBe(false);
    await both.add(range(3000, 1000), vectors.subarray(1000 * dimension, 4000 * dimension));
    await index.settled();
    expect(osq(index)).toMatchObject({ trained: true, training: false, partitions: 3 });
    expect(index.isLossy).toBe(true);
    expect(index.stats()).toMatchObject({ kind: 'osq', size: 4000, linked: 4000 });
    const queries = clusteredVectors(20, dimension, 2);
    expect(await recall(index, exact, queries)).toBeGreaterThan(0.95);
    await both.remove(range(1500).map((i) => 2 * i));
    expect(await recall(index, exact, queries)).toBeGreaterThan(0.95);
    await both.add(
      range(1500).map((i) => 2 * i),
      vectors.subarray(4000 * dimension, 5500 * dimension),
    );
    // Vectors of rows that are there are replaced.
    await both.add(range(500, 3000), vectors.subarray(5500 * dimension));
    expect(index.size).toBe(exact.size);
    for (const row of range(4100)) expect(index.has(row)).toBe(exact.has(row));
    expect(await recall(index, exact, queries)).toBeGreaterThan(0.95);
  });

  test('scores are those of what codes stand for, and no score is better than its bound', async () => {
    const both = await pair({ distance, partitions: 2 });
    const { index, exact } = both;
    await both.add(range(2000), clusteredVectors(2000, dimension, 3));
    await index.settled();
    const all = Uint32Array.from(range(2000));
    for (const query of parts(clusteredVectors(5, dimension, 4))) {
      for (const options of [{}, { exact: true }]) {
        const hits = index.search(query, 30, options);
        expectOrdered(hits, distance);
        hits.rows.forEach((row, i) => {
          expect(hits.scores[i]).toBeCloseTo(oracleScore(distance, query, index.vector(row)), 3);
        });
      }
      // What is exact is a sort of all rows by these scores.
      const compared = await index.compare(query, all);
      const best = index.search(query, 5, { exact: true });
      const sign = largerIsBetter(distance) ? 1 : -1;
      const order = range(2000).sort((a, b) => sign * (compared[b]! - compared[a]!) || a - b);
      best.rows.forEach((_, i) => {
        expect(best.scores[i]).toBeCloseTo(compared[order[i]!]!, 5);
      });
      const bounds = await index.bounds!(query, 2000);
      expectOrdered(bounds, distance);
      expect(new Set(bounds.rows).size).toBe(2000);
      const scores = await exact.compare(query, bounds.rows);
      bounds.rows.forEach((_, i) => {
        expect(sign * (bounds.scores[i]! - scores[i]!)).toBeGreaterThanOrEqual(0);
      });
      const some = await index.bounds!(query, 7, { filter: Bitset.of(range(40)) });
      expect(some.rows).toHaveLength(7);
      for (const row of some.rows) expect(row).toBeLessThan(40);
    }
  });
});

test('filters: nothing, a few, a tenth, most', async () => {
  const both = await pair({ distance: 'Euclid' });
  const { index, exact } = both;
  await both.add(range(9000), clusteredVectors(9000, dimension, 5));
  await index.settled();
  const queries = clusteredVectors(10, dimension, 6);
  expect(index.search(queries.subarray(0, dimension), 10, { filter: new Bitset() }).rows).toHaveLength(0);
  const few = Bitset.of(range(8).map((i) => 100 * i));
  expect(new Set(index.search(queries.subarray(0, dimension), 10, { filter: few }).rows)).toEqual(
    new Set(few),
  );
  for (const every of [10, 2])
    expect(
      await recall(index, exact, queries, Bitset.of(range(9000).filter((row) => row % every === 0))),
    ).toBeGreaterThan(0.95);
});

test('changes during learning reach the codes, and searches go on', async () => {
  const both = await pair();
  const { index, exact } = both;
  const vectors = clusteredVectors(4000, dimension, 7);
  await both.add(range(2000), vectors.subarray(0, 2000 * dimension));
  expect(osq(index).training).toBe(true);
  await Promise.all(
    range(20).map(async (i) => {
      await both.add(
        range(100, 2000 + 100 * i),
        vectors.subarray((2000 + 100 * i) * dimension, (2100 + 100 * i) * dimension),
      );
      await both.remove([i, 2000 + 100 * i]);
      expect((await index.searchAsync(vectors.subarray(0, dimension), 5)).rows).toHaveLength(5);
    }),
  );
  await index.settled();
  expect(osq(index)).toMatchObject({ trained: true, training: false });
  for (const row of range(4000)) expect(index.has(row)).toBe(exact.has(row));
  expect(await recall(index, exact, clusteredVectors(20, dimension, 8))).toBeGreaterThan(0.95);
});

test('learns anew when it has grown, and when rows are of another kind', async () => {
  const among = (from: number, count: number, seed: number) => {
    const values = uniformVectors(count, dimension, seed);
    for (let i = 0; i < values.length; i++)
      if (i % dimension < from || i % dimension >= from + 12) values[i]! *= 0.05;
    return values;
  };
  const both = await pair({ bits: 1, trainAt: 2500 });
  const { index, exact } = both;
  await both.add(range(2500), among(0, 2500, 1));
  await index.settled();
  const before = osq(index);
  await both.add(range(2500, 2500), among(24, 2500, 2));
  await index.settled();
  const after = osq(index);
  expect(after.drift).toBe(1);
  expect(after.lost).toBeGreaterThan(before.lost!);
  expect(await recall(index, exact, among(24, 20, 3))).toBeGreaterThan(0.8);
});

describe('what is hard to learn from', () => {
  const make = (count: number, value: (row: number, column: number) => number) =>
    Float32Array.from({ length: count * dimension }, (_, at) =>
      value(Math.floor(at / dimension), at % dimension),
    );
  const noise = uniformVectors(2000, dimension, 9);

  test.each<[string, Float32Array]>([
    ['vectors that are all alike', make(2000, (_, column) => column + 1)],
    ['columns of zeros', make(2000, (row, column) => (column < 2 ? noise[row * 7 + column]! : 0))],
    ['half of them alike', make(2000, (row, column) => (row < 1000 ? 1 : noise[row * 8 + (column % 8)]!))],
  ])('%s', async (_, values) => {
    for (const distance of ['Cosine', 'Euclid'] as const) {
      const both = await pair({ distance, partitions: 3 });
      await both.add(range(2000), values);
      await both.index.settled();
      expect(osq(both.index)).toMatchObject({ trained: true });
      expect(osq(both.index).trouble).toBeUndefined();
      const query = values.slice(0, dimension);
      const bounds = await both.index.bounds!(query, 1);
      const best = both.exact.search(query, 1).scores[0]!;
      expect((distance === 'Cosine' ? 1 : -1) * (bounds.scores[0]! - best)).toBeGreaterThanOrEqual(-1e-5);
      expect(both.index.search(query, 12).rows).toHaveLength(12);
    }
  });

  test('a sample smaller than the dimension', async () => {
    const both = await pair({ trainAt: 5 });
    await both.add(range(6), clusteredVectors(6, dimension, 1));
    await both.index.settled();
    expect(osq(both.index)).toMatchObject({ trained: true, partitions: 1 });
    await both.add(range(30, 6), clusteredVectors(30, dimension, 2));
    await both.index.settled();
    expect(await recall(both.index, both.exact, clusteredVectors(5, dimension, 3))).toBe(1);
  });

  test('queries of another distribution', async () => {
    const both = await pair({ distance: 'Dot', bits: 3 });
    await both.add(range(5000), clusteredVectors(5000, dimension, 1));
    await both.index.settled();
    const queries = uniformVectors(20, dimension, 2).map((value, at) =>
      at % dimension < 9 ? 20 * value : value,
    );
    expect(await recall(both.index, both.exact, queries)).toBeGreaterThan(0.9);
  });
});

test('a vector with NaN is refused before and after learning, and changes nothing', async () => {
  const both = await pair();
  const bad = new Float32Array(dimension).fill(1).fill(Number.NaN, 3, 4);
  for (const from of [0, 2000]) {
    await expect(both.index.add([from], bad)).rejects.toMatchObject({ code: 'NON_FINITE' });
    expect(both.index.has(from)).toBe(false);
    expect(() => both.index.search(bad, 1)).toThrow('column 3');
    await both.add(range(2000, from), clusteredVectors(2000, dimension, from));
    await both.index.settled();
  }
  expect(both.index.size).toBe(4000);
});

describe('snapshots', () => {
  let folder: string | undefined;
  afterEach(async () => {
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  async function saved(rows: number) {
    folder = await mkdtemp(join(tmpdir(), 'fletch-osq-'));
    const both = await pair({ partitions: 3, distance: 'Dot' });
    await both.add(range(rows), clusteredVectors(rows, dimension, 1));
    await both.index.settled();
    await both.remove(range(300));
    const path = join(folder, 'index.snapshot');
    await both.index.save(path, { of: 'me' });
    return { ...both, path };
  }

  test.each([1000, 2500])('of %i rows are what was saved, and go on', async (rows) => {
    const { index, path } = await saved(rows);
    const { index: loaded, owner } = await loadIndex(path, { threads: 1 });
    open.push(loaded);
    expect(owner).toEqual({ of: 'me' });
    const { memoryBytes: _, ...stats } = loaded.stats();
    expect(index.stats()).toMatchObject(stats);
    const queries = clusteredVectors(5, dimension, 2);
    for (const query of parts(queries)) expect(loaded.search(query, 20)).toEqual(index.search(query, 20));
    for (const one of [index, loaded]) {
      await one.add(range(300), clusteredVectors(300, dimension, 3));
      await one.remove([500]);
    }
    for (const query of parts(queries)) expect(loaded.search(query, 20)).toEqual(index.search(query, 20));
  });

  test('a flipped bit anywhere is found', async () => {
    const { path } = await saved(1600);
    const bytes = await readFile(path);
    for (let i = 0; i < 60; i++) {
      const damaged = Buffer.from(bytes);
      damaged[Math.floor(((i + 0.5) / 60) * bytes.length)]! ^= 1 << (i % 8);
      await writeFile(path, damaged);
      await expect(loadIndex(path)).rejects.toMatchObject({ code: expect.stringMatching(/CORRUPT|TOO_NEW/) });
    }
    await writeFile(path, bytes.subarray(0, bytes.length - 100));
    await expect(loadIndex(path)).rejects.toMatchObject({ code: 'CORRUPT' });
  });
});

test.each<[Partial<OsqOptions>, string]>([
  [{ bits: 0 }, 'bits'],
  [{ bits: 9 }, 'bits'],
  [{ partitions: 0 }, 'partitions'],
  [{ hammingPercent: 0 }, 'hammingPercent'],
  [{ refine: 0.5 }, 'refine'],
  [{ trainAt: 1 }, 'trainAt'],
  [{ driftLimit: 0.5 }, 'driftLimit'],
  [{ seed: -1 }, 'seed'],
])('refuses %o', async (options, name) => {
  await expect(createOsqIndex({ dimension, distance: 'Cosine', ...options })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(name),
  });
});

test('refuses work after close, of codes too', async () => {
  const both = await pair();
  await both.add(range(1600), clusteredVectors(1600, dimension, 1));
  await both.index.settled();
  await both.index.close();
  const query = new Float32Array(dimension).fill(1);
  const code = { code: 'CLOSED' };
  expect(() => both.index.search(query, 1)).toThrow('closed');
  expect(() => both.index.stats()).toThrow('closed');
  await expect(both.index.add([1], query)).rejects.toMatchObject(code);
  await expect(both.index.remove([1])).rejects.toMatchObject(code);
  await expect(both.index.settled()).rejects.toMatchObject(code);
  await expect(both.index.searchAsync(query, 1)).rejects.toMatchObject(code);
});
