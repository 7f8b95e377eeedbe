import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clusteredVectors } from '../index/testing.js';
import type { VectorParams } from '../types/index.js';
import { open } from './open.js';
import type { Collection, Store, StoreWarning } from './types.js';

const size = 24;
const count = 1200;
const values = clusteredVectors(count, size, 1);
const vector = (id: number) => Array.from(values.subarray(id * size, (id + 1) * size));
const leanvec = { dimension: 12, train_at: 500 };
let path: string;
let store: Store;
let warnings: StoreWarning[];

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'fletch-leanvec-'));
  warnings = [];
  await reopen();
});

afterEach(async () => {
  await store.close();
  await rm(path, { recursive: true, force: true });
});

async function reopen(): Promise<Collection | undefined> {
  await store?.close();
  store = await open(path, { threads: 2, onWarning: (warning) => warnings.push(warning) });
  return store.hasCollection('lean') ? store.collection('lean') : undefined;
}

async function filled(params: Partial<VectorParams> = {}): Promise<Collection> {
  const collection = await store.createCollection('lean', {
    vectors: { size, distance: 'Cosine', ...params },
    quantization_config: { leanvec },
  });
  for (let from = 0; from < count; from += 300)
    await collection.upsert(
      Array.from({ length: 300 }, (_, i) => ({
        id: from + i,
        vector: vector(from + i),
        payload: { even: i % 2 === 0 },
      })),
    );
  await collection.settled();
  return collection;
}

const cosine = (a: readonly number[], b: readonly number[]) => {
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, v, i) => sum + v * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};

/** The ids of the best ten, by the definition. */
function truth(
  query: number[],
  ids: readonly number[] = Array.from({ length: count }, (_, id) => id),
): number[] {
  return [...ids].sort((a, b) => cosine(query, vector(b)) - cosine(query, vector(a))).slice(0, 10);
}

const query = Array.from(clusteredVectors(1, size, 2));

/** Whether scores are those of the vectors as they were stored, and exact searches are exact. */
async function expectTrue(collection: Collection, ids?: readonly number[]): Promise<void> {
  const hits = await collection.query({ query, limit: 10 });
  for (const { id, score } of hits) expect(score).toBeCloseTo(cosine(query, vector(id as number)), 6);
  const expected = truth(query, ids);
  expect(hits.filter(({ id }) => expected.includes(id as number)).length).toBeGreaterThanOrEqual(9);
  const exact = await collection.query({ query, limit: 10, params: { exact: true } });
  expect(exact.map(({ id }) => id)).toEqual(expected);
}

test('hits of codes have the scores of the stored vectors, which come back as they were given', async () => {
  const collection = await filled();
  await expectTrue(collection);
  const [point] = await collection.retrieve([7], { with_vector: true });
  const length = Math.sqrt(vector(7).reduce((sum, x) => sum + x * x, 0));
  (point!.vector as number[]).forEach((x, i) => {
    expect(x).toBeCloseTo(vector(7)[i]! / length, 6);
  });
  expect(collection.info().config.quantization_config).toEqual({ leanvec });
  const few = { must: [{ key: 'even', match: { value: true } }] };
  const hits = await collection.query({ query, limit: 5, filter: few, params: { exact: true } });
  expect(hits.map(({ id }) => id)).toEqual(
    truth(
      query,
      Array.from({ length: count / 2 }, (_, i) => 2 * i),
    ).slice(0, 5),
  );
});

test('rescoring is left out, or has more to choose from, when asked so', async () => {
  const collection = await filled();
  const ask = (quantization: object) =>
    collection.query({ query, limit: 10, params: { hnsw_ef: 10, quantization } });
  const coded = await ask({ rescore: false });
  const off = coded.map(({ id, score }) => Math.abs(score - cosine(query, vector(id as number))));
  expect(Math.max(...off)).toBeGreaterThan(1e-6);
  expect(Math.max(...off)).toBeLessThan(0.01);
  for (const quantization of [{ oversampling: 3 }, { ignore: true }]) {
    const found = (await ask(quantization)).map(({ id }) => id as number);
    expect(found.filter((id) => truth(query).includes(id)).length).toBeGreaterThanOrEqual(9);
  }
  await expect(ask({ oversampling: 0.5 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
});

test('a snapshot of codes is used without a word; a damaged one is rebuilt from the stored vectors', async () => {
  await filled();
  let collection = (await reopen())!;
  expect(warnings).toEqual([]);
  await expectTrue(collection);
  const remaining = Array.from({ length: count - 100 }, (_, i) => i + 100);
  await collection.delete({ points: Array.from({ length: 100 }, (_, id) => id) });
  await expectTrue(collection, remaining);
  await store.close();
  const [folder] = await readdir(join(path, 'collections'));
  const file = join(path, 'collections', folder!, 'index-0.snapshot');
  const bytes = await readFile(file);
  expect(bytes.includes('"kind":"leanvec"')).toBe(true);
  bytes[bytes.length >>> 1]! ^= 1;
  await writeFile(file, bytes);
  collection = (await reopen())!;
  expect(warnings).toHaveLength(1);
  await collection.settled();
  await expectTrue(collection, remaining);
});

test.each(['float16', 'uint8'] as const)('%s is given back as it was stored', async (datatype) => {
  const collection = await store.createCollection('lean', {
    vectors: { size, distance: 'Cosine', datatype },
    quantization_config: { leanvec: { dimension: 12, train_at: 100 } },
  });
  const whole = (id: number) => vector(id).map((x) => Math.min(255, Math.abs(Math.round(40 * x)) + 1));
  await collection.upsert(Array.from({ length: 400 }, (_, id) => ({ id, vector: whole(id) })));
  await collection.settled();
  const [hit] = await collection.query({ query: whole(5), limit: 1, with_vector: true });
  expect(hit).toMatchObject({ id: 5, score: expect.closeTo(1, 3) });
  if (datatype === 'uint8') expect(hit!.vector).toEqual(whole(5));
});

test.each<[object, string]>([
  [{ dimension: 0 }, 'quantization_config.leanvec.dimension'],
  [{ primary_bits: 6 }, 'quantization_config.leanvec.primary_bits'],
  [{ secondary: 'pq' }, 'quantization_config.leanvec.secondary'],
  [{ method: 'best' }, 'quantization_config.leanvec.method'],
  [{ train_at: 1 }, 'quantization_config.leanvec.train_at'],
])('refuses %o', async (given, field) => {
  const config = { vectors: { size, distance: 'Cosine' as const }, quantization_config: { leanvec: given } };
  await expect(store.createCollection('bad', config)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(field),
  });
});
