import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TensorToWrite, writeCheckpoint, writeSafetensors } from '@fletch/data';
import { afterAll, expect, test } from 'vitest';
import { openCheckpoint } from './open.js';

const root = mkdtempSync(join(tmpdir(), 'fletch-open-'));
afterAll(() => rmSync(root, { recursive: true }));

const tensors: TensorToWrite[] = [
  { name: 'a.weight', dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
  { name: 'b.weight', dtype: 'BF16', shape: [3], data: Uint16Array.of(0x3f80, 0x4000, 0xc000) },
];

async function model(name: string, options: { maxShardSize?: number } = {}): Promise<string> {
  const folder = join(root, name);
  await writeCheckpoint(folder, tensors, options);
  writeFileSync(join(folder, 'config.json'), '{"model_type":"gpt2"}');
  for (const file of ['tokenizer.json', 'merges.txt', 'tokenizer.model', 'notes.md', 'optimizer.pt'])
    writeFileSync(join(folder, file), '{}');
  return folder;
}

test.each([
  ['one file', {}],
  ['several files', { maxShardSize: 10 }],
])('a folder with %s: tensors, config, companions', async (name, options) => {
  const folder = await model(name, options);
  const checkpoint = await openCheckpoint(folder);
  expect(checkpoint).toMatchObject({ path: folder, folder, format: 'safetensors', size: 22 });
  expect(checkpoint.config).toEqual({ model_type: 'gpt2' });
  expect(checkpoint.companions).toEqual(['config.json', 'merges.txt', 'tokenizer.json', 'tokenizer.model']);
  expect(checkpoint.tensors.get('b.weight')).toMatchObject({ dtype: 'BF16', shape: [3], size: 6 });
  expect(await checkpoint.readFloat32('b.weight')).toEqual(Float32Array.of(1, 2, -2));
  expect(await checkpoint.readBytes('a.weight', 4, 8)).toEqual(Buffer.from([0, 0, 0, 64]));
  await expect(checkpoint.readFloat32('c.weight')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await checkpoint.close();
});

test('a file alone has no config', async () => {
  const path = join(root, 'alone.safetensors');
  await writeSafetensors(path, tensors);
  const checkpoint = await openCheckpoint(path);
  expect(checkpoint).toMatchObject({ path, folder: root, config: null, companions: [] });
  await checkpoint.close();
});

test('what cannot be opened is refused with what is wrong', async () => {
  await expect(openCheckpoint(join(root, 'nowhere'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const folder = await model('bad config');
  writeFileSync(join(folder, 'config.json'), '{"model_type":');
  await expect(openCheckpoint(folder)).rejects.toMatchObject({ code: 'INVALID_INPUT_FILE' });
  writeFileSync(join(folder, 'config.json'), '[]');
  await expect(openCheckpoint(folder)).rejects.toThrow('config.json holds no JSON object.');
  const sharded = await model('missing', { maxShardSize: 10 });
  rmSync(join(sharded, 'model-00002-of-00002.safetensors'));
  await expect(openCheckpoint(sharded)).rejects.toMatchObject({ code: 'SHARD_MISMATCH' });
});

test('links to elsewhere are followed only when they are allowed', async () => {
  const folder = join(root, 'links');
  mkdirSync(folder);
  const secret = join(root, 'secret.json');
  writeFileSync(secret, '{"secret":1}');
  await writeCheckpoint(folder, tensors);
  symlinkSync(secret, join(folder, 'config.json'));
  await expect(openCheckpoint(folder)).rejects.toMatchObject({ code: 'UNSAFE_PATH' });
  const checkpoint = await openCheckpoint(folder, { allowLinks: true });
  expect(checkpoint.config).toEqual({ secret: 1 });
  await checkpoint.close();
});
