import { mkdtemp, open as openFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readSpecs } from '../../space/spec.js';
import { checkData } from '../check-data.js';
import { defaultConfig } from '../config/read.js';
import { Environment } from '../environment.js';

const SPECS = [
  ...readSpecs([{ name: '', dimension: 3, distance: 'Euclid', hnsw: defaultConfig.hnsw_config }]).values(),
];
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fletch-pages-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const bytes = (length: number, seed: number) =>
  Buffer.from(Array.from({ length }, (_, i) => (i * 31 + seed) & 255));

/** One step of a random history of a database. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ put: fc.nat(400), size: fc.oneof(fc.nat(300), fc.nat(70_000)) }) },
  { weight: 2, arbitrary: fc.record({ remove: fc.nat(400) }) },
  { weight: 1, arbitrary: fc.record({ removeMany: fc.nat(400) }) },
);

test('finds nothing wrong with any database that LMDB wrote', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { maxLength: 40 }), { minLength: 1, maxLength: 12 }),
      async (commits) => {
        const path = await mkdtemp(join(folder, 'db-'));
        const environment = new Environment(path, SPECS);
        const held = new Map<number, number>();
        const remove = (row: number) => {
          if (!held.delete(row)) return;
          environment.vectors('').remove(row);
          environment.removeId(row);
        };
        for (const commit of commits) {
          await environment.commit(() => {
            for (const each of commit)
              if ('put' in each) {
                environment.vectors('').put(each.put, bytes(each.size, each.put));
                environment.putId(each.put, each.put);
                held.set(each.put, each.size);
              } else if ('remove' in each) remove(each.remove);
              else for (let row = each.removeMany; row < each.removeMany + 150; row++) remove(row);
          });
          await checkData(join(path, 'data.mdb'));
        }
        const found = [...environment.vectors('').getRange({})].map(({ key, value }) => [key, value.length]);
        expect(found).toEqual([...held].sort((a, b) => a[0] - b[0]));
        await environment.close();
        await checkData(join(path, 'data.mdb'));
        await rm(path, { recursive: true });
      },
    ),
    { numRuns: 40, seed: 11 },
  );
}, 120_000);

test('refuses a database with a damaged page, naming it', async () => {
  const environment = new Environment(folder, SPECS);
  for (let batch = 0; batch < 6; batch++)
    await environment.commit(() => {
      for (let i = 0; i < 100; i++) {
        const row = batch * 100 + i;
        environment.vectors('').put(row, bytes(row % 50 === 0 ? 40_000 : 500, row));
        environment.putId(row, row);
        environment.putPoint(row, { version: batch, json: JSON.stringify({ row }) });
      }
    });
  await environment.close();
  const path = join(folder, 'data.mdb');
  const file = await openFile(path, 'r+');
  const { size } = await file.stat();
  const whole = Buffer.alloc(size);
  await file.read(whole, 0, size, 0);
  const pageSize = 16_384;
  let refused = 0;
  // Every byte of every page's header, and of the table of entries after it, one after the other.
  for (let page = 0; page * pageSize < size; page += 6)
    for (let at = 0; at < 40; at++) {
      const offset = page * pageSize + at;
      const flipped = Buffer.from([whole[offset]! ^ (1 << (at % 8))]);
      await file.write(flipped, 0, 1, offset);
      await checkData(path).catch((error) => {
        expect(error).toMatchObject({ code: 'CORRUPT', details: { path } });
        refused++;
      });
      await file.write(whole, offset, 1, offset);
    }
  await file.close();
  expect(refused).toBeGreaterThan(50);
  await checkData(path);
}, 120_000);
