import { readFileSync } from 'node:fs';
import { loadWordNetGlosses } from '@fletch/data';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEncoder } from '../registry.js';
import type { Encoder } from '../types.js';

let encoder: Encoder;

beforeAll(async () => {
  encoder = await createEncoder('use');
});
afterAll(() => encoder.close());

const row = (vectors: ArrayLike<number>, i: number) =>
  Array.from({ length: 512 }, (_, j) => vectors[512 * i + j]!);

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** Vectors of the reference library, see scripts/make-use-goldens.mjs. */
async function goldens(): Promise<{ texts: string[]; codes: Int16Array }> {
  const bytes = readFileSync(new URL('./goldens/glosses.int16', import.meta.url));
  const codes = new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const glosses = await loadWordNetGlosses();
  const texts = Array.from(
    { length: 1000 },
    (_, i) => glosses[Math.floor((i * glosses.length) / 1000)]!.text,
  );
  return { texts, codes };
}

describe('float32', () => {
  test('gives the vectors of the reference library for 1,000 glosses (cosine ≥ 0.9999)', async () => {
    const { texts, codes } = await goldens();
    const vectors = await encoder.encode(texts);
    const worst = Math.min(...texts.map((_, i) => cosine(row(vectors, i), row(codes, i))));
    expect(worst).toBeGreaterThan(0.999999);
  });

  test('says its name and dimension', () => {
    expect(encoder).toMatchObject({ name: 'use', dimension: 512 });
  });

  test('a vector has unit length and does not depend on the texts beside it', async () => {
    const texts = ['grief', 'a much longer sentence about the weather in the mountains', '', 'a b c d e'];
    const together = await encoder.encode(texts);
    for (const [i, text] of texts.entries()) {
      const alone = row(await encoder.encode([text]), 0);
      expect(Math.hypot(...alone)).toBeCloseTo(1, 5);
      expect(cosine(row(together, i), alone)).toBeGreaterThan(0.999999);
    }
  });

  test('cuts off after 128 pieces', async () => {
    const long = 'sea '.repeat(127).trim();
    const vectors = await encoder.encode([`${long} sea and mountains`, `${long} sea or valleys`]);
    expect(row(vectors, 0)).toEqual(row(vectors, 1));
  });

  test('of no texts is an empty array', async () => {
    expect(await encoder.encode([])).toHaveLength(0);
  });

  test('puts like meanings together', async () => {
    const texts = [
      'a feeling of deep sadness',
      'intense sorrow caused by loss of a loved one',
      'a large seagoing ship',
    ];
    const vectors = await encoder.encode(texts);
    const [query, sorrow, ship] = [0, 1, 2].map((i) => row(vectors, i)) as [number[], number[], number[]];
    expect(cosine(query, sorrow)).toBeGreaterThan(cosine(query, ship) + 0.2);
  });

  test('reports every batch and stops when told', async () => {
    const texts = Array.from({ length: 600 }, (_, i) => `the ${i}th of many short sentences`);
    const controller = new AbortController();
    const done: number[] = [];
    const work = encoder.encode(texts, {
      signal: controller.signal,
      onProgress: (progress) => {
        expect(progress).toMatchObject({ total: 600, stage: 'encoding' });
        done.push(progress.done);
        if (done.length === 2) controller.abort();
      },
    });
    await expect(work).rejects.toMatchObject({ code: 'ABORTED' });
    expect(done).toHaveLength(2);
    expect(done[1]).toBeGreaterThan(done[0]!);
  });
});

test('int8 stays close to float32', async () => {
  const { texts, codes } = await goldens();
  const int8 = await createEncoder('use?precision=int8');
  expect(int8.name).toBe('use?precision=int8');
  const vectors = await int8.encode(texts.slice(0, 200));
  const worst = Math.min(...texts.slice(0, 200).map((_, i) => cosine(row(vectors, i), row(codes, i))));
  expect(worst).toBeGreaterThan(0.998);
  await int8.close();
});

describe('pooling=none', () => {
  let tokens: Encoder;

  beforeAll(async () => {
    tokens = await createEncoder('use?pooling=none');
  });
  afterAll(() => tokens.close());

  test('gives unit vectors of the pieces, alike where meanings are', async () => {
    const texts = ['a feeling of deep sadness', 'intense sorrow', 'a large seagoing ship'];
    const { vectors, starts } = await tokens.encodeTokens!(texts);
    expect(starts.length).toBe(4);
    expect(vectors.length).toBe(starts[3]! * 512);
    expect(starts[1]! - starts[0]!).toBeGreaterThanOrEqual(5);
    for (let i = 0; i < starts[3]!; i++) expect(Math.hypot(...row(vectors, i))).toBeCloseTo(1, 5);
    const maxSim = (a: number, b: number) => {
      let sum = 0;
      for (let i = starts[a]!; i < starts[a + 1]!; i++) {
        let best = -1;
        for (let j = starts[b]!; j < starts[b + 1]!; j++)
          best = Math.max(best, cosine(row(vectors, i), row(vectors, j)));
        sum += best;
      }
      return sum / (starts[a + 1]! - starts[a]!);
    };
    expect(maxSim(1, 0)).toBeGreaterThan(maxSim(1, 2));
    expect(maxSim(1, 1)).toBeCloseTo(1, 5);
  });

  test('a text’s tokens do not depend on the texts beside it', async () => {
    const texts = ['grief', 'a much longer sentence about the weather in the mountains', 'a b c d e'];
    const { vectors, starts } = await tokens.encodeTokens!(texts);
    for (const [i, text] of texts.entries()) {
      const alone = await tokens.encodeTokens!([text]);
      expect(alone.starts[1]).toBe(starts[i + 1]! - starts[i]!);
      for (let j = 0; j < alone.starts[1]!; j++)
        expect(cosine(row(vectors, starts[i]! + j), row(alone.vectors, j))).toBeGreaterThan(0.99999);
    }
  });

  test('is another encoder, whose single vector is the mean', async () => {
    expect(tokens).toMatchObject({ name: 'use?pooling=none', dimension: 512 });
    expect(encoder.encodeTokens).toBeUndefined();
    const [vector] = [row(await tokens.encode(['sea and mountains']), 0)];
    expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
  });

  test('refuses a text without pieces', async () => {
    await expect(tokens.encodeTokens!(['sea', ''])).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('Text 1'),
    });
  });
});
