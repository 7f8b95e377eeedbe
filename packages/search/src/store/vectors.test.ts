import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CreateCollection, PointStruct, VectorInput } from '../types/index.js';
import { open } from './open.js';
import type { Collection, Store, StoreWarning } from './types.js';

let path: string;
let store: Store;
let warnings: StoreWarning[];

async function openStore(): Promise<Store> {
  store = await open(path, { threads: 1, onWarning: (warning) => warnings.push(warning) });
  return store;
}

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'fletch-vectors-'));
  warnings = [];
  await openStore();
});

afterEach(async () => {
  await store.close();
  await rm(path, { recursive: true, force: true });
});

async function reopened(): Promise<Collection> {
  await store.close();
  return (await openStore()).collection('c');
}

/** The folder of the only collection. */
async function folder(): Promise<string> {
  const [entry] = await readdir(join(path, 'collections'));
  return join(path, 'collections', entry!);
}

const coded = (code: string, message = '') =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

const kinds: CreateCollection = {
  vectors: {
    dense: { size: 2, distance: 'Euclid' },
    tokens: { size: 2, distance: 'Dot', multivector_config: { comparator: 'max_sim' } },
  },
  sparse_vectors: { words: { modifier: 'idf', index: { on_disk: true } }, plain: {} },
};

const tokens = [
  [1, 0],
  [0, 1],
];
const words = { indices: [3, 70_000], values: [0.5, 2] };
const points: PointStruct[] = [
  { id: 1, vector: { dense: [1, 2], tokens, words } },
  { id: 2, vector: { tokens: [[2, 2]] } },
  {
    id: 3,
    vector: { words: { indices: [4_294_967_295, 3], values: [1, 1] }, plain: { indices: [], values: [] } },
  },
  { id: 4, vector: {} },
];

async function vectorsOf(collection: Collection): Promise<{ [id: string]: unknown }> {
  const { points: found } = await collection.scroll({ limit: 100, with_vector: true, with_payload: false });
  return Object.fromEntries(found.map(({ id, vector }) => [id, vector]));
}

const stored = {
  1: { dense: [1, 2], tokens, words },
  2: { tokens: [[2, 2]] },
  3: { words: { indices: [3, 4_294_967_295], values: [1, 1] }, plain: { indices: [], values: [] } },
  4: {},
};

async function answers(collection: Collection) {
  const ask = async (using: string, query: VectorInput) =>
    (await collection.query({ using, query: query as number[], limit: 10 })).map(({ id, score }) => [
      id,
      score,
    ]);
  return {
    dense: await ask('dense', [1, 1]),
    tokens: await ask('tokens', [
      [1, 0],
      [0, 3],
    ]),
    words: await ask('words', { indices: [3], values: [1] } as never),
    plain: await ask('plain', { indices: [1], values: [1] } as never),
  };
}

