import { beforeEach, describe, expect, it } from 'vitest';
import { type Ask, testApp } from '../testing/setup.case.js';

let ask: Ask;
const collection = '/collections/kinds';
const path = `${collection}/points`;
const error = (words: string) => ({ status: { error: expect.stringContaining(words) } });

const sparse = { indices: [7, 3], values: [0.5, 2] };
const tokens = [
  [1, 0],
  [0, 1],
  [0.5, 0.5],
];

beforeEach(async () => {
  ({ ask } = await testApp());
  await ask('PUT', collection, {
    vectors: {
      '': { size: 4, distance: 'Dot' },
      tokens: { size: 2, distance: 'Dot', multivector_config: { comparator: 'max_sim' } },
    },
    sparse_vectors: { words: { modifier: 'idf' } },
    metadata: { fletch: { encoder: 'words' } },
  });
  const points = [
    { id: 1, vector: { '': [1, 0, 0, 0], words: sparse, tokens }, payload: { n: 1 } },
    { id: 2, vector: [0, 1, 0, 0], payload: { n: 2 } },
    { id: 3, vector: { words: { indices: [3], values: [1] } } },
    { id: 4, vector: {} },
  ];
  expect((await ask('PUT', path, { points })).status).toBe(200);
});

async function vectors(ids: number[], which: boolean | string[] = true) {
  const { result } = (await ask('POST', path, { ids, with_vector: which })).body;
  return Object.fromEntries(result.map(({ id, vector }: { id: number; vector: unknown }) => [id, vector]));
}

async function payload(id: number) {
  return (await ask('GET', `${path}/${id}`)).body.result?.payload;
}

describe('vectors of every kind', () => {
  it('are told by the collection', async () => {
    const { params } = (await ask('GET', collection)).body.result.config;
    expect(params).toMatchObject({
      vectors: {
        '': { size: 4, distance: 'Dot' },
        tokens: { size: 2, distance: 'Dot', multivector_config: { comparator: 'max_sim' } },
      },
      sparse_vectors: { words: { modifier: 'idf' } },
    });
  });

  it('come back as they were given, whole or by name', async () => {
    const words = { indices: [3, 7], values: [2, 0.5] };
    expect(await vectors([1, 2, 3, 4])).toEqual({
      1: { '': [1, 0, 0, 0], words, tokens },
      2: [0, 1, 0, 0],
      3: { words: { indices: [3], values: [1] } },
      4: {},
    });
    expect(await vectors([1, 2], ['words'])).toEqual({ 1: { words }, 2: {} });
    expect(await ask('POST', path, { ids: [1], with_vectors: ['nope'] })).toMatchObject({
      status: 400,
      body: error('Not existing vector name error: nope'),
    });
    const scrolled = (await ask('POST', `${path}/scroll`, { limit: 1, with_vector: ['tokens'] })).body.result;
    expect(scrolled.points[0].vector).toEqual({ tokens });
  });

  it('are found', async () => {
    const query = async (body: object) =>
      (await ask('POST', `${path}/query`, body)).body.result.points.map(
        ({ id, score }: { id: number; score: number }) => [id, score],
      );
    // Point 1 and 3 have term 3: ln((2 − 2 + ½) / (2 + ½) + 1).
    const idf = Math.log(0.5 / 2.5 + 1);
    expect(await query({ query: { indices: [3], values: [1] }, using: 'words' })).toEqual([
      [1, expect.closeTo(2 * idf, 5)],
      [3, expect.closeTo(idf, 5)],
    ]);
    expect(await query({ query: { indices: [9], values: [1] }, using: 'words' })).toEqual([]);
    expect(
      await query({
        query: [
          [2, 0],
          [0, 4],
        ],
        using: 'tokens',
      }),
    ).toEqual([[1, 6]]);
    expect(await query({ query: [2, 1], using: 'tokens' })).toEqual([[1, 2]]);
    expect(await ask('POST', `${path}/query`, { query: [1, 2, 3], using: 'tokens' })).toMatchObject({
      status: 400,
      body: error('Vector dimension error: expected dim: 2, got 3'),
    });
  });

  it('are checked, and nothing of a bad batch is stored', async () => {
    const cases: [unknown, number, string][] = [
      [
        { words: { indices: [1, 2], values: [1] } },
        422,
        'points[1].vector.words.values: must be the same length',
      ],
      [{ words: { indices: [1, 1], values: [1, 2] } }, 422, 'points[1].vector.words.indices: must be unique'],
      [{ words: { indices: [-1], values: [1] } }, 400, 'points[1].vector.words.indices[0]'],
      [{ words: { indices: [2 ** 32], values: [1] } }, 400, 'points[1].vector.words.indices[0]'],
      [{ words: [1, 2] }, 400, 'points[1].vector.words: expected a sparse vector'],
      [{ tokens: [] }, 422, 'points[1].vector.tokens'],
      [{ tokens: [[1, 2], []] }, 422, 'points[1].vector.tokens[1]'],
      [
        { tokens: [[1, 2], [1]] },
        422,
        'points[1].vector.tokens[1]: all vectors must have the same dimension',
      ],
      [{ tokens: [[1, 2, 3]] }, 400, 'Vector dimension error: expected dim: 2, got 3'],
      [{ tokens: [[1, 'x']] }, 400, 'points[1].vector.tokens[0][1]: expected a number'],
      [{ tokens: sparse }, 400, 'expected a list of vectors, got a sparse vector'],
      [{ other: [1] }, 400, 'Not existing vector name error: other'],
      [[], 422, 'points[1].vector: expected at least one number'],
    ];
    const good = { id: 20, vector: [1, 0, 0, 0] };
    for (const [vector, status, words] of cases)
      expect(await ask('PUT', path, { points: [good, { id: 21, vector }] }), words).toMatchObject({
        status,
        body: error(words),
      });
    expect(await vectors([20, 21])).toEqual({});
  });

  it('are taken in columns, with texts among them', async () => {
    const batch = {
      ids: [5, 6],
      vectors: {
        '': [{ text: 'sad' }, [0, 0, 0, 2]],
        words: [sparse, { indices: [], values: [] }],
        tokens: [[[1, 1]], tokens],
      },
    };
    expect((await ask('PUT', path, { batch })).status).toBe(200);
    expect(await vectors([5, 6])).toEqual({
      5: { '': [1, 0, 0, 0], words: { indices: [3, 7], values: [2, 0.5] }, tokens: [[1, 1]] },
      6: { '': [0, 0, 0, 2], words: { indices: [], values: [] }, tokens },
    });
  });
});

