import { expect, test } from 'vitest';
import type { HeadName } from './heads.js';
import { data } from './testing.case.js';
import { trainCTR } from './train-ctr.js';

const options = { data, threads: 1, batch: 64, epochs: 8, learningRate: 1e-2, seed: 2 } as const;

test.each(['wdl', 'dlrm', 'deepfm', 'dcn'] as HeadName[])(
  '%s learns',
  { timeout: 240_000 },
  async (model) => {
    const trained = await trainCTR({ ...options, model, method: 'full', cr: 1 });
    expect(trained.auc).toBeGreaterThan(0.9);
    expect(trained.memory).toBe(4 * 16 * data.fields.rows);
    expect(trained.losses.at(-1)!).toBeLessThan(trained.losses[0]!);
  },
);

test('the same seed gives the same bytes', { timeout: 240_000 }, async () => {
  const once = () => trainCTR({ ...options, epochs: 1, method: 'int8', cr: 0.25 });
  const [a, b] = [await once(), await once()];
  expect(a.embedding.pack()).toEqual(b.embedding.pack());
  expect(a.auc).toBe(b.auc);
});

test('samples are cut in their order, and counted on the training part only', () => {
  const { train, validation, test: tested, freq, fields } = data;
  expect([train.count, validation.count, tested.count]).toEqual([1020, 60, 120]);
  const counts = fields.sizes.map((size) => new Array(size).fill(0));
  for (let i = 0; i < train.rows.length; i++) counts[i % 3]![train.rows[i]! - fields.offsets[i % 3]!]++;
  expect(freq.map((own) => [...own])).toEqual(counts);
});