describe('vectors of every kind', () => {
  test('are found and had back, also after the store was closed and opened', async () => {
    const collection = await store.createCollection('c', kinds);
    await collection.upsert(points);
    const idf = Math.log(0.5 / 2.5 + 1);
    const expected = {
      dense: [[1, 1]],
      tokens: [
        [2, 8],
        [1, 4],
      ],
      words: [
        [3, expect.closeTo(idf, 5)],
        [1, expect.closeTo(idf / 2, 5)],
      ],
      plain: [],
    };
    expect(await vectorsOf(collection)).toEqual(stored);
    expect(await answers(collection)).toEqual(expected);
    const again = await reopened();
    expect(await vectorsOf(again)).toEqual(stored);
    expect(await answers(again)).toEqual(expected);
    await again.upsert([{ id: 9, vector: { tokens: [[9, 9]] } }]);
    await again.delete({ points: [2] });
    await store.close();
    // Without its snapshots everything is made again from the tables.
    for (const file of await readdir(await folder()))
      if (file.endsWith('.snapshot')) await rm(join(await folder(), file));
    const rebuilt = (await openStore()).collection('c');
    expect((await answers(rebuilt)).tokens).toEqual([
      [9, 36],
      [1, 4],
    ]);
    expect(warnings.map(({ details }) => details?.vector)).toEqual(['dense', 'tokens']);
  });

  test('are told with their parameters, and counted', async () => {
    const collection = await store.createCollection('c', kinds);
    await collection.upsert(points);
    await collection.settled();
    const info = collection.info();
    expect(info.config.params).toMatchObject(kinds);
    expect(info.indexed_vectors_count).toBe(1 + 2 + 2 + 1);
    expect(info.status).toBe('green');
  });

  test.each<[string, CreateCollection]>([
    ['none', {}],
    ['sparse ones only', { sparse_vectors: { words: {} } }],
  ])('a collection may have %s', async (_what, config) => {
    const collection = await store.createCollection('c', config);
    await collection.upsert([{ id: 1, vector: {}, payload: { a: 1 } }]);
    expect(collection.info().config.params.vectors).toEqual({});
    expect((await (await reopened()).scroll({ with_vector: true })).points).toMatchObject([
      { id: 1, payload: { a: 1 } },
    ]);
  });

  test.each<[string, unknown, string, string]>([
    ['no tokens', { tokens: [] }, 'INVALID_ARGUMENT', 'points[0].vector.tokens: expected at least one'],
    [
      'too many tokens',
      { tokens: Array(524_288).fill([1, 1]) },
      'INVALID_ARGUMENT',
      'too many for one point',
    ],
    ['a short token', { tokens: [[1, 1], [1]] }, 'DIMENSION_MISMATCH', 'points[0].vector.tokens[1] has 1'],
    ['NaN in a token', { tokens: [[1, Number.NaN]] }, 'NON_FINITE', 'points[0].vector.tokens[0][1] is NaN'],
    ['numbers among tokens', { tokens: [[1, 1], 7] }, 'INVALID_ARGUMENT', 'points[0].vector.tokens[1]'],
    ['several dense', { dense: [[1, 1]] }, 'INVALID_ARGUMENT', 'got several vectors'],
    ['sparse as dense', { dense: words }, 'INVALID_ARGUMENT', 'got a sparse vector'],
    ['dense as sparse', { words: [1, 2] }, 'INVALID_ARGUMENT', 'points[0].vector.words: expected a sparse'],
    [
      'an index twice',
      { words: { indices: [5, 5], values: [1, 2] } },
      'INVALID_ARGUMENT',
      '5 is there twice',
    ],
    ['a negative index', { words: { indices: [-5], values: [1] } }, 'INVALID_ARGUMENT', 'indices[0]'],
    ['too few values', { words: { indices: [5, 6], values: [1] } }, 'INVALID_ARGUMENT', 'words.values'],
    ['an infinite value', { words: { indices: [5], values: [1e39] } }, 'NON_FINITE', 'words.values[0]'],
    ['an unknown name', { other: [1] }, 'INVALID_ARGUMENT', 'no vector named "other"'],
  ])('%s: nothing is stored', async (_what, vector, code, message) => {
    const collection = await store.createCollection('c', kinds);
    const bad = { id: 1, vector: vector as VectorInput };
    await expect(collection.upsert([bad, { id: 2, vector: {} }])).rejects.toThrow(coded(code, message));
    await collection.upsert([{ id: 1, vector: {} }]);
    await expect(collection.updateVectors([bad])).rejects.toThrow(coded(code, message));
    expect(await vectorsOf(collection)).toEqual({ 1: {} });
  });

  test('are kept in their datatype', async () => {
    const half = { distance: 'Dot', datatype: 'float16' } as const;
    const byte = { distance: 'Cosine', datatype: 'uint8' } as const;
    const multivector_config = { comparator: 'max_sim' } as const;
    const collection = await store.createCollection('c', {
      vectors: {
        half: { size: 2, ...half },
        byte: { size: 3, ...byte },
        bytes: { size: 3, ...byte, multivector_config },
        turbo: { size: 2, distance: 'Dot', datatype: 'turbo4' },
      },
    });
    const given = { half: [1.0001, 1000.3], byte: [3.9, -4, 300], bytes: [[3, 4, 0.9]], turbo: [0.1, 0.2] };
    const kept = {
      half: [1, 1000.5],
      byte: [3, 0, 255],
      bytes: [[3, 4, 0]],
      turbo: [Math.fround(0.1), Math.fround(0.2)],
    };
    await collection.upsert([{ id: 1, vector: given }]);
    expect(await vectorsOf(collection)).toEqual({ 1: kept });
    const hits = await collection.query({ query: [3.5, 4.5, 0], using: 'bytes' });
    expect(hits[0]!.score).toBeCloseTo(1, 6);
    const again = await reopened();
    expect(await vectorsOf(again)).toEqual({ 1: kept });
    expect(again.info().config.params.vectors).toMatchObject({ turbo: { datatype: 'turbo4' } });
    await expect(again.upsert([{ id: 1, vector: { half: [70_000, 0] } }])).rejects.toThrow(
      coded('NON_FINITE', 'points[0].vector.half[0] is 70000, which does not fit float16'),
    );
    await expect(again.upsert([{ id: 1, vector: { byte: [0.5, -1, 0] } }])).rejects.toThrow(
      coded('ZERO_VECTOR', 'once it is kept as uint8'),
    );
  });

  test('a collection of the first format opens', async () => {
    await store.createCollection('c', {
      vectors: { a: { size: 2, distance: 'Dot' }, b: { size: 1, distance: 'Dot' } },
    });
    await store.collection('c').upsert([{ id: 1, vector: { a: [1, 2], b: [3] } }]);
    await store.close();
    const file = join(await folder(), 'collection.json');
    const manifest = JSON.parse(await readFile(file, 'utf8'));
    for (const spec of manifest.vectors) {
      delete spec.kind;
      delete spec.slot;
      delete spec.params;
    }
    await writeFile(file, JSON.stringify(manifest));
    const collection = (await openStore()).collection('c');
    expect(await vectorsOf(collection)).toEqual({ 1: { a: [1, 2], b: [3] } });
    expect(collection.info().config.params.vectors).toEqual({
      a: { size: 2, distance: 'Dot' },
      b: { size: 1, distance: 'Dot' },
    });
    expect(warnings).toEqual([]);
  });
});

