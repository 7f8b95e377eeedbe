import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packSafetensors } from '@fletch/data/safetensors';
import { describe, expect, test } from 'vitest';
import { createEmbedding } from './compressed-embedding.js';
import { FrozenEmbedding } from './frozen.js';
import type { MethodName } from './methods.js';
import { clicks, data } from './testing.case.js';
import { splitCtr, trainCTR } from './train-ctr.js';
import type { MethodOptions } from './types.js';

const create = (
  method: string,
  options: MethodOptions & { cr?: number; dim?: number; fields?: number[] } = {},
) => createEmbedding(method as MethodName, { fields: [1000, 200], cr: 0.25, ...options });

const refuses = (act: () => unknown, code: string, message: RegExp) =>
  expect(act).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));

describe('an embedding is refused', () => {
  test.each([
    ['a share of 0', 'hash', { cr: 0 }, /cr is 0/],
    ['a share above 1', 'hash', { cr: 1.5 }, /cr is 1.5/],
    ['a share that is no number', 'hash', { cr: Number.NaN }, /cr is NaN/],
    ['an unknown method', 'zip', {}, /no method "zip": choose among full/],
    ['no fields', 'hash', { fields: [] }, /at least one field/],
    ['an empty field', 'hash', { fields: [10, 0] }, /Field 1 has 0 rows/],
    ['no dimension', 'hash', { dim: 0 }, /dim is 0/],
    ['a tensor train of 4 dimensions', 'tt', { dim: 4 }, /power of two from 8, not 4/],
    ['a tensor train of 24 dimensions', 'tt', { dim: 24 }, /power of two from 8, not 24/],
    ['parts that do not divide the dimension', 'dpq', { parts: 3 }, /16 numbers into 3 parts/],
    ['too many centroids', 'dpq', { centroids: 300 }, /centroids is 300/],
    ['an unknown composition', 'compo', { operation: 'xor' as never }, /operation is "xor"/],
    ['a scale of 0', 'int8', { scale: 0 }, /scale is 0/],
    ['no hashes', 'dhe', { hashes: 0, cr: 1 }, /hashes is 0/],
    ['a tolerance of 0', 'dedup', { tolerance: 0, cr: 0.6 }, /tolerance is 0/],
    ['an empty block', 'dedup', { block: 0, cr: 0.6 }, /block is 0/],
    ['AdaptEmb without frequencies', 'adapt', {}, /give freq/],
    ['AutoSrh without frequencies', 'autosrh', {}, /give freq/],
  ] as const)('%s', (_, method, options, message) => {
    refuses(() => create(method, options as MethodOptions), 'INVALID_ARGUMENT', message);
  });

  test.each([
    ['full', 0.9, 1],
    ['int8', 0.2, 0.25],
    ['alpt8', 0.25, 0.3125],
    ['half', 0.4, 0.5],
    ['optembed', 0.02, 0.0625],
    ['compo', 0.01, 0.0584],
  ] as const)('%s at %d: the smallest share is named', (method, cr, floor) => {
    try {
      create(method, { cr });
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(/Budget unreachable/),
      });
      const named = (error as { details: { floor: number } }).details.floor;
      expect(named).toBeCloseTo(floor, 3);
      expect(() => create(method, { cr: named })).not.toThrow();
    }
  });

  test('counts that do not fit the fields', () => {
    const freq = [new Uint32Array(1000), new Uint32Array(3)];
    refuses(
      () => createEmbedding('adapt', { fields: [1000, 200], cr: 0.5, freq }),
      'DIMENSION_MISMATCH',
      /3 counts for field 1/,
    );
  });
});

