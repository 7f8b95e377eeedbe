import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratch } from '../vectors/testing.case.js';
import { openSafetensors } from './open.js';
import { encodeHeader } from './plan.js';

const { folder } = scratch();

/** A checkpoint of zeros that takes no room on the disk: `files` files of `each` tensors of 8 MiB. */
function sparseCheckpoint(target: string, files: number, each: number): void {
  mkdirSync(target);
  const map: Record<string, string> = {};
  for (let file = 0; file < files; file++) {
    const name = `model-${file}.safetensors`;
    const tensors = Array.from({ length: each }, (_, i) => ({
      name: `layers.${file}.${i}.weight`,
      dtype: 'BF16' as const,
      shape: [2048, 2048],
    }));
    const head = encodeHeader(tensors);
    const handle = openSync(join(target, name), 'w');
    writeSync(handle, head);
    ftruncateSync(handle, head.length + each * 2 ** 23);
    closeSync(handle);
    for (const tensor of tensors) map[tensor.name] = name;
  }
  writeFileSync(
    join(target, 'model.safetensors.index.json'),
    JSON.stringify({ metadata: {}, weight_map: map }),
  );
}

test('the tensors of 10 GB in 20 files are listed in a second and 100 MB', async () => {
  const target = join(folder, 'large');
  sparseCheckpoint(target, 20, 64);
  const before = process.memoryUsage().rss;
  const started = performance.now();
  const checkpoint = await openSafetensors(target);
  expect(performance.now() - started).toBeLessThan(1000);
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
  expect(checkpoint.size).toBe(20 * 64 * 2 ** 23);
  expect(checkpoint.tensors.size).toBe(1280);
  const floats = await checkpoint.readFloat32('layers.19.63.weight');
  expect(floats.length).toBe(2048 * 2048);
  expect(floats.some((value) => value !== 0)).toBe(false);
  await checkpoint.close();
});