describe('the vectors of a living collection', () => {
  const dense = { dense: { size: 2, distance: 'Dot' } } as const;

  test('come and go, and a name may be used again', async () => {
    let collection = await store.createCollection('c', { vectors: { a: { size: 2, distance: 'Dot' } } });
    await collection.upsert([{ id: 1, vector: { a: [1, 1] } }]);
    await collection.createVectorName('b', dense);
    await collection.createVectorName('s', { sparse: {} });
    await collection.updateVectors([{ id: 1, vector: { b: [2, 2], s: words } }]);
    await collection.deleteVectorName('a');
    await collection.createVectorName('a', { dense: { size: 3, distance: 'Euclid' } });
    expect(await vectorsOf(collection)).toEqual({ 1: { b: [2, 2], s: words } });
    collection = await reopened();
    expect(await vectorsOf(collection)).toEqual({ 1: { b: [2, 2], s: words } });
    await collection.updateVectors([{ id: 1, vector: { a: [1, 2, 3] } }]);
    await collection.deleteVectorName('b');
    await collection.deleteVectorName('s');
    collection = await reopened();
    expect(await vectorsOf(collection)).toEqual({ 1: { a: [1, 2, 3] } });
    await expect(collection.upsert([{ id: 1, vector: { b: [1, 1] } }])).rejects.toThrow(
      coded('INVALID_ARGUMENT', 'no vector named "b"'),
    );
    await expect(collection.query({ query: [1, 1], using: 'b' })).rejects.toThrow(coded('INVALID_ARGUMENT'));
    expect(warnings).toEqual([]);
    expect((await readdir(await folder())).filter((name) => name.endsWith('.snapshot'))).toHaveLength(1);
  });

  test('what an interrupted change leaves over is not taken for a vector', async () => {
    const collection = await store.createCollection('c', { vectors: { a: { size: 2, distance: 'Dot' } } });
    await collection.createVectorName('b', dense);
    await collection.upsert([{ id: 1, vector: { a: [1, 1], b: [2, 2] } }]);
    await store.close();
    // As if the process had ended between the manifest and the table.
    const file = join(await folder(), 'collection.json');
    const manifest = JSON.parse(await readFile(file, 'utf8'));
    manifest.vectors.pop();
    await writeFile(file, JSON.stringify(manifest));
    const again = (await openStore()).collection('c');
    expect(await vectorsOf(again)).toEqual({ 1: { a: [1, 1] } });
    await again.createVectorName('new', dense);
    expect(await vectorsOf(again)).toEqual({ 1: { a: [1, 1] } });
    await again.updateVectors([{ id: 1, vector: { new: [7, 7] } }]);
    expect(await vectorsOf(await reopened())).toEqual({ 1: { a: [1, 1], new: [7, 7] } });
    expect(warnings).toEqual([]);
  });

  test('a write that waits for a change is refused when its vector is gone', async () => {
    const collection = await store.createCollection('c', {
      vectors: { a: { size: 2, distance: 'Dot' }, b: { size: 2, distance: 'Dot' } },
    });
    const [deleted, put, update, other] = await Promise.allSettled([
      collection.deleteVectorName('b'),
      collection.upsert([{ id: 1, vector: { b: [1, 1] } }]),
      collection.deleteVectors(['b'], { points: [] }),
      collection.upsert([{ id: 2, vector: { a: [1, 1] } }]),
    ]);
    expect(deleted.status).toBe('fulfilled');
    expect(put).toMatchObject({ reason: { code: 'INVALID_ARGUMENT' } });
    expect(update).toMatchObject({ reason: { code: 'INVALID_ARGUMENT' } });
    expect(other.status).toBe('fulfilled');
    expect(await vectorsOf(collection)).toEqual({ 2: { a: [1, 1] } });
  });
});

