import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Bitset } from '../index/bitset.js';
import { createFlatIndex, createHnswIndex } from '../index/create.js';
import { clusteredVectors, range, seededRandom, uniformVectors } from '../index/testing.js';
import { type Distance, largerIsBetter } from '../index/types.js';
import { defaultHnsw } from '../store/vectors.js';
import { MultiSpace } from './multi.js';
import type { MultiSpec } from './spec.js';
import type { MultiValue } from './types.js';

const opened: MultiSpace[] = [];

afterEach(async () => {
  for (const space of opened.splice(0)) await space.close();
});

async function create(dimension: number, distance: Distance, m = 16, encoded = false): Promise<MultiSpace> {
  const spec: MultiSpec = {
    kind: 'multi',
    name: 'm',
    slot: 0,
    dimension,
    distance,
    hnsw: { ...defaultHnsw, m },
  };
  const options = { dimension, distance, threads: 2 };
  const space = new MultiSpace(
    spec,
    m === 0 ? await createFlatIndex(options) : await createHnswIndex(options),
    encoded ? (size) => createHnswIndex({ dimension: size, distance: 'Dot', threads: 2 }) : undefined,
  );
  opened.push(space);
  return space;
}

function multi(values: Float32Array, dimension: number): MultiValue {
  return { tokens: values.length / dimension, values };
}

/** One token against another, as a summand of which more is better. */
function similarity(a: Float32Array, b: Float32Array, distance: Distance): number {
  let dot = 0;
  let squares = 0;
  let absolute = 0;
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    squares += (a[i]! - b[i]!) ** 2;
    absolute += Math.abs(a[i]! - b[i]!);
  }
  if (distance === 'Euclid') return -squares;
  if (distance === 'Manhattan') return -absolute;
  return distance === 'Dot' ? dot : dot / (Math.hypot(...a) * Math.hypot(...b));
}

/** MaxSim by its definition. */
function maxSim(query: MultiValue, point: MultiValue, dimension: number, distance: Distance): number {
  const tokens = ({ tokens: count, values }: MultiValue) =>
    Array.from({ length: count }, (_, i) => values.subarray(i * dimension, (i + 1) * dimension));
  const sum = tokens(query)
    .map((a) => Math.max(...tokens(point).map((b) => similarity(a, b, distance))))
    .reduce((total, one) => total + one, 0);
  if (distance === 'Euclid') return Math.sqrt(-sum);
  return distance === 'Manhattan' ? -sum : sum;
}

const dimension = 5;
const component = fc.integer({ min: 1, max: 9 }).map((n) => n / 3);
const tokens = fc
  .integer({ min: 1, max: 6 })
  .chain((count) => fc.array(component, { minLength: count * dimension, maxLength: count * dimension }))
  .map((list) => multi(Float32Array.from(list), dimension));
const step = fc.oneof(
  fc.record({ put: fc.integer({ min: 0, max: 12 }), tokens }),
  fc.record({ remove: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 4 }) }),
);

