import { describe, expect } from 'vitest';
import { freshName, ids, method, useClient } from './client.case.js';

useClient();

const SIZE = 6;
const COUNT = 200;
/** What makes a collection have an index of a kind; those that learn do so early. */
const kinds = {
  flat: { hnsw_config: { m: 0 } },
  hnsw: { quantization_config: { scalar: { type: 'int8' } } },
  leanvec: { quantization_config: { leanvec: { dimension: 4, train_at: 50 } } },
  osq: { quantization_config: { osq: { train_at: 50, partitions: 2, bits: 3 } } },
} as const;

/** Points on a spiral: neighbours in number are neighbours in space. */
const vector = (id: number) =>
  Array.from({ length: SIZE }, (_, j) => Math.sin((id * (j + 1)) / 40) + (j === 0 ? id / 50 : 0));

describe.each(Object.entries(kinds))('an index of the kind %s', (_, config) => {
  method(
    'query: what was upserted and deleted, with and without filters and parameters',
    async ({ client }) => {
      const name = freshName();
      await client.createCollection(name, {
        vectors: { size: SIZE, distance: 'Euclid' },
        ...config,
      } as never);
      const points = Array.from({ length: COUNT }, (_, id) => ({
        ...{ id, vector: vector(id) },
        payload: { even: id % 2 === 0 },
      }));
      await client.upsert(name, { wait: true, points });
      const nearest = async (id: number, more: object = {}) =>
        ids((await client.query(name, { query: vector(id), limit: 3, ...more })).points);
      expect(await nearest(100)).toEqual(expect.arrayContaining([99, 100, 101]));
      expect((await nearest(100, { params: { exact: true } }))[0]).toBe(100);
      expect((await nearest(100, { params: { hnsw_ef: 20, quantization: { oversampling: 3 } } }))[0]).toBe(
        100,
      );
      const even = { must: [{ key: 'even', match: { value: true } }] };
      expect(await nearest(100, { filter: even })).toEqual(expect.arrayContaining([98, 100, 102]));
      expect(await nearest(100, { filter: { must: [{ has_id: [COUNT] }] } })).toEqual([]);
      await client.delete(name, { wait: true, points: [100] });
      await client.upsert(name, { wait: true, points: [{ id: 500, vector: vector(100) }] });
      expect((await nearest(100))[0]).toBe(500);
      const [kept] = await client.retrieve(name, { ids: [7], with_vector: true });
      (kept!.vector as number[]).forEach((x, j) => {
        expect(x).toBeCloseTo(vector(7)[j]!, 6);
      });
      const { config: told, points_count } = await client.getCollection(name);
      expect(points_count).toBe(COUNT);
      expect(told).toMatchObject(config);
    },
  );
});

method('updateCollection: quantization takes the place of another, or goes', async ({ client }) => {
  const name = freshName();
  await client.createCollection(name, {
    vectors: { size: SIZE, distance: 'Cosine' },
    quantization_config: { leanvec: {} } as never,
  });
  const quantization = async () => (await client.getCollection(name)).config.quantization_config;
  const osq = { bits: 1.5, partitions: 2, hamming_percent: 20, refine: 6, train_at: 100 };
  await client.updateCollection(name, { quantization_config: { osq } as never });
  expect(await quantization()).toEqual({ osq });
  await expect(
    client.updateCollection(name, { quantization_config: { osq: { bits: 9 } } as never }),
  ).rejects.toMatchObject({ status: 422 });
  await client.updateCollection(name, { quantization_config: 'Disabled' });
  expect(await quantization()).toBeFalsy();
});
