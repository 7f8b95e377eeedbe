import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { salvage, verify } from './maintenance/index.js';
import { open } from './open.js';
import type { Store } from './types.js';

// Vectors of every kind through what is done with whole collections.
let home: string;
let store: Store;
const warnings: string[] = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'fletch-kinds-'));
  store = await openStore();
});
afterEach(async () => {
  await store.close();
  warnings.length = 0;
  await rm(home, { recursive: true, force: true });
});

const openStore = () =>
  open(join(home, 'store'), { threads: 1, onWarning: ({ message }) => warnings.push(message) });

async function content(name: string) {
  return (await store.collection(name).scroll({ limit: 100, with_vector: true })).points;
}

async function make() {
  const collection = await store.createCollection('c', {
    vectors: {
      dense: { size: 3, distance: 'Dot', datatype: 'float16', on_disk: true },
      tokens: { size: 2, distance: 'Dot', multivector_config: { comparator: 'max_sim' } },
    },
    sparse_vectors: { words: { index: { on_disk: true } } },
  });
  await collection.upsert(
    Array.from({ length: 20 }, (_, id) => ({
      id,
      vector: {
        dense: [1, id, 2],
        tokens: Array.from({ length: (id % 3) + 1 }, (_, i) => [i, id]),
        words: { indices: [id, 100], values: [1, 0.5] },
      },
      payload: { id },
    })),
  );
  await collection.createVectorName('later', { dense: { size: 1, distance: 'Dot' } });
  await collection.createVectorName('gone', { sparse: {} });
  await collection.deleteVectorName('gone');
  await collection.updateVectors([{ id: 3, vector: { later: [7] } }]);
  return collection;
}

test('a snapshot and a backup hold them, also those that came later', async () => {
  const collection = await make();
  const before = await content('c');
  const info = collection.info();
  const file = await collection.snapshotFile((await collection.createSnapshot()).name);
  await store.recoverSnapshot('copy', { path: file });
  expect(await content('copy')).toEqual(before);
  expect(store.collection('copy').info().config.params).toEqual(info.config.params);
  await collection.delete({ filter: {} });
  await store.recoverSnapshot('c', { path: file });
  expect(await content('c')).toEqual(before);
  const query = { query: { indices: [4], values: [1] }, using: 'words', limit: 1 };
  expect((await store.collection('c').query(query))[0]!.id).toBe(4);
  await store.backup(join(home, 'backup'));
  expect((await verify(join(home, 'backup'))).problems).toEqual([]);
  await store.close();
  store = await openStore();
  expect(await content('copy')).toEqual(before);
  expect(warnings).toEqual([]);
});

test('salvage writes them as they were given', async () => {
  await make();
  const before = await content('c');
  await store.close();
  await salvage(join(home, 'store'), join(home, 'out'));
  const lines = (await readFile(join(home, 'out', 'c.jsonl'), 'utf8')).trim().split('\n');
  const saved = lines.map((line) => JSON.parse(line) as { id: number });
  expect(saved.sort((a, b) => a.id - b.id)).toEqual(before);
  expect(await readdir(join(home, 'out'))).toEqual(['c.json', 'c.jsonl']);
  store = await openStore();
});

test('an update changes how sparse vectors are weighted, and what it tells of a vector', async () => {
  const collection = await make();
  const score = async () => {
    const [first] = await store.collection('c').query({
      query: { indices: [4], values: [1] },
      using: 'words',
      limit: 1,
    });
    return first!.score;
  };
  expect(await score()).toBe(1);
  await collection.update({
    sparse_vectors: { words: { modifier: 'idf', index: { full_scan_threshold: 9 } } },
    vectors: { later: { on_disk: true }, tokens: { hnsw_config: { m: 5 } } },
  });
  const weighted = await score();
  expect(weighted).toBeGreaterThan(1.5);
  const { params } = collection.info().config;
  expect(params).toMatchObject({
    vectors: {
      dense: { size: 3, datatype: 'float16', on_disk: true },
      tokens: { size: 2, multivector_config: { comparator: 'max_sim' }, hnsw_config: { m: 5 } },
      later: { size: 1, on_disk: true },
    },
    sparse_vectors: { words: { modifier: 'idf', index: { on_disk: true, full_scan_threshold: 9 } } },
  });
  await store.close();
  store = await openStore();
  expect(await score()).toBe(weighted);
  expect(store.collection('c').info().config.params).toEqual(params);
  await store.collection('c').update({ sparse_vectors: { words: { modifier: 'none' } } });
  expect(await score()).toBe(1);
  await expect(store.collection('c').update({ vectors: { words: {} } })).rejects.toThrow(
    'Not existing vector name error: words',
  );
  await store.collection('c').deleteVectorName('later');
  await store.collection('c').createVectorName('later', { dense: { size: 2, distance: 'Dot' } });
  expect(store.collection('c').info().config.params.vectors).toMatchObject({
    later: { size: 2, distance: 'Dot' },
  });
  expect(JSON.stringify(store.collection('c').info().config.params.vectors)).not.toMatch(
    /"later":\{[^}]*on_disk/,
  );
});
