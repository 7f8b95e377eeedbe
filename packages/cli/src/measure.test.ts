import type { Collection, QueryRequest } from '@fletch/search';
import { expect, test } from 'vitest';
import { measure, recall, sampleVectors } from './measure.js';

/** A collection of `size` points with ids from 1 and the id as only vector value. */
function numbers(size: number): Collection {
  const point = (id: number) => ({ id, vector: [id] });
  return {
    async scroll({ offset = 1, limit = 10 }: { offset?: number; limit?: number } = {}) {
      const ids = Array.from({ length: Math.min(limit, size - offset + 1) }, (_, i) => offset + i);
      const next = offset + ids.length;
      return { points: ids.map((id) => ({ id })), next_page_offset: next <= size ? next : null };
    },
    retrieve: (ids: number[]) => ids.map(point),
    query: async ({ query, limit = 10 }: QueryRequest) =>
      Array.from({ length: limit ?? 10 }, (_, i) => ({
        id: (query as Float32Array)[0]! + i,
        version: 1,
        score: 1,
      })),
  } as unknown as Collection;
}

test('queries are spread over all points, page by page', async () => {
  const sample = await sampleVectors(numbers(25_000), 5);
  expect(sample.map(([value]) => value)).toEqual([1, 5001, 10_001, 15_001, 20_001]);
  expect(await sampleVectors(numbers(3), 5)).toHaveLength(3);
  expect(await sampleVectors(numbers(0), 5)).toEqual([]);
});

test('every query is timed and its hits kept', async () => {
  const queries = [Float32Array.of(1), Float32Array.of(7)];
  const { qps, p50, p99, ids } = await measure(numbers(10), queries, { limit: 2 });
  expect(ids).toEqual([
    [1, 2],
    [7, 8],
  ]);
  expect(qps).toBeGreaterThan(0);
  expect(p99).toBeGreaterThanOrEqual(p50);
});

test('measuring stops when told', async () => {
  const work = measure(numbers(10), [Float32Array.of(1)], { limit: 1 }, AbortSignal.abort());
  await expect(work).rejects.toMatchObject({ code: 'ABORTED' });
});

test('recall is the share of the exact hits that were found', () => {
  expect(recall([[1, 2], [3]], [[2, 1], [4]])).toBeCloseTo(2 / 3);
  expect(recall([[]], [[]])).toBe(1);
});
