import { expect } from 'vitest';
import { type Fixture, freshName, ids, method, useClient } from './client.case.js';

useClient();

const done = { status: 'completed', operation_id: expect.any(Number) };

/** A collection with a dense, a sparse and a multi-vector space. */
async function spaces({ client }: Fixture): Promise<string> {
  const name = freshName();
  await client.createCollection(name, {
    vectors: {
      dense: { size: 2, distance: 'Dot' },
      tokens: { size: 2, distance: 'Dot', multivector_config: { comparator: 'max_sim' } },
    },
    sparse_vectors: { words: {} },
  });
  await client.upsert(name, {
    points: [
      {
        id: 1,
        vector: {
          dense: [1, 0],
          words: { indices: [3, 7], values: [1, 2] },
          tokens: [
            [1, 0],
            [0, 1],
          ],
        },
      },
      { id: 2, vector: { dense: [0, 1], words: { indices: [7], values: [5] }, tokens: [[1, 1]] } },
      { id: 3, vector: { dense: [1, 1] } },
    ],
  });
  return name;
}

const vectorsOf = async ({ client }: Fixture, name: string, id: number) =>
  (await client.retrieve(name, { ids: [id], with_vector: true }))[0]?.vector;

method('updateVectors', async (fixture) => {
  const name = await spaces(fixture);
  const receipt = await fixture.client.updateVectors(name, {
    points: [
      { id: 1, vector: { dense: [3, 4] } },
      { id: 3, vector: { words: { indices: [1], values: [0.5] } } },
    ],
  });
  expect(receipt).toMatchObject(done);
  expect(await vectorsOf(fixture, name, 1)).toEqual({
    dense: [3, 4],
    words: { indices: [3, 7], values: [1, 2] },
    tokens: [
      [1, 0],
      [0, 1],
    ],
  });
  expect(await vectorsOf(fixture, name, 3)).toEqual({
    dense: [1, 1],
    words: { indices: [1], values: [0.5] },
  });
  await expect(
    fixture.client.updateVectors(name, { points: [{ id: 99, vector: { dense: [1, 2] } }] }),
  ).rejects.toMatchObject({ status: 404 });
});

method('deleteVectors', async (fixture) => {
  const { client } = fixture;
  const name = await spaces(fixture);
  expect(await client.deleteVectors(name, { points: [1], vector: ['dense', 'tokens'] })).toMatchObject(done);
  expect(await vectorsOf(fixture, name, 1)).toEqual({ words: { indices: [3, 7], values: [1, 2] } });
  await client.deleteVectors(name, { filter: { must: [{ has_id: [2] }] }, vector: ['words'] });
  expect(Object.keys((await vectorsOf(fixture, name, 2)) as object).sort()).toEqual(['dense', 'tokens']);
  const { points } = await client.query(name, { query: [1, 1], using: 'dense' });
  expect(ids(points)).toEqual([3, 2]);
  expect((await client.count(name, { filter: { must: { has_vector: 'dense' } } })).count).toBe(2);
});

method('createVectorName', async (fixture) => {
  const { client } = fixture;
  const name = await spaces(fixture);
  expect(
    await client.createVectorName(name, 'later', { dense: { size: 3, distance: 'Cosine' } }),
  ).toBeTruthy();
  await client.createVectorName(name, 'terms', { sparse: { modifier: 'idf' } }, { wait: true });
  const { params } = (await client.getCollection(name)).config;
  expect(params).toMatchObject({
    vectors: { later: { size: 3, distance: 'Cosine' } },
    sparse_vectors: { terms: { modifier: 'idf' } },
  });
  await client.updateVectors(name, { points: [{ id: 2, vector: { later: [0, 3, 4] } }] });
  const { points } = await client.query(name, { query: [0, 0, 1], using: 'later' });
  expect(points).toMatchObject([{ id: 2, score: expect.closeTo(0.8, 5) }]);
});

method('deleteVectorName', async (fixture) => {
  const { client } = fixture;
  const name = await spaces(fixture);
  expect(await client.deleteVectorName(name, 'tokens')).toBeTruthy();
  expect(Object.keys((await client.getCollection(name)).config.params.vectors!)).toEqual(['dense']);
  expect(await vectorsOf(fixture, name, 1)).toEqual({
    dense: [1, 0],
    words: { indices: [3, 7], values: [1, 2] },
  });
  await expect(client.query(name, { query: [[1, 0]], using: 'tokens' })).rejects.toMatchObject({
    status: 400,
  });
});

method('query: sparse and multi-vectors', async (fixture) => {
  const { client } = fixture;
  const name = await spaces(fixture);
  const words = await client.query(name, { query: { indices: [3, 7], values: [2, 1] }, using: 'words' });
  expect(words.points.map(({ id, score }) => [id, score])).toEqual([
    [2, 5],
    [1, 4],
  ]);
  const tokens = await client.query(name, {
    query: [
      [1, 1],
      [2, 0],
    ],
    using: 'tokens',
    with_vector: ['tokens'],
  });
  // Of every vector of the query the best match counts: 2 + 2 and 1 + 2.
  expect(tokens.points).toMatchObject([
    { id: 2, score: 4, vector: { tokens: [[1, 1]] } },
    { id: 1, score: 3 },
  ]);
});