describe('a space of several vectors to a point', () => {
  test.each<Distance>(['Cosine', 'Dot', 'Euclid', 'Manhattan'])(
    'answers as comparing with every point does, after any changes (%s)',
    async (distance) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), tokens, async (steps, query) => {
          const space = await create(dimension, distance);
          const model = new Map<number, MultiValue>();
          for (const one of steps) {
            if ('put' in one) {
              await space.remove([one.put]);
              await space.add([one.put], [one.tokens]);
              model.set(one.put, one.tokens);
            } else {
              await space.remove(one.remove);
              for (const row of one.remove) model.delete(row);
            }
          }
          expect(space.size).toBe(model.size);
          for (const [row, { tokens: count, values }] of model) {
            const stored = space.vector(row);
            expect(stored.tokens).toBe(count);
            if (distance !== 'Cosine') expect(stored.values).toEqual(values);
          }
          const scores = new Map(
            [...model].map(([row, own]) => [row, maxSim(query, own, dimension, distance)]),
          );
          const expected = [...scores.values()].sort((a, b) => (largerIsBetter(distance) ? b - a : a - b));
          const hits = await space.nearest(query, 5, { exact: true });
          expect([...hits.scores]).toEqual(expected.slice(0, 5).map((score) => expect.closeTo(score, 4)));
          hits.rows.forEach((row, i) => {
            expect(hits.scores[i]).toBeCloseTo(scores.get(row)!, 4);
          });
          const rows = Uint32Array.from(model.keys());
          expect([...(await space.compare(query, rows))]).toEqual(
            Array.from(rows, (row) => expect.closeTo(scores.get(row)!, 4)),
          );
          await space.close();
        }),
        { numRuns: 40, seed: 2 },
      );
    },
  );

  test('the score under Euclid is the root of the summed squares', async () => {
    const space = await create(3, 'Euclid');
    const query = multi(Float32Array.of(1, 2, 3, 3, 3, 3, 4, 5, 6), 3);
    await space.add([0, 1], [query, multi(Float32Array.of(3, 3, 3, 4, 2, 1), 3)]);
    const hits = await space.nearest(query, 2);
    expect([...hits.rows]).toEqual([0, 1]);
    expect([...hits.scores]).toEqual([0, Math.fround(Math.sqrt(19))]);
  });

  test('work that is spread over threads comes to the same', async () => {
    const space = await create(32, 'Dot');
    const random = seededRandom(4);
    const points = range(1500).map((row) =>
      multi(uniformVectors(1 + Math.floor(random() * 40), 32, row + 10), 32),
    );
    await space.add(range(1500), points);
    const query = multi(uniformVectors(24, 32, 1), 32);
    const hits = await space.nearest(query, 1500, { exact: true });
    expect(hits.rows.length).toBe(1500);
    hits.rows.forEach((row, i) => {
      if (i % 25 === 0) expect(hits.scores[i]).toBeCloseTo(maxSim(query, points[row]!, 32, 'Dot'), 3);
    });
  });

  test.each<[Distance, filtered: boolean]>([
    ['Cosine', false],
    ['Euclid', false],
    ['Dot', true],
  ])(
    'finds 95 %% of the best ten through the index (%s, filtered: %s)',
    { timeout: 90_000 },
    async (distance, filtered) => {
      const dim = 24;
      const space = await create(dim, distance);
      const random = seededRandom(9);
      const count = 2000;
      const all = clusteredVectors(count * 16, dim, 7, { clusters: 200 });
      const points = range(count).map((row) => {
        const from = row * 16 * dim;
        return multi(all.subarray(from, from + (4 + Math.floor(random() * 12)) * dim), dim);
      });
      const asked = clusteredVectors(20 * 8, dim, 50_000, { clusters: 200 });
      for (let at = 0; at < count; at += 500) await space.add(range(500, at), points.slice(at, at + 500));
      await space.settled();
      const filter = filtered ? Bitset.of(range(count).filter(() => random() < 0.9)) : undefined;
      const walked = vi.spyOn(space.index, 'searchBatch');
      let found = 0;
      for (let i = 0; i < 20; i++) {
        const query = multi(asked.subarray(i * 8 * dim, (i + 1) * 8 * dim), dim);
        const best = await space.nearest(query, 10, { exact: true, ...(filter && { filter }) });
        const hits = await space.nearest(query, 10, filter && { filter });
        expect(hits.rows.length).toBe(10);
        found += hits.rows.filter((row) => best.rows.includes(row)).length;
        const byRow = new Map(Array.from(best.rows, (row, at) => [row, best.scores[at]]));
        hits.rows.forEach((row, at) => {
          if (byRow.has(row)) expect(hits.scores[at]).toBe(byRow.get(row));
        });
      }
      expect(found / 200).toBeGreaterThanOrEqual(0.95);
      expect(walked).toHaveBeenCalledTimes(20);
    },
  );

  test.each<[Distance, filtered: boolean]>([
    ['Cosine', false],
    ['Dot', false],
    ['Dot', true],
  ])(
    'finds 95 %% of the best ten through encodings (%s, filtered: %s)',
    { timeout: 90_000 },
    async (distance, filtered) => {
      const dim = 12;
      const space = await create(dim, distance, 0, true);
      const random = seededRandom(9);
      const count = 4000;
      const all = clusteredVectors(count * 8, dim, 7, { clusters: 200 });
      const points = range(count).map((row) => {
        const from = row * 8 * dim;
        return multi(all.subarray(from, from + (3 + Math.floor(random() * 6)) * dim), dim);
      });
      for (let at = 0; at < count; at += 500) await space.add(range(500, at), points.slice(at, at + 500));
      await space.remove(range(100, 300));
      await space.add(range(50, 320), points.slice(320, 370));
      await space.settled();
      expect(space.stats()).toMatchObject({ size: count - 50, linked: count - 50 });
      const filter = filtered ? Bitset.of(range(count).filter(() => random() < 0.5)) : undefined;
      const asked = clusteredVectors(20 * 5, dim, 50_000, { clusters: 200 });
      const compared = vi.spyOn(space.index, 'maxSim');
      let found = 0;
      for (let i = 0; i < 20; i++) {
        const query = multi(asked.subarray(i * 5 * dim, (i + 1) * 5 * dim), dim);
        const best = await space.nearest(query, 10, { exact: true, ...(filter && { filter }) });
        const hits = await space.nearest(query, 10, filter && { filter });
        const groups = compared.mock.calls.at(-1)![1];
        expect(groups.starts.length - 1).toBeLessThan(800);
        expect(hits.rows.length).toBe(10);
        found += hits.rows.filter((row) => best.rows.includes(row)).length;
        const byRow = new Map(Array.from(best.rows, (row, at) => [row, best.scores[at]]));
        hits.rows.forEach((row, at) => {
          expect(space.has(row)).toBe(true);
          if (filter) expect(filter.has(row)).toBe(true);
          if (byRow.has(row)) expect(hits.scores[at]).toBe(byRow.get(row));
        });
      }
      expect(found / 200).toBeGreaterThanOrEqual(0.95);
    },
  );

  test('a filter of few points, and few points at all, are compared in full', async () => {
    const space = await create(4, 'Dot', 0, true);
    const points = range(2100).map((row) => multi(uniformVectors(2, 4, row), 4));
    const query = multi(uniformVectors(3, 4, 9999), 4);
    await space.add(range(2000), points.slice(0, 2000));
    expect((await space.nearest(query, 2000)).rows.length).toBe(2000);
    await space.add(range(100, 2000), points.slice(2000));
    const filter = Bitset.of(range(300, 1800));
    expect(await space.nearest(query, 10, { filter })).toEqual(
      await space.nearest(query, 10, { filter, exact: true }),
    );
    expect((await space.nearest(query, 2100)).rows.length).toBe(2100);
  });

  test('without links, as for re-ranking alone, every point is compared', async () => {
    const space = await create(8, 'Cosine', 0);
    const points = range(300).map((row) => multi(uniformVectors(3, 8, row), 8));
    await space.add(range(300), points);
    const hits = await space.nearest(points[7]!, 1);
    expect([...hits.rows]).toEqual([7]);
    expect(hits.scores[0]).toBeCloseTo(3, 5);
    expect(space.stats()).toMatchObject({ size: 300, linked: 300 });
  });
});
