import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Matrix } from '@fletch/linalg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ballCarve, chamfer } from './chamfer.js';
import { MultiVectorIndex, type MultiVectorOptions } from './multi-vector-index.js';
import { normalSet, unitSet } from './testing.case.js';

const DIM = 8;
/** Sets around twenty centres. */
const documents = Array.from({ length: 300 }, (_, i) => near(unitSet(5 + (i % 4), DIM, 1000 + (i % 20)), i));
const queries = Array.from({ length: 20 }, (_, i) => near(unitSet(5, DIM, 1000 + i), 9000 + i));

function near(set: Matrix<Float32Array>, seed: number): Matrix<Float32Array> {
  const noise = normalSet(set.rows, set.cols, seed);
  return new Matrix(
    set.data.map((value, i) => value + 0.15 * noise.data[i]!),
    set.rows,
    set.cols,
  );
}

function truth(query: Matrix, k: number): number[] {
  const scores = documents.map((document) => chamfer(query, document));
  return Array.from(scores.keys())
    .sort((a, b) => scores[b]! - scores[a]! || a - b)
    .slice(0, k);
}

let folder: string;
const opened: MultiVectorIndex[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fletch-muvera-'));
});
afterEach(async () => {
  for (const index of opened.splice(0)) await index.close();
  await rm(folder, { recursive: true });
});

async function build(options: MultiVectorOptions = {}): Promise<MultiVectorIndex> {
  const index = await MultiVectorIndex.build(documents, {
    threads: 1,
    ...options,
    fde: { repetitions: 8, simhash: 3, projDim: null, fillEmpty: false, ...options.fde },
  });
  opened.push(index);
  return index;
}

const variants: [string, MultiVectorOptions][] = [
  ['floats, exact', {}],
  ['floats, graph', { ann: 'hnsw' }],
  ['quantized', { pq: { centroids: 32, group: 4 } }],
  ['after a final projection', { fde: { finalDim: 200 } }],
];

describe.each(variants)('%s', (_, options) => {
  test('finds what comparing with all finds', async () => {
    const index = await build(options);
    let found = 0;
    for (const query of queries) {
      const hits = await index.search(query, 10, { candidates: 80 });
      const all = truth(query, 10);
      found += all.filter((id) => hits.ids.includes(id)).length;
      expect(hits.stats).toMatchObject({ candidates: 80, queryVectors: 5 });
      hits.ids.forEach((id, i) => {
        expect(hits.scores[i]).toBeCloseTo(chamfer(query, documents[id]!), 4);
      });
      expect(Array.from((await index.searchExact(query, 10)).ids)).toEqual(all);
    }
    expect(found / (queries.length * 10)).toBeGreaterThan(0.95);
  });

  test('is the same after saving and loading', async () => {
    const index = await build(options);
    await index.save(folder);
    const loaded = await MultiVectorIndex.load(folder, { threads: 1 });
    opened.push(loaded);
    expect(loaded.size).toBe(300);
    expect(loaded.memory).toEqual(index.memory);
    expect(loaded.fde.parameters).toEqual(index.fde.parameters);
    for (const query of queries.slice(0, 5))
      expect(await loaded.search(query, 5)).toEqual(await index.search(query, 5));
  });
});

test('all documents as candidates is comparing with all', async () => {
  const index = await build();
  for (const query of queries.slice(0, 4)) {
    const hits = await index.search(query, 7, { candidates: 5000 });
    expect(hits.ids).toEqual((await index.searchExact(query, 7)).ids);
    expect(hits.stats.candidates).toBe(300);
  }
});

test('quantized encodings take an eighth of a float’s bytes for each group', async () => {
  const { memory } = await build({ pq: { group: 8, centroids: 16 } });
  expect(memory.encodings * 32).toBe((await build()).memory.encodings);
});

test('a carved query has fewer vectors and their scores', async () => {
  const index = await build();
  const query = queries[0]!;
  const carved = ballCarve(query, 0);
  const hits = await index.search(query, 3, { tau: 0 });
  expect(hits.stats.queryVectors).toBe(carved.rows);
  expect(hits.scores[0]).toBeCloseTo(chamfer(carved, documents[hits.ids[0]!]!), 4);
});

