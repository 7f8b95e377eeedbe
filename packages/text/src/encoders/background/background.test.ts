import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { tinyModel, tinyTokenizer, writeFolder } from '../onnx/model-folder.case.js';
import { createEncoder } from '../registry.js';

test('gives the same vectors as in the foreground', async () => {
  const folder = writeFolder({ 'model.onnx': tinyModel(), 'tokenizer.json': tinyTokenizer });
  const texts = ['red', 'green blue', ''];
  const here = await createEncoder(`onnx:${folder}`, { pooling: 'cls' });
  const there = await createEncoder(`onnx:${folder}`, { pooling: 'cls', background: true });
  expect(there).toMatchObject({ name: here.name, dimension: here.dimension });
  const [first, second] = await Promise.all([there.encode(texts), there.encode(texts.toReversed())]);
  expect(first).toEqual(await here.encode(texts));
  expect(second).toEqual(await here.encode(texts.toReversed()));
  await Promise.all([here.close(), there.close()]);
  const tokens = { pooling: 'none' } as const;
  const [near, far] = await Promise.all([
    createEncoder(`onnx:${folder}`, tokens),
    createEncoder(`onnx:${folder}`, { ...tokens, background: true }),
  ]);
  expect(there.encodeTokens).toBeUndefined();
  expect(await far.encodeTokens!(texts)).toEqual(await near.encodeTokens!(texts));
  await Promise.all([near.close(), far.close()]);
  rmSync(folder, { recursive: true });
});

test('reports progress, stops when told, and lets this process go on meanwhile', async () => {
  const encoder = await createEncoder('use', { background: true, threads: 1 });
  const texts = Array.from({ length: 3000 }, (_, i) => `the ${i}th of many sentences about the sea`);
  const controller = new AbortController();
  const done: number[] = [];
  const work = encoder.encode(texts, {
    signal: controller.signal,
    onProgress: (progress) => {
      done.push(progress.done);
      if (done.length === 3) controller.abort();
    },
  });
  await expect(work).rejects.toMatchObject({ code: 'ABORTED' });
  expect(done.length).toBeLessThan(20);
  expect(await encoder.encode(['sea'])).toHaveLength(512);
  await encoder.close();
  await encoder.close();
  await expect(encoder.encode(['sea'])).rejects.toMatchObject({ code: 'CLOSED' });
});

test('fails as the encoder itself does', async () => {
  await expect(createEncoder('onnx:/no/such/folder', { background: true })).rejects.toMatchObject({
    name: 'FletchError',
    code: 'NOT_FOUND',
    message: expect.stringContaining('/no/such/folder'),
  });
  await expect(createEncoder('nothing', { background: true })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  });
});

test('closing while it encodes ends the work with an error', async () => {
  const encoder = await createEncoder('use', { background: true, threads: 1 });
  const work = encoder.encode(Array.from({ length: 3000 }, (_, i) => `sentence ${i}`));
  work.catch(() => {});
  await encoder.close();
  await expect(work).rejects.toMatchObject({ code: 'CLOSED' });
});