describe('conditional upserts', () => {
  const put = (body: object) => ask('PUT', path, body);

  it('insert only, or update only', async () => {
    const points = [
      { id: 1, vector: [9, 9, 9, 9], payload: { new: true } },
      { id: 50, vector: [5, 0, 0, 0], payload: { new: true } },
      { id: 50, vector: [6, 0, 0, 0], payload: { new: true } },
    ];
    await put({ points, update_mode: 'insert_only' });
    expect(await payload(1)).toEqual({ n: 1 });
    expect(await vectors([50])).toEqual({ 50: [6, 0, 0, 0] });
    await put({ points: [...points, { id: 51, vector: {} }], update_mode: 'update_only' });
    expect(await payload(1)).toEqual({ new: true });
    expect(await vectors([1, 51])).toEqual({ 1: [9, 9, 9, 9] });
  });

  it('replace only what matches a filter', async () => {
    const update_filter = { must: [{ key: 'n', range: { gte: 2 } }] };
    const points = [1, 2, 60].map((id) => ({ id, vector: {}, payload: { n: 9 } }));
    await put({ points, update_filter });
    expect([await payload(1), await payload(2), await payload(60)]).toEqual([{ n: 1 }, { n: 9 }, { n: 9 }]);
    await put({
      points: [1, 2, 61].map((id) => ({ id, vector: {}, payload: { n: 10 } })),
      update_filter,
      update_mode: 'update_only',
    });
    expect([await payload(1), await payload(2), await payload(61)]).toEqual([{ n: 1 }, { n: 10 }, undefined]);
  });
});

