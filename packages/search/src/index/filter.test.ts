import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bitset } from './bitset.js';
import { createHarness, type Harness } from './harness.case.js';
import { clusteredVectors, range, seededRandom } from './testing.js';

const [count, dimension] = [20_000, 16];
let harness: Harness;
let vectors: Float32Array;
let queries: Float32Array;

beforeAll(async () => {
  vectors = clusteredVectors(count, dimension, 1, { clusters: 300 });
  queries = clusteredVectors(40, dimension, 2, { clusters: 300 });
  harness = await createHarness({ dimension });
  await harness.add(range(count), vectors);
  await harness.index.settled();
});

afterAll(() => harness.close());

describe.each([0.001, 0.01, 0.1, 0.5, 0.99])('a filter that lets %f of the points pass', (share) => {
  test('finds them wherever they lie', () => {
    const random = seededRandom(3);
    const filter = Bitset.of(range(count).filter(() => random() < share));
    expect(harness.recall(queries, { filter })).toBeGreaterThanOrEqual(0.95);
    expect(harness.recall(queries, { filter, ef: 24 })).toBeGreaterThanOrEqual(0.9);
  });

  test('finds them when they are the farthest from the query', () => {
    const query = queries.subarray(0, dimension);
    const { rows } = harness.exact.search(query, count);
    const filter = Bitset.of(rows.subarray(Math.floor(count * (1 - share))));
    expect(harness.recall(query, { filter })).toBeGreaterThanOrEqual(0.95);
    expect(harness.recall(query, { filter, ef: 10 })).toBeGreaterThanOrEqual(0.9);
    const hits = harness.index.search(query, 30, { filter, ef: 10 });
    expect(hits.rows).toHaveLength(Math.min(30, filter.count));
    for (const row of hits.rows) expect(filter.has(row)).toBe(true);
  });
});

test('a filter that lets all pass changes nothing', () => {
  const filter = Bitset.of(range(count));
  const query = queries.subarray(0, dimension);
  expect(harness.index.search(query, 10, { filter })).toEqual(harness.index.search(query, 10));
});

test('more matches never give worse hits', () => {
  const random = seededRandom(5);
  const few = Bitset.of(range(count).filter(() => random() < 0.3));
  const more = few.or(Bitset.of(range(count).filter(() => random() < 0.3)));
  for (let i = 0; i < 20; i++) {
    const query = queries.subarray(i * dimension, (i + 1) * dimension);
    const best = harness.index.search(query, 1, { filter: more }).scores[0]!;
    expect(best).toBeLessThanOrEqual(harness.index.search(query, 1, { filter: few }).scores[0]!);
  }
});
