import { expect, test } from 'vitest';
import { createTransformersEncoder, type TransformersModule } from './transformers.js';

/** A stand-in for the package: the vector of a text is its length and whether pooling was by `cls`. */
function fakePackage(calls: string[][]): () => Promise<TransformersModule> {
  return async () => ({
    pipeline: async (task, model) => {
      if (model === 'missing') throw new Error('no such model');
      expect(task).toBe('feature-extraction');
      const extract = async (texts: string[], { pooling }: { pooling: string }) => {
        calls.push(texts);
        const data = texts.flatMap((text) => [text.length, pooling === 'cls' ? 1 : 0]);
        return { data: Float32Array.from(data), dims: [texts.length, 2] };
      };
      return Object.assign(extract, { dispose: async () => undefined });
    },
  });
}

test('encodes in batches through the package', async () => {
  const calls: string[][] = [];
  const encoder = await createTransformersEncoder('org/model', { pooling: 'cls' }, fakePackage(calls));
  expect(encoder).toMatchObject({ name: 'transformers:org/model?pooling=cls', dimension: 2 });
  const texts = Array.from({ length: 40 }, (_, i) => 'x'.repeat(i));
  const vectors = await encoder.encode(texts);
  expect(Array.from(vectors)).toEqual(texts.flatMap((text) => [text.length, 1]));
  expect(calls.map((list) => list.length)).toEqual([1, 32, 8]);
  const aborted = encoder.encode(texts, { signal: AbortSignal.abort() });
  await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' });
  await encoder.close();
});

test('says how to install the package when it is missing', async () => {
  await expect(createTransformersEncoder('org/model')).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('npm install @huggingface/transformers'),
  });
});

test('says which model does not load', async () => {
  await expect(createTransformersEncoder('missing', {}, fakePackage([]))).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: 'The model "missing" does not load: no such model',
  });
});
