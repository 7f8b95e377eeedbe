import { copyFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { open } from './open.js';
import type { Collection, Store, StoreWarning } from './types.js';

const dimension = 4;
const count = 300;
let path: string;
let store: Store;
let warnings: StoreWarning[];

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'fletch-snapshots-'));
  warnings = [];
  await reopen();
});

afterEach(async () => {
  await store.close();
  await rm(path, { recursive: true, force: true });
});

async function reopen(): Promise<void> {
  await store?.close();
  store = await open(path, { threads: 1, onWarning: (warning) => warnings.push(warning) });
}

function vector(id: number): number[] {
  return Array.from({ length: dimension }, (_, i) => Math.sin(id * (i + 1)));
}

async function filled(name: string, shift = 0): Promise<Collection> {
  const collection = await store.createCollection(name, { vectors: { size: dimension, distance: 'Euclid' } });
  await collection.upsert(Array.from({ length: count }, (_, id) => ({ id, vector: vector(id + shift) })));
  return collection;
}

async function snapshotOf(name: string): Promise<string> {
  const home = join(path, 'collections');
  for (const entry of await readdir(home)) {
    const manifest = JSON.parse(await readFile(join(home, entry, 'collection.json'), 'utf8'));
    if (manifest.name === name) return join(home, entry, 'index-0.snapshot');
  }
  throw new Error(`no collection ${name}`);
}

/** Whether every point is found at its place. */
async function expectWhole(name: string, shift = 0): Promise<void> {
  const collection = store.collection(name);
  expect(await collection.count()).toBe(count);
  for (let id = 0; id < count; id += 7) {
    const [hit] = await collection.query({ query: vector(id + shift), limit: 1 });
    expect(hit).toMatchObject({ id, score: expect.closeTo(0, 3) });
  }
  await collection.settled();
  expect(collection.info()).toMatchObject({ status: 'green', indexed_vectors_count: count });
}

test('a snapshot is used without a word', async () => {
  await filled('a');
  await reopen();
  await expectWhole('a');
  expect(warnings).toEqual([]);
});

test.each<[string, (file: string) => Promise<void>]>([
  ['shortened', (file) => truncate(file, 1000)],
  ['empty', (file) => truncate(file, 0)],
  [
    'flipped',
    async (file) => {
      const bytes = await readFile(file);
      bytes[bytes.length >> 1]! ^= 4;
      await writeFile(file, bytes);
    },
  ],
  ['other', (file) => writeFile(file, 'something else')],
  ['missing', (file) => rm(file)],
])('a snapshot that is %s is reported and rebuilt', async (_how, damage) => {
  await filled('a');
  await store.close();
  await damage(await snapshotOf('a'));
  await reopen();
  expect(warnings).toEqual([
    expect.objectContaining({ collection: 'a', message: expect.stringContaining('rebuilt') }),
  ]);
  await expectWhole('a');
  await reopen();
  expect(warnings).toHaveLength(1);
});

test('snapshots that changed places are noticed', async () => {
  await filled('a');
  await filled('b', 1000);
  await store.close();
  const [a, b] = [await snapshotOf('a'), await snapshotOf('b')];
  await copyFile(a, join(path, 'aside'));
  await copyFile(b, a);
  await copyFile(join(path, 'aside'), b);
  await reopen();
  expect(warnings.map(({ message }) => message)).toEqual(
    [0, 1].map(() => expect.stringContaining('belongs to another collection')),
  );
  await expectWhole('a');
  await expectWhole('b', 1000);
});

test('an old snapshot is caught up while the log reaches back, else rebuilt', async () => {
  const collection = await filled('a');
  await store.close();
  const file = await snapshotOf('a');
  await copyFile(file, join(path, 'old'));
  await reopen();
  await store.collection('a').delete({ points: [0, 7] });
  await store.collection('a').upsert([
    { id: 0, vector: vector(0) },
    { id: 7, vector: vector(7) },
  ]);
  expect(collection).toBeDefined();
  await store.close();
  await copyFile(join(path, 'old'), file);
  await reopen();
  expect(warnings).toEqual([
    expect.objectContaining({ message: expect.stringContaining('changes are only known since') }),
  ]);
  await expectWhole('a');
});

test('a snapshot from the future is not believed', async () => {
  await filled('a');
  await store.close();
  const home = await snapshotOf('a').then((file) => join(file, '..'));
  await copyFile(join(home, 'data.mdb'), join(path, 'data'));
  await reopen();
  await store.collection('a').upsert([{ id: 0, vector: [9, 9, 9, 9] }]);
  await store.close();
  await copyFile(join(path, 'data'), join(home, 'data.mdb'));
  await reopen();
  expect(warnings).toEqual([
    expect.objectContaining({ message: expect.stringContaining('but the last one was') }),
  ]);
  await expectWhole('a');
});
