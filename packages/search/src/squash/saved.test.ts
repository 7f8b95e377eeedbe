import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  buildSquash,
  folderObjects,
  loadSquash,
  type ObjectStore,
  type SquashIndex,
  saveSquash,
} from './index.js';
import { partitionRole, vectorsKey } from './saved.js';
import { sampleData } from './support.case.js';
import { readRows, rowBytes } from './vector-rows.js';

const { x, attrs, queries } = sampleData(400, 12);
const build = (seed: number): Promise<SquashIndex> =>
  buildSquash(x, attrs, { partitions: 3, seed, attributeNames: ['a', 'b'] });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fletch-squash-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('what is read back answers alike', async () => {
  const index = await build(0);
  const manifest = await saveSquash(index, folder);
  expect(manifest).toMatchObject({ count: 400, dimension: 12, partitions: 3, attributes: ['a', 'b'] });
  const again = await loadSquash(folder);
  const where = [{ attr: 'b', op: '<', a: 0.4 }] as const;
  for (const query of queries) {
    expect(again.search(query, 7, { where })).toEqual(index.search(query, 7, { where }));
    expect(again.search(query, 7, { mode: 'exact' })).toEqual(index.search(query, 7, { mode: 'exact' }));
  }
  expect((await readdir(join(folder, manifest.tag))).sort()).toEqual([
    'allocator',
    'partition-0',
    'partition-1',
    'partition-2',
  ]);
});

test('the tag follows from what is in it', async () => {
  const { tag } = await saveSquash(await build(0), folder);
  expect((await saveSquash(await build(0), folder)).tag).toBe(tag);
  expect((await saveSquash(await build(1), folder)).tag).not.toBe(tag);
});

test('rows are read one by one, neighbours at once', async () => {
  const index = await build(0);
  const { tag } = await saveSquash(index, folder);
  const ranges: number[] = [];
  const store: ObjectStore = {
    ...folderObjects(folder),
    get: (key, range) => {
      ranges.push(range!.to - range!.from);
      return folderObjects(folder).get(key, range);
    },
  };
  const place = { key: vectorsKey(tag, 1), tag, role: partitionRole(1), dimension: 12 };
  const rows = await readRows(store, [5, 3, 3, 100], place);
  const { ids } = index.partitions[1]!.data;
  expect([...rows.keys()]).toEqual([3, 5, 100]);
  for (const [row, vector] of rows) expect(vector).toEqual(x.row(ids[row]!));
  expect(ranges).toEqual([98 * rowBytes(12)]);
  await expect(readRows(store, [4000], place)).rejects.toThrow(expect.objectContaining({ code: 'CORRUPT' }));
  await expect(readRows(store, [3], { ...place, tag: 'another' })).rejects.toThrow('not of version another');
});

describe('damage', () => {
  const parts = ['allocator', 'partition-0/index', 'partition-2/vectors'];

  test.each(parts)('a byte of %s', async (part) => {
    const { tag } = await saveSquash(await build(0), folder);
    const path = join(folder, tag, part);
    const bytes = await readFile(path);
    for (const at of [0, 9, bytes.length >> 1, bytes.length - 1]) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 0x10;
      await writeFile(path, damaged);
      await expect(loadSquash(folder)).rejects.toThrow(
        expect.objectContaining({ code: expect.stringMatching(/CORRUPT|FORMAT_TOO_NEW/) }),
      );
    }
  });

  test.each(parts)('%s is cut short, or missing', async (part) => {
    const { tag } = await saveSquash(await build(0), folder);
    const path = join(folder, tag, part);
    await writeFile(path, (await readFile(path)).subarray(0, -5));
    await expect(loadSquash(folder)).rejects.toThrow(expect.objectContaining({ code: 'CORRUPT' }));
    await rm(path);
    await expect(loadSquash(folder)).rejects.toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  });

  test.each([
    ['partition-0', 'partition-1'],
    ['partition-0/vectors', 'partition-1/vectors'],
  ])('%s in the place of %s', async (from, to) => {
    const { tag } = await saveSquash(await build(0), folder);
    await rm(join(folder, tag, to), { recursive: true });
    await cp(join(folder, tag, from), join(folder, tag, to), { recursive: true });
    await expect(loadSquash(folder)).rejects.toThrow(
      expect.objectContaining({ code: expect.stringMatching(/SHARD_MISMATCH|CORRUPT/) }),
    );
  });

  test('a partition of another version', async () => {
    const first = await saveSquash(await build(0), folder);
    const second = await saveSquash(await build(1), folder);
    const part = 'partition-0/index';
    await cp(join(folder, first.tag, part), join(folder, second.tag, part));
    await expect(loadSquash(folder)).rejects.toThrow(`is partition-0 of version ${first.tag}`);
  });

  test('no manifest, a broken one, one of the future', async () => {
    await expect(loadSquash(folder)).rejects.toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    for (const [text, code] of [
      ['{', 'CORRUPT'],
      ['{"format":1}', 'CORRUPT'],
      ['{"format":2}', 'FORMAT_TOO_NEW'],
    ]) {
      await writeFile(join(folder, 'manifest.json'), text!);
      await expect(loadSquash(folder)).rejects.toThrow(expect.objectContaining({ code }));
    }
  });

  test('names that leave the folder are refused', async () => {
    await expect(folderObjects(folder).get('../secret')).rejects.toThrow();
    await expect(async () => folderObjects(folder).put('a/../../b', new Uint8Array(1))).rejects.toThrow(
      expect.objectContaining({ code: 'UNSAFE_PATH' }),
    );
  });
});
