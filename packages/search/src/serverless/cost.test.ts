import { Matrix } from '@fletch/linalg';
import { describe, expect, test } from 'vitest';
import { buildSquash } from '../squash/index.js';
import { sampleData } from '../squash/support.case.js';
import { costOf, costPerMillion, expectCost, runServerless } from './index.js';

const load = {
  F: 4,
  lMax: 3,
  queries: 84,
  batch: 50,
  partitions: 10,
  visits: 2,
  allocatorMs: 2,
  processorMs: 3,
  latencyMs: 10,
  reads: 15,
  memory: 1769,
};

describe('the cost of a load', () => {
  test.each([
    { F: 2, lMax: 1, count: 20, batch: 50 },
    { F: 4, lMax: 3, count: 84, batch: 50 },
    { F: 2, lMax: 2, count: 60, batch: 4 },
  ])('counts the calls that are made: %j', async ({ count, ...tree }) => {
    const { x } = sampleData(600, 8);
    const index = await buildSquash(x, [], { partitions: 4 });
    const queries = new Matrix(x.data.slice(0, count * 8), count, 8);
    const [run] = await runServerless(index, queries, { ...tree, centroidFactor: Number.POSITIVE_INFINITY });
    const { usage } = expectCost({ ...load, ...tree, queries: count, partitions: 4, visits: 4 });
    expect(usage.requests).toBe(run!.usage.requests);
  });

  test('a million queries, by hand', () => {
    const usage = { requests: 10, gbSeconds: 2, gets: 100, indexBytes: 5, vectorBytes: 15, warm: 0, cold: 0 };
    const prices = { request: 1e-6, gbSecond: 1e-5, get: 1e-7, byte: 1e-9 };
    expect(costOf(usage, prices).dollars).toBeCloseTo(1e-5 + 2e-5 + 1e-5 + 2e-8, 12);
    expect(costPerMillion(usage, 4, prices).dollars).toBeCloseTo(250_000 * 4.002e-5, 6);
  });

  test('together queries are cheaper than alone, and more visits cost more', () => {
    const dollars = (change: object) => expectCost({ ...load, ...change }).perMillion.dollars;
    expect(dollars({ queries: 1000 })).toBeLessThan(dollars({ queries: 84 }));
    expect(dollars({ queries: 1 })).toBeGreaterThan(dollars({ queries: 84 }));
    expect(dollars({ visits: 5 })).toBeGreaterThan(dollars({}));
    expect(dollars({ memory: 3538 })).toBeGreaterThan(dollars({}));
    expect(expectCost({ ...load, lMax: 1 }).milliseconds).toBeGreaterThan(0);
  });

  test('trees that are none are refused', () => {
    expect(() => expectCost({ ...load, F: 1 })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });
});
