import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wordNetSize } from '@fletch/data';
import { open } from '@fletch/search';
import { expect, test } from 'vitest';
import { createEncoder } from '../encoders/registry.js';
import { evenOrder, indexWordNet } from './index-wordnet.js';
import { asCollection, asStore, MemoryStore } from './memory-store.case.js';
import { searchText } from './search-text.js';

test('an even order holds every number once and spreads early', () => {
  for (const size of [1, 2, 10, 997, wordNetSize]) {
    const order = evenOrder(size);
    expect(new Set(order).size).toBe(size);
    expect(order.every((position) => position >= 0 && position < size)).toBe(true);
  }
  const tenths = evenOrder(wordNetSize)
    .slice(0, 1000)
    .map((position) => Math.floor((10 * position) / wordNetSize));
  for (let tenth = 0; tenth < 10; tenth++)
    expect(Math.abs(tenths.filter((t) => t === tenth).length - 100)).toBeLessThan(5);
});

test('indexes part of WordNet, goes on in the next run, and is searched by meaning', async () => {
  const store = new MemoryStore();
  const encoder = await createEncoder('use');
  const run = (limit: number) => indexWordNet({ store: asStore(store), encoder, limit });
  expect(await run(300)).toEqual({ added: 300, skipped: 0 });
  expect(await run(1000)).toEqual({ added: 700, skipped: 300 });

  const wordnet = store.collection('wordnet')!;
  expect(wordnet.payloadIndexes).toEqual(['pos', 'lexname', 'words']);
  expect(wordnet.config.metadata).toEqual({ fletch: { encoder: 'use', text_field: 'gloss' } });
  const [first] = wordnet.points.values();
  expect(first?.payload).toEqual({
    gloss: expect.any(String),
    words: expect.any(Array),
    pos: expect.any(String),
    lexname: expect.any(String),
  });

  const collection = asCollection(wordnet);
  const hits = await searchText({ collection, encoder, text: String(first!.payload!.gloss), limit: 3 });
  expect(hits).toHaveLength(3);
  expect(hits[0]).toMatchObject({ id: first!.id, payload: first!.payload });
  expect(hits[0]!.score).toBeGreaterThan(0.999);
  await encoder.close();
});

test('in a store on disk: stopped, closed, opened again, gone on with, and filtered', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fletch-wordnet-'));
  const encoder = await createEncoder('use');
  let store = await open(folder);
  const controller = new AbortController();
  const onProgress = () => controller.abort();
  const stopped = indexWordNet({ store, encoder, limit: 1200, signal: controller.signal, onProgress });
  await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
  const before = await store.collection('wordnet').count();
  expect(before).toBeGreaterThan(0);
  await store.close();

  store = await open(folder);
  expect(await indexWordNet({ store, encoder, limit: 1200 })).toEqual({
    added: 1200 - before,
    skipped: before,
  });
  const collection = store.collection('wordnet');
  const filter = { must: [{ key: 'pos', match: { value: 'verb' } }] };
  const hits = await searchText({ collection, encoder, text: 'to move quickly', filter, limit: 20 });
  expect(hits).toHaveLength(20);
  expect(new Set(hits.map(({ payload }) => payload?.pos))).toEqual(new Set(['verb']));
  await store.close();
  await encoder.close();
  rmSync(folder, { recursive: true });
});
