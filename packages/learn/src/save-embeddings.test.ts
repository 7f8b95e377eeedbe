import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { array } from '@fletch/array';
import { openSafetensors, openVectors } from '@fletch/data';
import { rng } from '@fletch/linalg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { saveEmbeddings } from './index.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fletch-embeddings-'));
});
afterEach(() => rm(folder, { recursive: true }));

const values = rng(1).fillNormal(new Float32Array(1500 * 4));
const rows = array(values, 'float32', [1500, 4]);

test.each(['fvecs', 'npy', 'fbin'])('written as .%s they are read again', async (ending) => {
  const path = join(folder, `rows.${ending}`);
  await saveEmbeddings(path, rows);
  const source = await openVectors(path);
  const read: number[] = [];
  for await (const { vectors } of source.batches({ size: 1000 })) read.push(...vectors!);
  await source.close();
  expect(read).toEqual(Array.from(values));
  await expect(saveEmbeddings(path, rows)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  await saveEmbeddings(path, rows, { force: true });
});

test('written as safetensors they are one tensor', async () => {
  const path = join(folder, 'rows.safetensors');
  await saveEmbeddings(path, rows);
  const file = await openSafetensors(path);
  expect(file.tensors.get('embeddings')?.shape).toEqual([1500, 4]);
  expect(await file.readFloat32('embeddings')).toEqual(values);
  await file.close();
});

test('other shapes and unknown endings are refused', async () => {
  await expect(saveEmbeddings(join(folder, 'a.fvecs'), array([1, 2]))).rejects.toThrow(/not float32 \[2\]/);
  await expect(saveEmbeddings(join(folder, 'a.xyz'), rows)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  });
});
