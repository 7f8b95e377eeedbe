import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PointId } from '../../types/index.js';
import { open } from '../open.js';
import type { Collection, Store } from '../types.js';

let path: string;
let store: Store;
let collection: Collection;

beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), 'fletch-ids-'));
  store = await open(path, { threads: 1 });
  collection = await store.createCollection('ids', { vectors: { size: 2, distance: 'Euclid' } });
});

afterAll(async () => {
  await store.close();
  await rm(path, { recursive: true, force: true });
});

test.each<[string, unknown]>([
  ['empty', ''],
  ['of 10,000 letters', 'x'.repeat(10_000)],
  ['a lone surrogate', '\ud800'],
  ['nearly a UUID', '550e8400-e29b-41d4-a716-44665544000'],
  ['past what numbers hold', 2 ** 53],
  ['negative', -1],
  ['a fraction', 0.5],
  ['not a number', Number.NaN],
  ['infinite', Number.POSITIVE_INFINITY],
  ['null', null],
  ['a list', [1]],
  ['an object', { num: 1 }],
])('no id is %s, in any verb', async (_what, bad) => {
  const id = bad as PointId;
  const refused = expect.objectContaining({ code: 'INVALID_ARGUMENT' });
  const before = await collection.count();
  const point = { id, vector: [1, 2] };
  await expect(collection.upsert([{ id: 1000, vector: [1, 2] }, point])).rejects.toThrow(refused);
  await expect(collection.delete({ points: [id] })).rejects.toThrow(refused);
  await expect(collection.updateVectors([point])).rejects.toThrow(refused);
  await expect(collection.setPayload({ a: 1 }, { points: [id] })).rejects.toThrow(refused);
  expect(() => collection.retrieve([id])).toThrow(refused);
  expect(await collection.count()).toBe(before);
});

test('the least and the greatest number and a UUID in all its forms are ids', async () => {
  const uuid = '550e8400-e29b-41d4-a716-446655440000';
  const forms = [uuid, uuid.toUpperCase(), uuid.replaceAll('-', ''), `urn:uuid:${uuid}`];
  await collection.upsert([0, -0, 2 ** 53 - 1, ...forms].map((id) => ({ id, vector: [3, 4] })));
  const { points } = await collection.scroll();
  expect(points.map(({ id }) => id)).toEqual([0, 2 ** 53 - 1, uuid]);
  for (const form of forms) expect(collection.retrieve([form])).toHaveLength(1);
  await collection.delete({ points: [0, 2 ** 53 - 1, forms[2]!] });
  expect(await collection.count()).toBe(0);
});

test('of an id that comes twice in a batch the last one stays; the vector it replaced is never found again', async () => {
  await collection.upsert([
    { id: 1, vector: [0, 0], payload: { first: true } },
    { id: 2, vector: [50, 50] },
    { id: 1, vector: [100, 100], payload: { last: true } },
  ]);
  for (let round = 0; round < 2; round++) {
    const [near, ...others] = await collection.query({ query: [0, 0], limit: 10, with_payload: true });
    expect(near).toMatchObject({ id: 2 });
    expect(others).toMatchObject([{ id: 1, payload: { last: true } }]);
    expect(others[0]!.score).toBeCloseTo(Math.hypot(100, 100), 3);
    await store.close();
    store = await open(path, { threads: 1 });
    collection = store.collection('ids');
  }
  await collection.upsert([{ id: 1, vector: [10, 10] }]);
  const hits = await collection.query({ query: [100, 100], limit: 10 });
  expect(hits.map(({ id }) => id)).toEqual([2, 1]);
  await collection.delete({ points: [1, 2] });
});

test('ids that may only be new, or only known, leave the others alone', async () => {
  await collection.upsert([{ id: 1, vector: [1, 1] }]);
  await collection.upsert(
    [
      { id: 1, vector: [9, 9] },
      { id: 2, vector: [2, 2] },
    ],
    { update_mode: 'insert_only' },
  );
  await collection.upsert(
    [
      { id: 2, vector: [8, 8] },
      { id: 3, vector: [3, 3] },
    ],
    { update_mode: 'update_only' },
  );
  expect(collection.retrieve([1, 2, 3], { with_vector: true }).map(({ id, vector }) => [id, vector])).toEqual(
    [
      [1, [1, 1]],
      [2, [8, 8]],
    ],
  );
});

test('deleting ids that are not there changes nothing', async () => {
  const before = await collection.scroll({ with_vector: true });
  await collection.delete({ points: [777, '550e8400-e29b-41d4-a716-446655440009'] });
  expect(await collection.scroll({ with_vector: true })).toEqual(before);
});
