import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bitset } from './bitset.js';
import { planSearch } from './cost.js';
import { createHarness, type Harness } from './harness.case.js';
import { clusteredVectors, range, seededRandom } from './testing.js';

const [count, dimension, efSearch] = [50_000, 16, 48];
const shares = [0.001, 0.01, 0.1, 0.2, 0.5, 0.9, 0.99];
let harness: Harness;
let vectors: Float32Array;
let queries: Float32Array;
/** The part of space that each row lies in. */
let parts: Uint8Array;

beforeAll(async () => {
  const shape = { clusters: 400, spread: 0.5 };
  vectors = clusteredVectors(count, dimension, 1, shape);
  queries = clusteredVectors(40, dimension, 2, shape);
  harness = await createHarness({ dimension, efSearch });
  await harness.add(range(count), vectors);
  await harness.index.settled();
  parts = partsOf(vectors, 100);
}, 120_000);

afterAll(() => harness.close());

function partsOf(all: Float32Array, pivots: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, row) => {
    let [best, nearest] = [0, Number.POSITIVE_INFINITY];
    for (let pivot = 0; pivot < pivots; pivot++) {
      let sum = 0;
      for (let i = 0; i < dimension; i++) {
        const d = all[row * dimension + i]! - all[pivot * 499 * dimension + i]!;
        sum += d * d;
      }
      if (sum < nearest) [best, nearest] = [pivot, sum];
    }
    return best;
  });
}

const queryAt = (i: number) => queries.subarray(i * dimension, (i + 1) * dimension);

describe.each(shares)('a filter that lets %f of 50,000 points pass is walked well', (share) => {
  test('when they are anywhere', () => {
    const random = seededRandom(3);
    const filter = Bitset.of(range(count).filter(() => random() < share));
    expect(harness.recall(queries, { filter })).toBeGreaterThanOrEqual(0.95);
  });

  test('when they fill some parts of space', () => {
    const random = seededRandom(4);
    const order = range(100).sort(() => random() - 0.5);
    const filter = new Bitset(count);
    for (const part of order) {
      if (filter.count >= share * count) break;
      for (let row = 0; row < count; row++)
        if (parts[row] === part && filter.count < share * count) filter.add(row);
    }
    expect(harness.recall(queries, { filter })).toBeGreaterThanOrEqual(0.95);
  });

  test.each(['nearest to', 'farthest from'])('when they are those %s the query', (which) => {
    for (let i = 0; i < 4; i++) {
      const { rows } = harness.exact.search(queryAt(i), count);
      const size = Math.ceil(count * share);
      const filter = Bitset.of(which === 'nearest to' ? rows.subarray(0, size) : rows.subarray(-size));
      expect(harness.recall(queryAt(i), { filter })).toBeGreaterThanOrEqual(0.9);
      const [first] = harness.exact.search(queryAt(i), 1, { filter }).rows;
      expect(harness.index.search(queryAt(i), 10, { filter }).rows[0]).toBe(first);
    }
  });
});

test('each kind of walk is chosen where it is the cheapest', () => {
  const kindAt = (share: number, live: number) => {
    const filter = new Bitset();
    const options =
      share < 1 ? { filter: Object.defineProperty(filter, 'count', { value: share * live }) } : {};
    const plan = planSearch(10, options, { efSearch: 100, live, guided: false });
    return plan.ef === 0 ? 'scan' : plan.probe > 0 ? 'matching' : plan.budget > 0 ? 'through' : 'free';
  };
  expect([0.001, 0.01, 0.05, 0.2, 0.5, 0.9, 1].map((share) => kindAt(share, 1_000_000))).toEqual([
    'scan',
    'matching',
    'matching',
    'matching',
    'through',
    'through',
    'free',
  ]);
  expect([0.001, 0.2, 0.5, 1].map((share) => kindAt(share, 2000))).toEqual(['scan', 'scan', 'scan', 'scan']);
});

test('a walk through matching nodes gives up when they lie elsewhere', () => {
  const query = queryAt(0);
  const { rows } = harness.exact.search(query, count);
  const filter = Bitset.of(rows.subarray(-Math.ceil(count * 0.2)));
  const plan = planSearch(10, { filter }, { efSearch, live: count, guided: false });
  expect(plan.probe).toBeGreaterThan(0);
  expect(harness.index.search(query, 10, { filter })).toEqual(harness.exact.search(query, 10, { filter }));
});