describe('updating vectors', () => {
  it('leaves the others as they are, and joins entries of one point', async () => {
    const points = [
      { id: 1, vector: { words: { indices: [1], values: [1] } } },
      { id: 1, vector: { tokens: [[3, 3]] } },
      { id: 2, vectors: { tokens: [[4, 4]] } },
      { id: 4, vector: { '': { text: 'stone' } } },
    ];
    expect((await ask('PUT', `${path}/vectors?wait=true`, { points })).body.result.status).toBe('completed');
    expect(await vectors([1, 2, 4])).toEqual({
      1: { '': [1, 0, 0, 0], words: { indices: [1], values: [1] }, tokens: [[3, 3]] },
      2: { '': [0, 1, 0, 0], tokens: [[4, 4]] },
      4: [0, 0, 1, 0],
    });
    expect(await payload(1)).toEqual({ n: 1 });
  });

  it('is only done where a filter matches', async () => {
    const points = [1, 2].map((id) => ({ id, vector: [8, 8, 8, 8] }));
    const update_filter = { must: [{ key: 'n', match: { value: 2 } }] };
    await ask('PUT', `${path}/vectors`, { points, update_filter });
    expect(await vectors([1, 2], [''])).toEqual({ 1: [1, 0, 0, 0], 2: [8, 8, 8, 8] });
  });

  it('refuses points that are not there, and changes nothing', async () => {
    const points = [1, 424242].map((id) => ({ id, vector: [8, 8, 8, 8] }));
    expect(await ask('PUT', `${path}/vectors`, { points })).toMatchObject({
      status: 404,
      body: { status: { error: 'Not found: No point with id 424242 found' } },
    });
    expect(await vectors([1], [''])).toEqual({ 1: [1, 0, 0, 0] });
    for (const [body, words] of [
      [{ points: [{ id: 1, vector: {} }] }, 'points[0].vector: must specify vectors to update for point'],
      [{ points: [] }, 'points'],
    ] as const)
      expect(await ask('PUT', `${path}/vectors`, body)).toMatchObject({ status: 422, body: error(words) });
  });

  it('removes vectors by ids and by filter, twice as well', async () => {
    const remove = (body: object) => ask('POST', `${path}/vectors/delete`, body);
    for (let i = 0; i < 2; i++)
      expect((await remove({ points: [1], vector: ['words', ''] })).status).toBe(200);
    const filter = { must: [{ key: 'n', match: { value: 2 } }] };
    expect((await remove({ filter, vectors: [''] })).status).toBe(200);
    expect(await vectors([1, 2])).toEqual({ 1: { tokens }, 2: {} });
    for (const [body, status, words] of [
      [{ points: [1], vector: ['nope'] }, 400, 'Not existing vector name error: nope'],
      [{ points: [99], vector: ['words'] }, 404, 'No point with id 99 found'],
      [{ points: [1], vector: [] }, 422, 'vector'],
      [{ vector: ['words'] }, 400, '`points`'],
    ] as const)
      expect(await remove(body)).toMatchObject({ status, body: error(words) });
  });
});

describe('several updates in one request', () => {
  const batch = (...operations: object[]) => ask('POST', `${path}/batch`, { operations });

  it('are done in their order', async () => {
    const answer = await batch(
      { upsert: { points: [{ id: 7, vector: [1, 2, 3, 4], payload: { a: 1 } }] } },
      { upsert: { batch: { ids: [8], vectors: [{ text: 'sad' }] } } },
      { delete: { points: [8] } },
      { update_vectors: { points: [{ id: 7, vector: { words: sparse } }] } },
      { set_payload: { payload: { b: 2, c: { d: 1 } }, points: [7] } },
      { set_payload: { payload: { e: 3 }, key: 'c', filter: { must: [{ key: 'b', match: { value: 2 } }] } } },
      { delete_payload: { keys: ['a'], points: [7] } },
      { overwrite_payload: { payload: { x: 1 }, points: [2] } },
      { clear_payload: { points: [1] } },
      { delete_vectors: { points: [7], vector: [''] } },
      { upsert: { points: [{ id: 1, vector: {} }], update_mode: 'insert_only' } },
    );
    expect(answer.status).toBe(200);
    expect(answer.body.result).toHaveLength(11);
    expect(await payload(7)).toEqual({ b: 2, c: { d: 1, e: 3 } });
    expect(await vectors([7, 8])).toEqual({ 7: { words: { indices: [3, 7], values: [2, 0.5] } } });
    expect([await payload(1), await payload(2)]).toEqual([{}, { x: 1 }]);
    expect((await vectors([1]))[1]).toHaveProperty('tokens');
  });

  it('stop at the first that fails, and what was done before stays', async () => {
    const answer = await batch(
      { set_payload: { payload: { first: true }, points: [1] } },
      { update_vectors: { points: [{ id: 99, vector: [1, 1, 1, 1] }] } },
      { set_payload: { payload: { last: true }, points: [1] } },
      { set_payload: { payload: { last: true }, filter: {} } },
    );
    expect(answer).toMatchObject({ status: 404, body: error('No point with id 99 found') });
    expect([await payload(1), await payload(2)]).toEqual([{ n: 1, first: true }, { n: 2 }]);
  });

  it('are checked before any is begun', async () => {
    for (const [bad, words] of [
      [{ upsert: { points: [{ id: 1, vector: [1] }] } }, 'operations[1].upsert: points[0].vector has 1'],
      [{ replace: {} }, 'operations[1]: expected one of `upsert`'],
      [{ delete: { points: [1] }, upsert: { points: [] } }, 'operations[1]: expected one of'],
      [{ delete_vectors: { points: [1], vector: ['nope'] } }, 'operations[1].delete_vectors'],
      [{ set_payload: { payload: 1, points: [1] } }, 'operations[1].set_payload.payload'],
    ] as const)
      expect(await batch({ clear_payload: { points: [1] } }, bad), words).toMatchObject({
        status: 400,
        body: error(words),
      });
    expect(await payload(1)).toEqual({ n: 1 });
    expect((await batch()).body.result).toEqual([]);
  });
});

