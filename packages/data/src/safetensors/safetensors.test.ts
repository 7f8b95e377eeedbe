import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openSafetensors } from './open.js';
import { writeCheckpoint, writeSafetensors } from './write.js';

const folder = mkdtempSync(join(tmpdir(), 'fletch-safetensors-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('what is written is read again, tensor by tensor', async () => {
  const path = join(folder, 'types.safetensors');
  const tensors = [
    { name: 'f32', dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, -2, 3.5, Number.NaN) },
    { name: 'f64', dtype: 'F64', shape: [1], data: Float64Array.of(Math.PI) },
    { name: 'i64', dtype: 'I64', shape: [2], data: BigInt64Array.of(-1n, 2n ** 62n + 1n) },
    { name: 'u8', dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 255) },
    { name: 'bool', dtype: 'BOOL', shape: [], data: Uint8Array.of(1) },
    { name: 'empty', dtype: 'F32', shape: [0, 7], data: new Float32Array(0) },
    { name: 'half', dtype: 'F16', shape: [2], data: Uint16Array.of(0x3c00, 0xc000) },
    { name: 'brain', dtype: 'BF16', shape: [2], data: Uint16Array.of(0x3f80, 0xc000) },
  ] as const;
  await writeSafetensors(path, tensors, { metadata: { made: 'here' } });
  const file = await openSafetensors(path);
  expect(file.metadata).toEqual({ made: 'here' });
  expect(file.files).toEqual(['types.safetensors']);
  for (const tensor of tensors) expect(await file.read(tensor.name)).toEqual(tensor);
  expect(Array.from(await file.readFloat32('half'))).toEqual([1, -2]);
  expect(Array.from(await file.readFloat32('brain'))).toEqual([1, -2]);
  expect(Array.from(await file.readFloat32('f64'))).toEqual([Math.fround(Math.PI)]);
  await expect(file.readFloat32('i64')).rejects.toMatchObject({ code: 'INVALID_INPUT_FILE' });
  expect(await file.readBytes('u8', 1, 3)).toEqual(Buffer.of(2, 255));
  await expect(file.read('x.f32')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await file.close();
});

test('several files and their list', async () => {
  const many = join(folder, 'many');
  const tensors = Array.from({ length: 5 }, (_, i) => ({
    name: `t${i}`,
    dtype: 'F32' as const,
    shape: [10],
    data: () => new Float32Array(10).fill(i),
  }));
  const files = await writeCheckpoint(many, tensors, { maxShardSize: 80 });
  expect(files).toEqual([
    'model.safetensors.index.json',
    ...[1, 2, 3].map((n) => `model-0000${n}-of-00003.safetensors`),
  ]);
  expect(readdirSync(many).sort()).toEqual([...files].sort());
  const file = await openSafetensors(many);
  expect([...file.tensors.keys()]).toEqual(['t0', 't1', 't2', 't3', 't4']);
  expect(file.size).toBe(200);
  for (let i = 0; i < 5; i++) expect(await file.readFloat32(`t${i}`)).toEqual(new Float32Array(10).fill(i));
  await file.close();
});
