import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clusteredVectors } from '../index/testing.js';
import type { QuantizationConfig, VectorParams } from '../types/index.js';
import { open } from './open.js';
import type { Collection, Store, StoreWarning } from './types.js';

const size = 24;
const count = 1200;
const values = clusteredVectors(count, size, 1);
const vector = (id: number) => Array.from(values.subarray(id * size, (id + 1) * size));
let path: string;
let store: Store;
let warnings: StoreWarning[];

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'fletch-codes-'));
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
  return store.hasCollection('codes') ? store.collection('codes') : undefined;
}

async function filled(
  quantization: QuantizationConfig,
  params: Partial<VectorParams> = {},
): Promise<Collection> {
  const collection = await store.createCollection('codes', {
    vectors: { size, distance: 'Cosine', ...params },
    quantization_config: quantization,
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

/** The kinds of index that keep codes, and how far off their scores are at most. */
const kinds: { kind: string; quantization: QuantizationConfig; error: number }[] = [
  { kind: 'leanvec', quantization: { leanvec: { dimension: 12, train_at: 500 } }, error: 0.01 },
  { kind: 'osq', quantization: { osq: { train_at: 500, partitions: 2, bits: 3 } }, error: 0.5 },
];

describe.each(kinds)('$kind', ({ kind, quantization, error }) => {
  test('hits of codes have the scores of the stored vectors, which come back as they were given', async () => {
    const collection = await filled(quantization);
    await expectTrue(collection);
    const [point] = await collection.retrieve([7], { with_vector: true });
    const length = Math.sqrt(vector(7).reduce((sum, x) => sum + x * x, 0));
    (point!.vector as number[]).forEach((x, i) => {
      expect(x).toBeCloseTo(vector(7)[i]! / length, 6);
    });
    expect(collection.info().config.quantization_config).toEqual(quantization);
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
    const collection = await filled(quantization);
    const ask = (how: object) =>
      collection.query({ query, limit: 10, params: { hnsw_ef: 10, quantization: how } });
    const coded = await ask({ rescore: false });
    const off = coded.map(({ id, score }) => Math.abs(score - cosine(query, vector(id as number))));
    expect(Math.max(...off)).toBeGreaterThan(1e-6);
    expect(Math.max(...off)).toBeLessThan(error);
    for (const how of [{ oversampling: 3 }, { ignore: true }]) {
      const found = (await ask(how)).map(({ id }) => id as number);
      expect(found.filter((id) => truth(query).includes(id)).length).toBeGreaterThanOrEqual(9);
    }
    await expect(ask({ oversampling: 0.5 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('a snapshot of codes is used without a word; a damaged one is rebuilt from the stored vectors', async () => {
    await filled(quantization);
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
    expect(bytes.includes(`"kind":"${kind}"`)).toBe(true);
    bytes[bytes.length >>> 1]! ^= 1;
    await writeFile(file, bytes);
    collection = (await reopen())!;
    expect(warnings).toHaveLength(1);
    await collection.settled();
    await expectTrue(collection, remaining);
  });

  test.each(['float16', 'uint8'] as const)('%s is given back as it was stored', async (datatype) => {
    const collection = await store.createCollection('codes', {
      vectors: { size, distance: 'Cosine', datatype },
      quantization_config: quantization,
    });
    const whole = (id: number) => vector(id).map((x) => Math.min(255, Math.abs(Math.round(40 * x)) + 1));
    await collection.upsert(Array.from({ length: 600 }, (_, id) => ({ id, vector: whole(id) })));
    await collection.settled();
    const [hit] = await collection.query({ query: whole(5), limit: 1, with_vector: true });
    expect(hit).toMatchObject({ id: 5, score: expect.closeTo(1, 3) });
    if (datatype === 'uint8') expect(hit!.vector).toEqual(whole(5));
  });

  test('rows that come after learning are codes too, are replaced and removed, and are found', async () => {
    const collection = await filled(quantization);
    const moved = Array.from({ length: 200 }, (_, i) => ({ id: i, vector: vector((i + 600) % count) }));
    await collection.upsert(moved);
    await collection.delete({ points: Array.from({ length: 100 }, (_, i) => 600 + i) });
    const [best] = await collection.query({ query: vector(650), limit: 1 });
    expect(best).toMatchObject({ id: 50, score: expect.closeTo(1, 6) });
    const again = (await reopen())!;
    expect(await again.query({ query: vector(650), limit: 1 })).toEqual([best]);
    expect(warnings).toEqual([]);
  });

  test('a store that was left as by a crash is caught up from its tables', async () => {
    const collection = await filled(quantization);
    await collection.createSnapshot();
    await reopen();
    await store.collection('codes').delete({ points: Array.from({ length: 100 }, (_, id) => id) });
    const image = await mkdtemp(join(tmpdir(), 'fletch-image-'));
    await cp(path, image, { recursive: true, filter: (file) => basename(file) !== 'lock' });
    const crashed = await open(image, { threads: 1, onWarning: (warning) => warnings.push(warning) });
    try {
      expect(warnings).toEqual([]);
      await expectTrue(
        crashed.collection('codes'),
        Array.from({ length: count - 100 }, (_, i) => i + 100),
      );
    } finally {
      await crashed.close();
      await rm(image, { recursive: true, force: true });
    }
  });

  test('what was learned after the last snapshot is saved on closing, though no point changed', async () => {
    const late = { [kind]: { train_at: 1100 } } as unknown as QuantizationConfig;
    const collection = await store.createCollection('codes', {
      vectors: { size, distance: 'Cosine' },
      quantization_config: late,
    });
    const points = Array.from({ length: count }, (_, id) => ({ id, vector: vector(id) }));
    await collection.upsert(points.slice(0, 1050));
    await collection.upsert(points.slice(1050));
    await collection.createSnapshot();
    await collection.settled();
    await store.close();
    const [folder] = await readdir(join(path, 'collections'));
    const bytes = await readFile(join(path, 'collections', folder!, 'index-0.snapshot'));
    expect(bytes.includes('"fit":')).toBe(true);
  });

  test('a snapshot of the collection brings its codes along', async () => {
    const collection = await filled(quantization);
    const file = await collection.snapshotFile((await collection.createSnapshot()).name);
    await store.recoverSnapshot('copy', { path: file });
    await expectTrue(store.collection('copy'));
    expect(store.collection('copy').info().config.quantization_config).toEqual(quantization);
    expect(warnings).toEqual([]);
  });

  test('a filter that matches nothing, or few, and a vector with NaN', async () => {
    const collection = await filled(quantization);
    const where = (id: number[]) => ({ must: [{ has_id: id }] });
    expect(await collection.query({ query, limit: 5, filter: where([99_999]) })).toEqual([]);
    const few = await collection.query({ query, limit: 5, filter: where([3, 4]) });
    expect(few.map(({ id }) => id)).toEqual(truth(query, [3, 4]));
    await expect(
      collection.upsert([{ id: 5000, vector: vector(1).fill(Number.NaN, 2, 3) }]),
    ).rejects.toMatchObject({ code: 'NON_FINITE' });
    expect(await collection.retrieve([5000])).toEqual([]);
  });
});

test('quantization is changed by an update: what is built from then on is of the new kind', async () => {
  const osq = { train_at: 500 };
  const collection = await filled({ leanvec: { dimension: 12, train_at: 500 } });
  await collection.update({ quantization_config: { osq } });
  expect(collection.info().config.quantization_config).toEqual({ osq });
  await store.close();
  const [folder] = await readdir(join(path, 'collections'));
  await rm(join(path, 'collections', folder!, 'index-0.snapshot'));
  const again = (await reopen())!;
  await again.settled();
  await expectTrue(again);
  await store.close();
  const bytes = await readFile(join(path, 'collections', folder!, 'index-0.snapshot'));
  expect(bytes.includes('"kind":"osq"')).toBe(true);
});

test.each<[object, string]>([
  [{ leanvec: { dimension: 0 } }, 'quantization_config.leanvec.dimension'],
  [{ leanvec: { primary_bits: 6 } }, 'quantization_config.leanvec.primary_bits'],
  [{ leanvec: { secondary: 'pq' } }, 'quantization_config.leanvec.secondary'],
  [{ leanvec: { method: 'best' } }, 'quantization_config.leanvec.method'],
  [{ leanvec: { train_at: 1 } }, 'quantization_config.leanvec.train_at'],
  [{ osq: { bits: 0 } }, 'quantization_config.osq.bits'],
  [{ osq: { bits: 9 } }, 'quantization_config.osq.bits'],
  [{ osq: { partitions: 0.5 } }, 'quantization_config.osq.partitions'],
  [{ osq: { hamming_percent: 101 } }, 'quantization_config.osq.hamming_percent'],
  [{ osq: { refine: 0 } }, 'quantization_config.osq.refine'],
  [{ osq: { train_at: 1 } }, 'quantization_config.osq.train_at'],
])('refuses %o', async (given, field) => {
  const config = { vectors: { size, distance: 'Cosine' as const }, quantization_config: given as never };
  await expect(store.createCollection('bad', config)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(field),
  });
});