describe('refuses', () => {
  test.each<[string, readonly Matrix[], MultiVectorOptions, string, RegExp]>([
    ['no documents', [], {}, 'INVALID_ARGUMENT', /no documents/],
    [
      'an empty set',
      [normalSet(2, 3, 1), new Matrix(new Float32Array(0), 0, 3)],
      {},
      'INVALID_ARGUMENT',
      /Set 1 is empty/,
    ],
    ['two lengths', [normalSet(2, 3, 1), normalSet(2, 4, 1)], {}, 'DIMENSION_MISMATCH', /set 1/],
    ['quantization with a graph', [normalSet(2, 3, 1)], { pq: {}, ann: 'hnsw' }, 'INVALID_ARGUMENT', /pq/],
    ['another way to search', [normalSet(2, 3, 1)], { ann: 'tree' as never }, 'INVALID_ARGUMENT', /tree/],
    [
      'more centroids than documents',
      [normalSet(2, 3, 1)],
      { pq: { centroids: 2 } },
      'INVALID_ARGUMENT',
      /centroids/,
    ],
  ])('%s', async (_, sets, options, code, message) => {
    await expect(MultiVectorIndex.build(sets, options)).rejects.toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  test('fewer candidates than hits, a bad k, a query of another length or none', async () => {
    const index = await build();
    const invalid = expect.objectContaining({ code: 'INVALID_ARGUMENT' });
    await expect(index.search(queries[0]!, 10, { candidates: 9 })).rejects.toThrow(invalid);
    await expect(index.search(queries[0]!, 0)).rejects.toThrow(invalid);
    await expect(index.search(new Matrix(new Float32Array(0), 0, DIM), 3)).rejects.toThrow(invalid);
    await expect(index.search(normalSet(1, 3, 1), 3)).rejects.toThrow(
      expect.objectContaining({ code: 'DIMENSION_MISMATCH' }),
    );
  });

  test('an index that was built by another map', async () => {
    await (await build({ fde: { seed: 3 } })).save(folder);
    await expect(MultiVectorIndex.load(folder, { fde: { seed: 4 } })).rejects.toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(/another seed \(3\).*\(4\)/),
      }),
    );
    await expect(MultiVectorIndex.load(folder, { fde: { fillEmpty: true } })).rejects.toThrow(/fillEmpty/);
    opened.push(await MultiVectorIndex.load(folder, { fde: { seed: 3, repetitions: 8 } }));
  });

  test.each<[string, MultiVectorOptions]>([
    ['floats', {}],
    ['quantized', { pq: { centroids: 32 } }],
  ])('damage, wherever it is: %s', async (_, options) => {
    await (await build(options)).save(folder);
    const path = join(folder, 'sets.fletch');
    const whole = await readFile(path);
    for (let i = 0; i < 30; i++) {
      const damaged = Buffer.from(whole);
      const at = Math.floor((i * whole.length) / 30);
      damaged[at] = damaged[at]! ^ 0x41;
      await writeFile(path, damaged);
      await expect(MultiVectorIndex.load(folder)).rejects.toThrow(
        expect.objectContaining({ code: expect.stringMatching(/CORRUPT|FORMAT_TOO_NEW/) }),
      );
    }
    await writeFile(path, whole.subarray(0, whole.length - 1));
    await expect(MultiVectorIndex.load(folder)).rejects.toThrow(expect.objectContaining({ code: 'CORRUPT' }));
    await rm(path);
    await expect(MultiVectorIndex.load(folder)).rejects.toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    );
  });

  test('encodings of another build', async () => {
    await (await build()).save(folder);
    const encodings = await readFile(join(folder, 'encodings.snapshot'));
    await (await build()).save(folder);
    await writeFile(join(folder, 'encodings.snapshot'), encodings);
    await expect(MultiVectorIndex.load(folder)).rejects.toThrow(
      expect.objectContaining({ code: 'CORRUPT', message: expect.stringContaining('does not belong') }),
    );
  });

  test('to go on when it is aborted', async () => {
    await expect(build({ signal: AbortSignal.abort() })).rejects.toThrow(
      expect.objectContaining({ code: 'ABORTED' }),
    );
  });
});