describe('vectors of a living collection', () => {
  const name = (vector: string) => `${collection}/vectors/${vector}`;

  it('are added and removed', async () => {
    const added = await ask('PUT', name('extra'), { dense: { size: 3, distance: 'Cosine' } });
    expect(added).toMatchObject({ status: 200, body: { result: { status: 'completed' } } });
    expect((await ask('PUT', name('more'), { sparse: { modifier: 'idf' } })).status).toBe(200);
    expect((await ask('PUT', name('more'), { sparse: { modifier: 'idf' } })).status).toBe(200);
    const update = { points: [{ id: 4, vector: { extra: [0, 0, 1], more: sparse } }] };
    expect((await ask('PUT', `${path}/vectors`, update)).status).toBe(200);
    const found = await ask('POST', `${path}/query`, { query: [0, 0, 2], using: 'extra' });
    expect(found.body.result.points).toMatchObject([{ id: 4, score: 1 }]);
    const { params } = (await ask('GET', collection)).body.result.config;
    expect(params.vectors.extra).toEqual({ size: 3, distance: 'Cosine' });
    expect(params.sparse_vectors.more).toEqual({ modifier: 'idf' });

    expect((await ask('DELETE', name('extra'))).status).toBe(200);
    expect((await ask('DELETE', name('extra'))).status).toBe(200);
    expect(Object.keys((await vectors([4]))[4])).toEqual(['more']);
    expect((await ask('PUT', name('extra'), { dense: { size: 2, distance: 'Dot' } })).status).toBe(200);
    expect(await vectors([4], ['extra'])).toEqual({ 4: {} });
  });

  it('are refused when they are not sound, or another has the name', async () => {
    for (const [body, status, words] of [
      [{ dense: { size: 0, distance: 'Dot' } }, 422, 'dense.size'],
      [{ dense: { size: 65_537, distance: 'Dot' } }, 422, 'dense.size'],
      [{ dense: { size: 4 } }, 400, 'dense.distance'],
      [{ sparse: { datatype: 'turbo4' } }, 422, 'sparse vectors do not support the `turbo4` datatype'],
      [{}, 400, 'expected {"dense"'],
    ] as const)
      expect(await ask('PUT', name('new'), body), words).toMatchObject({ status, body: error(words) });
    for (const [vector, body, words] of [
      ['words', { dense: { size: 4, distance: 'Dot' } }, 'already exists as a sparse vector'],
      ['words', { sparse: {} }, 'already exists with a different configuration'],
      ['tokens', { dense: { size: 2, distance: 'Dot' } }, 'already exists with a different configuration'],
      ['tokens', { sparse: {} }, 'already exists as a dense vector'],
      ['a%3Ab', { sparse: {} }, 'A vector cannot be called "a:b"'],
    ] as const)
      expect(await ask('PUT', name(vector), body), words).toMatchObject({ status: 400, body: error(words) });
    expect((await ask('PUT', name('n'.repeat(201)), { sparse: {} })).status).toBe(400);
    expect((await ask('PUT', '/collections/none/vectors/a', { sparse: {} })).status).toBe(404);
  });
});
