import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { random } from '../../fixtures/operations.mjs';
import type { PointId } from '../types/index.js';
import { formed, indexKinds } from './index-kinds.case.js';
import { open } from './open.js';
import type { Store } from './types.js';

// What becomes of a collection when the snapshot of an index is damaged, for every kind of index.
const SIZE = 8;
const COUNT = 60;
const kinds = indexKinds(SIZE);
const names = Object.keys(kinds);
const query = Array.from({ length: SIZE }, (_, i) => i / 4 - 1);
let home: string;
let pristine: string;
/** By kind, what an exact search finds. */
let truth: Record<string, PointId[]>;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'fletch-damage-'));
  pristine = join(home, 'pristine');
  const store = await open(pristine, { threads: 1 });
  const collection = await store.createCollection('c', { vectors: kinds });
  const next = random(7);
  await collection.upsert(
    Array.from({ length: COUNT }, (_, id) => {
      const vector = Array.from({ length: SIZE }, () => Math.fround(2 * next() - 1));
      const entries = Object.entries(kinds).map(([kind, params]) => [kind, formed(params, vector)]);
      return { id, vector: Object.fromEntries(entries) };
    }),
  );
  await collection.settled();
  truth = await found(store, { exact: true });
  await store.close();
}, 60_000);
afterAll(() => rm(home, { recursive: true, force: true }));

/** The best of each vector; with few points every kind of index compares all. */
async function found(store: Store, params = {}): Promise<Record<string, PointId[]>> {
  const collection = store.collection('c');
  const entries = names.map(async (using) => {
    const hits = await collection.query({ query: formed(kinds[using]!, query), using, limit: 5, params });
    return [using, hits.map(({ id }) => id)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Opens a store whose files were changed; its warnings, after everything was found as before. */
async function outcome(change: (path: string) => Promise<void>, slot: number): Promise<string[]> {
  const path = join(home, 'damaged');
  await rm(path, { recursive: true, force: true });
  await cp(pristine, path, { recursive: true });
  const [uuid] = await readdir(join(path, 'collections'));
  await change(join(path, 'collections', uuid!, `index-${slot}.snapshot`));
  const warnings: string[] = [];
  const store = await open(path, { threads: 1, onWarning: ({ message }) => warnings.push(message) });
  try {
    expect(await found(store)).toEqual(truth);
    expect(await found(store, { exact: true })).toEqual(truth);
    expect(await store.collection('c').count()).toBe(COUNT);
  } finally {
    await store.close();
  }
  return warnings;
}

test('every kind has a snapshot, which is used without a word', async () => {
  expect(await outcome(async () => undefined, 0)).toEqual([]);
});

test.each(names.map((kind, slot) => [kind, slot] as const))(
  'a snapshot of the kind %s that is missing, cut off or has a flipped bit is told and built again',
  async (_, slot) => {
    const rebuilt = [expect.stringContaining(`index-${slot}.snapshot is not usable and is rebuilt`)];
    expect(await outcome((path) => rm(path), slot)).toEqual(rebuilt);
    const cut = async (path: string) => {
      const bytes = await readFile(path);
      await writeFile(path, bytes.subarray(0, (bytes.length * 2) / 3));
    };
    expect(await outcome(cut, slot)).toEqual(rebuilt);
    const at = random(slot);
    for (let i = 0; i < 4; i++) {
      const flip = async (path: string) => {
        const bytes = await readFile(path);
        bytes[Math.floor(((i + at()) / 4) * bytes.length)]! ^= 1 << Math.floor(at() * 8);
        await writeFile(path, bytes);
      };
      expect(await outcome(flip, slot)).toEqual(rebuilt);
    }
  },
  60_000,
);
