import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { isFletchError } from '@fletch/base';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFlatIndex, createHnswIndex, createLeanVecIndex, loadIndex } from './create.js';
import { FORMAT_VERSION } from './format.js';
import { readSnapshotOwner } from './snapshot.js';
import { clusteredVectors, range, seededRandom } from './testing.js';
import type { VectorIndex } from './types.js';

const [count, dimension] = [1500, 12];
const vectors = clusteredVectors(count, dimension, 1);
const query = clusteredVectors(1, dimension, 2);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fletch-snapshot-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Learned when half of the rows are there. */
const lean = { dimension, distance: 'Cosine', threads: 2, seed: 5, m: 8, reduced: 8, trainAt: 700 } as const;
const makers = {
  flat: () => createFlatIndex({ dimension, distance: 'Cosine', threads: 2 }),
  hnsw: () => createHnswIndex({ dimension, distance: 'Cosine', threads: 2, m: 8, seed: 5 }),
  leanvec: () => createLeanVecIndex(lean),
  'leanvec of one code': () => createLeanVecIndex({ ...lean, reduced: dimension }),
  'leanvec before it has learned': () => createLeanVecIndex({ ...lean, m: 16, trainAt: 10_000 }),
};

describe.each(Object.keys(makers) as (keyof typeof makers)[])('%s', (kind) => {
  let index: VectorIndex;
  let path: string;
  beforeAll(async () => {
    path = join(folder, `${kind}.index`);
    index = await makers[kind]();
    await index.add(
      range(count).map((row) => row * 3),
      vectors,
    );
    await index.settled();
    await index.remove([0, 3, 6]);
    await index.save(path, { store: 'abc', version: 7 });
  });
  afterAll(() => index.close());

  test('comes back as it was', async () => {
    const { index: back, owner } = await loadIndex(path, { threads: 2 });
    expect(owner).toEqual({ store: 'abc', version: 7 });
    expect(await readSnapshotOwner(path)).toEqual(owner);
    expect({ ...back.stats(), memoryBytes: 0 }).toEqual({ ...index.stats(), memoryBytes: 0 });
    for (const options of [{}, { exact: true }, { ef: 12 }])
      expect(back.search(query, 10, options)).toEqual(index.search(query, 10, options));
    expect(back.vector(9)).toEqual(index.vector(9));
    await back.add([0, 9], vectors.subarray(0, 2 * dimension));
    await back.settled();
    expect(back.size).toBe(count - 2);
    expect(back.search(vectors.subarray(0, dimension), 1).scores[0]).toBeCloseTo(1, index.isLossy ? 3 : 6);
    await back.close();
  });

  test('saving what was loaded gives the same bytes', async () => {
    const { index: back } = await loadIndex(path);
    const again = join(folder, `${kind}-again.index`);
    await back.save(again, { store: 'abc', version: 7 });
    await back.close();
    expect((await readFile(again)).equals(await readFile(path))).toBe(true);
  });

  test('a file cut anywhere is refused', async () => {
    const bytes = await readFile(path);
    const sections = bytes.readUInt32LE(12);
    const cuts = [0, 7, 15, 20, 60, bytes.length - 1, bytes.length >> 1];
    for (let i = 0; i < sections; i++) cuts.push(bytes.readDoubleLE(16 + i * 32 + 16) + 1);
    const cut = join(folder, `${kind}-cut.index`);
    for (const length of cuts.filter((each) => each < bytes.length)) {
      await writeFile(cut, bytes.subarray(0, length));
      const error = await errorOf(loadIndex(cut));
      expect(isFletchError(error, 'CORRUPT'), `cut at ${length}`).toBe(true);
      expect((error as Error).message).toContain(cut);
    }
  });

  test('a flipped bit anywhere is noticed', async () => {
    const bytes = await readFile(path);
    const random = seededRandom(9);
    const flipped = join(folder, `${kind}-flipped.index`);
    for (let i = 0; i < 60; i++) {
      const at = i < 20 ? i * 11 : Math.floor(random() * bytes.length);
      const copy = Buffer.from(bytes);
      copy[at]! ^= 1 << Math.floor(random() * 8);
      await writeFile(flipped, copy);
      const error = await errorOf(loadIndex(flipped));
      expect(isFletchError(error, 'CORRUPT') || isFletchError(error, 'FORMAT_TOO_NEW'), `at ${at}`).toBe(
        true,
      );
    }
  });

  test('a newer format is refused as such', async () => {
    const bytes = await readFile(path);
    bytes.writeUInt32LE(FORMAT_VERSION + 1, 8);
    const newer = join(folder, `${kind}-newer.index`);
    await writeFile(newer, bytes);
    const error = await errorOf(loadIndex(newer));
    expect(isFletchError(error, 'FORMAT_TOO_NEW')).toBe(true);
    expect(isFletchError(await errorOf(readSnapshotOwner(newer)), 'FORMAT_TOO_NEW')).toBe(true);
  });

  test('links that lead nowhere are refused even when the checksums match', async () => {
    if (kind === 'flat') return;
    const bytes = await readFile(path);
    const entry = 16 + 3 * 32;
    expect(bytes.toString('latin1', entry, entry + 5)).toBe('links');
    const [offset, length] = [bytes.readDoubleLE(entry + 16), bytes.readDoubleLE(entry + 24)];
    bytes.writeUInt32LE(0x7fffffff, offset + 8 * 2 * 4 * 9);
    bytes.writeUInt32LE(crc32(bytes.subarray(offset, offset + length)), entry + 12);
    const header = 16 + bytes.readUInt32LE(12) * 32;
    bytes.writeUInt32LE(crc32(bytes.subarray(0, header)), header);
    const forged = join(folder, 'forged.index');
    await writeFile(forged, bytes);
    expect(isFletchError(await errorOf(loadIndex(forged)), 'CORRUPT')).toBe(true);
  });
});

test('a snapshot taken while rows are being linked holds all of them', async () => {
  const path = join(folder, 'busy.index');
  const index = await createHnswIndex({ dimension, distance: 'Dot', threads: 2 });
  await index.add(range(count), vectors);
  await index.save(path);
  const { index: back } = await loadIndex(path, { threads: 2 });
  expect(back.size).toBe(count);
  expect(back.search(query, 10, { exact: true })).toEqual(index.search(query, 10, { exact: true }));
  await back.settled();
  expect(back.stats().linked).toBe(count);
  await index.close();
  await back.close();
});

test('a missing file is not found', async () => {
  expect(isFletchError(await errorOf(loadIndex(join(folder, 'none'))), 'NOT_FOUND')).toBe(true);
});
