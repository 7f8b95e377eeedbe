import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readAll, scratch } from '../testing.case.js';
import { type LanceLibrary, openLance } from './lance.js';

const { folder } = scratch();
mkdirSync(join(folder, 'data/words.lance'), { recursive: true });
mkdirSync(join(folder, 'data/others.lance'), { recursive: true });

/** What the library answers for a table of `count` rows; its own tests are its own. */
function library(
  count: number,
  fields = ['id', 'vector', 'word'],
): LanceLibrary & { asked: [number, number][] } {
  const asked: [number, number][] = [];
  const row = (i: number) => ({
    toJSON: () => ({
      id: BigInt(i),
      vector: { toArray: () => Float32Array.of(i, i / 2) },
      word: i % 2 ? `w${i}` : null,
    }),
  });
  const query = (offset = 0, limit = count) => ({
    offset: (next: number) => query(next, limit),
    limit: (next: number) => query(offset, next),
    async *[Symbol.asyncIterator]() {
      asked.push([offset, limit]);
      for (let at = offset; at < Math.min(count, offset + limit); at += 4)
        yield {
          toArray: () => Array.from({ length: Math.min(4, offset + limit - at) }, (_, i) => row(at + i)),
        };
    },
  });
  const table = {
    countRows: async () => count,
    version: async () => 3,
    schema: async () => ({
      fields: fields.map((name) => ({ name, type: name === 'vector' ? { listSize: 2 } : {} })),
    }),
    query,
    close: () => {},
  };
  return { asked, connect: async () => ({ openTable: async () => table }) };
}

test('rows come with their ids and payloads, and go on where they are told to', async () => {
  const source = await openLance(join(folder, 'data'), { part: 'words' }, async () => library(10));
  expect(source).toMatchObject({ format: 'lance', count: 10, holds: { kind: 'dense', dimension: 2 } });
  const batches = [];
  for await (const batch of source.batches({ size: 3, from: 5 })) batches.push(batch);
  expect(batches.map(({ first, next }) => [first, next])).toEqual([
    [5, 8],
    [8, 9],
    [9, 10],
  ]);
  expect(batches[0]).toMatchObject({
    ids: [5n, 6n, 7n],
    payloads: [{ word: 'w5' }, undefined, { word: 'w7' }],
  });
  expect([...batches[0]!.vectors!]).toEqual([5, 2.5, 6, 3, 7, 3.5]);
});

test('a table must be chosen and have vectors', async () => {
  const load = async () => library(1, ['id', 'word']);
  await expect(openLance(join(folder, 'data'), {}, load)).rejects.toThrow(
    /--part: "others", "words"|"words", "others"/,
  );
  await expect(openLance(join(folder, 'data'), { part: 'x' }, load)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  await expect(openLance(join(folder, 'data/words.lance'), {}, load)).rejects.toMatchObject({
    code: 'INVALID_INPUT_FILE',
    message: expect.stringMatching(/no column of vectors of one length\. Columns: id, word/),
  });
});

test('without the library the message says what to install', async () => {
  await expect(readAll(join(folder, 'data'), { part: 'words' })).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('npm install @lancedb/lancedb'),
  });
});
