import { wordNetSize } from '@fletch/data';
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