describe('batches of updates', () => {
  test('see what those before them did, and keep their versions apart', async () => {
    const collection = await store.createCollection('c', kinds);
    const results = await collection.batchUpdate([
      { upsert: { points } },
      { update_vectors: { points: [{ id: 4, vector: { dense: [5, 5] } }] } },
      { delete_vectors: { points: [1], vector: ['dense', 'words'] } },
      { set_payload: { payload: { seen: true }, filter: { must: [{ has_id: [1, 4] }] } } },
      {
        upsert: {
          points: [{ id: 2, vector: {} }],
          update_filter: { must: [{ key: 'seen', match: { value: true } }] },
        },
      },
    ]);
    const numbers = results.map(({ operation_id }) => operation_id);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(new Set(numbers).size).toBe(5);
    expect(await vectorsOf(collection)).toEqual({
      ...stored,
      1: { tokens },
      4: { dense: [5, 5] },
    });
    expect(await collection.count({ filter: { must: [{ key: 'seen', match: { value: true } }] } })).toBe(2);
  });

  test.each<[string, unknown, string]>([
    ['no list', {}, 'expected a list of operations'],
    ['an unknown one', [{ drop: {} }], 'operations[0]: expected one of upsert'],
    ['two in one', [{ delete: { points: [] }, upsert: { points: [] } }], 'operations[0]'],
    ['an inherited name', [{ constructor: {} }], 'operations[0]'],
    ['nothing inside', [{ upsert: null }], 'operations[0].upsert: expected an object'],
    ['an unknown mode', [{ upsert: { points: [], update_mode: 'replace' } }], 'update_mode'],
  ])('%s is refused', async (_what, operations, message) => {
    const collection = await store.createCollection('c', kinds);
    await expect(collection.batchUpdate(operations as never)).rejects.toThrow(
      coded('INVALID_ARGUMENT', message),
    );
  });
});
