import { cp, mkdtemp, open as openFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { isFletchError } from '@fletch/base';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { random } from '../../fixtures/operations.mjs';
import type { PointRecord } from '../types/index.js';
import { open } from './open.js';
import type { Store } from './types.js';

let home: string;
let pristine: string;
/** What the two collections hold. */
let content: Map<string, PointRecord[]>;

const POINTS = 300;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'fletch-integrity-'));
  pristine = join(home, 'pristine');
  const store = await open(pristine, { threads: 1 });
  const next = random(5);
  for (const name of ['one', 'two']) {
    const collection = await store.createCollection(name, {
      vectors: { size: 24, distance: 'Euclid' },
      metadata: { of: name },
    });
    for (let batch = 0; batch < 3; batch++)
      await collection.upsert(
        Array.from({ length: POINTS / 3 }, (_, i) => ({
          id: batch * 100 + i,
          vector: Array.from({ length: 24 }, () => Math.fround(next())),
          payload: { name, text: 'x'.repeat(i === 7 ? 20_000 : i * 3) },
        })),
      );
  }
  await store.updateAliases([{ create_alias: { alias_name: 'first', collection_name: 'one' } }]);
  content = new Map();
  for (const name of ['one', 'two']) content.set(name, await all(store, name));
  await store.close();
});
afterAll(() => rm(home, { recursive: true, force: true }));

async function all(store: Store, name: string): Promise<PointRecord[]> {
  const { points } = await store.collection(name).scroll({ limit: POINTS + 1, with_vector: true });
  return points;
}

/** Every file of a store, by its path in it. */
async function files(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

async function flip(path: string, offset: number, bit: number): Promise<void> {
  const file = await openFile(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, offset);
  byte[0]! ^= 1 << bit;
  await file.write(byte, 0, 1, offset);
  await file.close();
}

/** What became of a store with one flipped bit: everything is right, or an error says that something is not. */
async function outcome(path: string, damaged: string | undefined): Promise<'right' | 'rebuilt' | 'refused'> {
  const warnings: string[] = [];
  const store = await open(path, { threads: 1, onWarning: ({ message }) => warnings.push(message) }).catch(
    (error: unknown) => {
      // Only the file that describes the store can keep all of it from being opened.
      expect(damaged).toBe('fletch.json');
      expect(error).toMatchObject({ code: expect.stringMatching(/CORRUPT|FORMAT_TOO_NEW/) });
      return undefined;
    },
  );
  if (!store) return 'refused';
  let refused = false;
  try {
    for (const name of ['one', 'two'])
      try {
        const points = await all(store, name);
        expect(points).toEqual(content.get(name));
        expect(store.collection(name).info().config.metadata).toEqual({ of: name });
        const [best] = await store
          .collection(name)
          .query({ query: points[42]!.vector as number[], limit: 1 });
        expect(best!.id).toBe(42);
      } catch (error) {
        // A collection whose manifest cannot be read is known by its folder only.
        const code = damaged?.endsWith('collection.json') ? /CORRUPT|NOT_FOUND/ : /CORRUPT/;
        if (!isFletchError(error)) throw error;
        expect(error.code).toMatch(code);
        if (error.code === 'CORRUPT') expect(error.message).toContain(path);
        else expect(warnings.join()).toContain('collection.json');
        expect(refused, `${damaged} hurt both collections`).toBe(false);
        refused = true;
      }
    try {
      expect(store.aliases()).toEqual([{ alias_name: 'first', collection_name: 'one' }]);
    } catch (error) {
      if (!isFletchError(error, 'CORRUPT')) throw error;
      refused = true;
    }
  } finally {
    await store.close();
  }
  return refused ? 'refused' : warnings.length > 0 ? 'rebuilt' : 'right';
}

describe('a flipped bit', () => {
  test('in any file is noticed, or hurts nothing; the other collection can be used', async () => {
    const next = random(99);
    const path = join(home, 'flipped');
    await cp(pristine, path, { recursive: true });
    expect(await outcome(path, undefined)).toBe('right');
    const tally = new Map<string, Record<string, number>>();
    const names = (await files(pristine)).filter((name) => name !== 'lock');
    for (const name of names) {
      const { size } = await stat(join(pristine, name));
      const kind = name.split('/').at(-1)!;
      const count = kind === 'data.mdb' ? 45 : kind.endsWith('.json') ? 10 : kind === 'lock.mdb' ? 4 : 6;
      const counts = tally.get(kind) ?? {};
      tally.set(kind, counts);
      for (let i = 0; i < count; i++) {
        await rm(path, { recursive: true });
        await cp(pristine, path, { recursive: true });
        const offset = Math.floor(((i + next()) / count) * size);
        await flip(join(path, name), offset, Math.floor(next() * 8));
        const result = await outcome(path, name).catch((error: Error) => {
          throw new Error(`${name}, byte ${offset}: ${error.message}`, { cause: error });
        });
        counts[result] = (counts[result] ?? 0) + 1;
      }
    }
    expect(tally.get('data.mdb')!.refused).toBeGreaterThan(15);
    expect(tally.get('collection.json')!.refused).toBeGreaterThan(12);
    expect(tally.get('index-0.snapshot')!.rebuilt).toBeGreaterThan(8);
    expect(tally.get('index-0.snapshot')!.refused).toBeUndefined();
    expect(tally.get('aliases.json')!.refused).toBeGreaterThan(5);
  }, 240_000);
});
