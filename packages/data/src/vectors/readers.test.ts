import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openVectors, readBeirJudgements, readBeirTexts, readNeighbors } from './index.js';
import { fixture, readAll, scratch } from './testing.case.js';

const numpy = JSON.parse(readFileSync(fixture('numpy.json'), 'utf8')) as {
  rows: number[][];
  whole: number[][];
  half: number[][];
};
const peers = JSON.parse(readFileSync(fixture('peers.json'), 'utf8')) as number[][];
const { folder, file } = scratch();

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

describe('arrays that NumPy wrote', () => {
  test.each(['float32', 'float32-fortran', 'float32-big-endian', 'float64-v2'])('%s.npy', async (name) => {
    const { source, rows } = await readAll(fixture(`${name}.npy`));
    expect(source).toMatchObject({ format: 'npy', count: 7, holds: { kind: 'dense', dimension: 5 } });
    expect(rows).toEqual(numpy.rows);
  });

  test('halves', async () => {
    expect((await readAll(fixture('float16-v3.npy'))).rows).toEqual(numpy.half);
  });

  test.each(['i1', 'i2', 'i4', 'i8', 'big-i2'])('whole numbers of type %s', async (type) => {
    expect((await readAll(fixture(`whole-${type}.npy`))).rows).toEqual(numpy.whole);
  });

  test.each(['u1', 'u2', 'u4', 'u8'])('whole numbers of type %s', async (type) => {
    const positive = numpy.whole.map((row) => row.map(Math.abs));
    expect((await readAll(fixture(`whole-${type}.npy`))).rows).toEqual(positive);
  });

  test('in archives, stored and packed, by name', async () => {
    expect((await readAll(fixture('two.npz'))).rows).toEqual(numpy.rows);
    expect((await readAll(fixture('packed.npz'), { part: 'vectors' })).rows).toEqual(numpy.rows);
    await expect(readAll(fixture('packed.npz'))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/--part: "vectors", "others"/),
    });
    await expect(readAll(fixture('two.npz'), { part: 'x' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('reading goes on where it is told to', async () => {
    for (const name of ['float32.npy', 'float32-fortran.npy', 'two.npz']) {
      const { rows, batches } = await readAll(fixture(name), {}, { size: 2, from: 3 });
      expect(rows).toEqual(numpy.rows.slice(3));
      expect(batches.map(({ first, next }) => [first, next])).toEqual([
        [3, 5],
        [5, 7],
      ]);
    }
  });
});

describe('HDF5 that h5py wrote', () => {
  test('in the layout of ann-benchmarks', async () => {
    const { source, rows } = await readAll(fixture('ann.hdf5'));
    expect(source).toMatchObject({ format: 'hdf5', count: 7, holds: { dimension: 5, distance: 'Euclid' } });
    expect(source.notes).toEqual(['Read: "train". Left out: test, neighbors, distances (--part).']);
    expect(rows).toEqual(numpy.rows);
  });

  test('packed, in pieces, of doubles, and in the latest form', async () => {
    const doubled = numpy.rows.slice(0, 3).map((row) => row.map((value) => value * 2));
    expect((await readAll(fixture('ann.hdf5'), { part: 'test' }, { size: 2 })).rows).toEqual(doubled);
    expect((await readAll(fixture('latest.hdf5'))).rows).toEqual(numpy.rows);
  });

  test('neighbours', async () => {
    expect(await readNeighbors(fixture('ann.hdf5'))).toEqual({
      count: 3,
      k: 2,
      ids: Int32Array.of(0, 1, 1, 0, 2, 6),
    });
  });
});

describe('indexes', () => {
  const expected = peers.map((row, i) => [BigInt(1000 + i), row] as const);

  test('of hnswlib: labels and vectors, without what was deleted', async () => {
    const { source, rows, ids } = await readAll(fixture('small.hnsw'));
    expect(source).toMatchObject({ format: 'hnswlib', count: 24, holds: { dimension: 6 } });
    expect(ids).toEqual(peers.map((_, i) => BigInt(500 + i)).filter((id) => id !== 502n));
    expect(rows).toEqual(peers.filter((_, i) => i !== 2));
  });

  test('of hnswlib under another name: the content says what it is', async () => {
    const { source } = await readAll(file('index.bin', readFileSync(fixture('small.hnsw'))));
    expect(source.format).toBe('hnswlib');
  });

  test('of USearch: keys and vectors, without what was removed', async () => {
    const { source, rows, ids } = await readAll(fixture('f32.usearch'));
    expect(source.holds).toEqual({ kind: 'dense', dimension: 6, distance: 'Dot' });
    const kept = expected.filter(([id]) => id !== 1003n);
    expect(ids).toEqual(kept.map(([id]) => id));
    expect(rows).toEqual(kept.map(([, row]) => row));
  });

  test.each([
    ['f64', 'Euclid', 0],
    ['f16', 'Cosine', 2 ** -11],
    ['bf16', 'Cosine', 2 ** -8],
  ])('of USearch in %s', async (kind, distance, error) => {
    const { source, rows, ids } = await readAll(fixture(`${kind}.usearch`));
    expect(source.holds).toMatchObject({ distance });
    expect(ids).toEqual(expected.map(([id]) => id));
    for (const [i, row] of rows.entries())
      for (const [j, value] of row.entries())
        expect(Math.abs(value - peers[i]![j]!)).toBeLessThanOrEqual(error * Math.abs(peers[i]![j]!));
  });

  test('of USearch in bytes: the direction is kept', async () => {
    const { rows } = await readAll(fixture('i8.usearch'));
    for (const [i, row] of rows.entries()) {
      const norm = Math.hypot(...peers[i]!);
      // Brought to length 1, then cut (not rounded) to 1/127.
      for (const [j, value] of row.entries())
        expect(Math.abs(value - peers[i]![j]! / norm)).toBeLessThanOrEqual(1 / 127 + 1e-6);
    }
  });

  test('reading goes on where it is told to', async () => {
    const { rows } = await readAll(fixture('f32.usearch'), {}, { size: 5, from: 10 });
    expect(rows).toEqual(peers.slice(10));
  });
});

describe('Parquet that DuckDB wrote', () => {
  test.each(['snappy', 'zstd', 'gzip', 'uncompressed'])('%s', async (codec) => {
    const { source, rows, ids, payloads } = await readAll(fixture(`${codec}.parquet`), { idField: 'sku' });
    expect(source).toMatchObject({ format: 'parquet', count: 24, holds: { dimension: 6 } });
    expect(rows).toEqual(peers);
    expect(ids).toEqual(peers.map((_, i) => (i === 5 ? 9007199254740995n : BigInt(i))));
    expect(payloads[4]).toEqual({
      tags: ['a', 'b4'],
      price: 1,
      made: '2024-05-17T09:30:00.000Z',
      note: 'n4',
    });
    expect(payloads[5]).not.toHaveProperty('note');
  });

  test('lists of any length, and ids by their name', async () => {
    const { rows, ids, payloads } = await readAll(fixture('list.parquet'));
    expect(rows).toEqual(peers.slice(0, 3));
    expect(ids).toEqual([0n, 1n, 2n]);
    expect(payloads).toEqual([undefined, undefined, undefined]);
  });

  test('a wrong column is named with those that there are', async () => {
    await expect(readAll(fixture('snappy.parquet'), { vectorField: 'vec' })).rejects.toMatchObject({
      code: 'INVALID_INPUT_FILE',
      message: expect.stringMatching(/no vector column "vec"\. Fields: sku, embedding, tags, price/),
    });
  });
});

describe('JSON lines', () => {
  test('fields beside the vector are payload', async () => {
    const path = file(
      'a.jsonl',
      '{"_id":"x","embedding":[1,2],"n":1}\n\n{"_id":7,"embedding":[3,4],"payload":{"a":1},"n":2}\n',
    );
    const { rows, ids, payloads } = await readAll(path);
    expect({ rows, ids, payloads }).toEqual({
      rows: [
        [1, 2],
        [3, 4],
      ],
      ids: ['x', 7],
      payloads: [{ n: 1 }, { payload: { a: 1 }, n: 2 }],
    });
  });

  test('vectors with names, sparse ones and lists of them pass through', async () => {
    const vector = {
      title: [1, 2, 3],
      words: { indices: [1, 5], values: [0.5, 1] },
      tokens: [
        [1, 2],
        [3, 4],
      ],
    };
    const { source, batches } = await readAll(file('named.jsonl', JSON.stringify({ id: 1, vector })));
    expect(batches[0]!.wire).toEqual([vector]);
    expect(source.holds).toEqual({
      kind: 'wire',
      config: {
        vectors: {
          title: { size: 3, distance: 'Cosine' },
          tokens: { size: 2, distance: 'Cosine', multivector_config: { comparator: 'max_sim' } },
        },
        sparse_vectors: { words: {} },
      },
    });
  });

  test.each([
    ['{"vector":[1,2]}\n{"vector":[1]}', /line 2 has a vector of 1 dimensions, the first has 2/],
    ['{"vector":[1,2]}\n{"vector":[1,"x"]}', /line 2: component 1 is no number/],
    ['{"vector":[1,2]}\n{"text":"x"}', /line 2 has no vector/],
    ['{"vector":[1,2]}\n{"vector":', /line 2 is not JSON/],
    ['{"vector":[1,2],"id":1.5}', /line 1: the id 1.5 is neither/],
    ['{"text":"x"}', /line 1 has no vector: name its field with --vector-field. Fields: text/],
    ['', /holds no objects/],
  ])('%j is refused', async (content, message) => {
    const error = { code: 'INVALID_INPUT_FILE', message: expect.stringMatching(message) };
    await expect(readAll(file('bad.jsonl', content))).rejects.toMatchObject(error);
  });
});

describe('BEIR', () => {
  const corpus =
    '{"_id":"d1","title":"T","text":"one","metadata":{"url":"u"}}\n{"_id":"d2","text":" "}\n{"_id":"3","text":"three"}\n';

  test('documents, queries and judgements', async () => {
    const root = join(folder, 'beir');
    const { mkdirSync, writeFileSync } = await import('node:fs');
    mkdirSync(join(root, 'qrels'), { recursive: true });
    writeFileSync(join(root, 'corpus.jsonl'), corpus);
    writeFileSync(join(root, 'queries.jsonl'), '{"_id":"q1","text":"what?"}\n');
    writeFileSync(join(root, 'qrels/test.tsv'), 'query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\t3\t0\n');
    const { source, ids, batches, payloads } = await readAll(root, {}, { size: 2 });
    expect(source).toMatchObject({ format: 'beir', holds: { kind: 'texts' } });
    expect(ids).toEqual(['d1', '3']);
    expect(batches.flatMap(({ texts }) => texts)).toEqual(['T\none', 'three']);
    expect(batches.map(({ next }) => next)).toEqual([2, 3]);
    expect(payloads).toEqual([{ url: 'u', title: 'T', text: 'one' }, { text: 'three' }]);
    expect((await readAll(root, { part: 'queries' })).ids).toEqual(['q1']);
    const judged = await collect(readBeirJudgements(join(root, 'qrels/test.tsv')));
    expect(judged).toEqual([
      { query: 'q1', document: 'd1', score: 2 },
      { query: 'q1', document: '3', score: 0 },
    ]);
  });

  test.each([
    '{"text":"x"}',
    '{"_id":"a"}',
    '{"_id":"a","text":1}',
    '[]',
    '{"_id":"a","text":"x","metadata":3}',
  ])('%s is refused with its line', async (line) => {
    const reading = collect(readBeirTexts(file('corpus.jsonl', `{"_id":"a","text":"x"}\n${line}`)));
    await expect(reading).rejects.toMatchObject({
      code: 'INVALID_INPUT_FILE',
      message: expect.stringMatching(/line 2/),
    });
  });
});

describe('neighbours', () => {
  const words = (...values: number[]) => new Uint8Array(Int32Array.from(values).buffer);

  test('of .ivecs and .ibin, with and without distances', async () => {
    const expected = { count: 2, k: 2, ids: Int32Array.of(5, 6, 2 ** 30 + 1, 8) };
    expect(await readNeighbors(file('a.ivecs', words(2, 5, 6, 2, 2 ** 30 + 1, 8)))).toEqual(expected);
    expect(await readNeighbors(file('a.ibin', words(2, 2, 5, 6, 2 ** 30 + 1, 8)))).toEqual(expected);
    expect(await readNeighbors(file('b.ibin', words(2, 2, 5, 6, 2 ** 30 + 1, 8, 0, 0, 0, 0)))).toEqual(
      expected,
    );
  });

  test('are not taken for vectors', async () => {
    await expect(readAll(file('c.ibin', words(1, 1, 5, 0)))).rejects.toThrow(
      /nearest neighbours and their distances/,
    );
    await expect(readAll(file('c.ivecs', words(2, 5, 2 ** 30 + 1)))).rejects.toThrow(
      /row 0 holds an int32.*exactly/,
    );
  });
});

test('what nothing says is asked for, and what is a pickle is refused', async () => {
  await expect(openVectors(file('data', 'hello'))).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(/--format\. Formats: npy, npz, fvecs/),
  });
  for (const [name, content] of [
    ['model.pt', 'PK'],
    ['vectors.dat', Buffer.from([0x80, 4, 0x95, 1])],
  ] as const)
    await expect(openVectors(file(name, content))).rejects.toMatchObject({ code: 'UNSAFE_FORMAT' });
  await expect(openVectors(join(folder, 'missing.npy'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(openVectors(folder, { format: 'npy' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  await expect(openVectors(fixture('float32.npy'), { format: 'mp3' })).rejects.toThrow(/no format "mp3"/);
});