describe('ids are refused', () => {
  const frozen = create('hash').freeze();
  test.each([
    ['beyond their field', [3, 200], 'INVALID_ARGUMENT', /Sample 0 has the id 200 in field 1/],
    ['below zero', [0, 0, -1, 0], 'INVALID_ARGUMENT', /Sample 1 has the id -1 in field 0/],
    ['half a sample', [0, 0, 0], 'DIMENSION_MISMATCH', /3 ids are no whole number of samples of 2 fields/],
  ] as const)('%s', (_, ids, code, message) => {
    refuses(() => frozen.lookup(ids), code, message);
  });

  test('the same id in two fields is two rows', () => {
    const row = create('full', { cr: 1 }).freeze().lookup([7, 7]);
    expect(row.slice(0, 16)).not.toEqual(row.slice(16));
  });
});

describe('samples are refused', () => {
  const set = clicks(100);
  const labels = (value: number) => ({ ...set, labels: set.labels.map(() => value) });
  test.each([
    ['a label of 2', labels(2), /Label 0 is 2/],
    ['one kind of label', labels(1), /one kind of label only: no AUC/],
    ['an id outside', { ...set, ids: set.ids.map(() => 5000) }, /has the id 5000/],
  ] as const)('%s', (_, bad, message) => {
    refuses(() => splitCtr(bad), 'INVALID_ARGUMENT', message);
  });

  test('labels that are missing', () => {
    refuses(
      () => splitCtr({ ...set, count: 99 }),
      'DIMENSION_MISMATCH',
      /99 samples of 3 fields have 297 ids/,
    );
  });

  test('a test with one kind of label', () => {
    const sorted = { ...set, labels: set.labels.map((_, i) => (i < 80 ? i % 2 : 1)) };
    refuses(() => splitCtr(sorted), 'INVALID_ARGUMENT', /one kind of label only/);
  });
});

describe('training is refused', () => {
  test.each([
    ['an unknown model', { model: 'mlp' as never }, /no model "mlp"/],
    ['no epochs', { epochs: 0 }, /epochs is 0/],
  ] as const)('%s', async (_, options, message) => {
    await expect(trainCTR({ method: 'hash', cr: 0.5, data, ...options })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(message),
    });
  });

  test('when it was stopped', async () => {
    await expect(
      trainCTR({ method: 'hash', cr: 0.5, data, threads: 1, signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: 'ABORTED' });
  });

  test('when blocks are too unlike, with the share that could be reached', { timeout: 120_000 }, async () => {
    await expect(
      trainCTR({ method: 'dedup', cr: 0.05, data, threads: 1, block: 4, learningRate: 0.5, batch: 128 }),
    ).rejects.toMatchObject({ message: expect.stringMatching(/Budget unreachable: dedup/) });
  });
});

describe('a checkpoint is refused', () => {
  const packed = create('hash').freeze().pack();

  test('of another method', () => {
    refuses(() => FrozenEmbedding.unpack(packed, 'robe'), 'INVALID_INPUT_FILE', /by "hash", not by "robe"/);
  });

  test('without a tag', () => {
    const other = packSafetensors([{ name: 'x', dtype: 'F32', shape: [1], data: Float32Array.of(1) }]);
    refuses(() => FrozenEmbedding.unpack(other), 'INVALID_INPUT_FILE', /holds no compressed embeddings/);
  });

  test('with tensors missing', () => {
    const tag = JSON.stringify({ method: 'hash', kind: 'table', facts: {}, fields: [10], dim: 4 });
    const other = packSafetensors([], { metadata: { 'fletch.compressed-embeddings': tag } });
    refuses(() => FrozenEmbedding.unpack(other), 'INVALID_INPUT_FILE', /tensor "table" is missing/);
  });

  test('that is not there; one that is there is loaded', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fletch-embeddings-'));
    try {
      await expect(FrozenEmbedding.load(join(folder, 'none'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await writeFile(join(folder, 'some'), 'not this');
      await expect(FrozenEmbedding.load(join(folder, 'some'))).rejects.toMatchObject({
        code: 'INVALID_INPUT_FILE',
      });
      const frozen = create('hash').freeze();
      await frozen.save(join(folder, 'good.safetensors'));
      const back = await FrozenEmbedding.load(join(folder, 'good.safetensors'), 'hash');
      expect(back.lookup([1, 2])).toEqual(frozen.lookup([1, 2]));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
