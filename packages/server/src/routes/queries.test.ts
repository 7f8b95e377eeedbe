import { FletchError } from '@fletch/base';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEncoders } from '../encoders.js';
import { type Ask, fillCities, testApp, wordEncoder } from '../testing/setup.case.js';

let ask: Ask;
beforeEach(async () => {
  ({ ask } = await testApp());
  await fillCities(ask);
});
const path = '/collections/cities/points';
const error = (words: string) => ({ status: { error: expect.stringContaining(words) } });
const first = (answer: { body: { result: { points: { id: unknown }[] } } }) =>
  answer.body.result.points[0]?.id;

describe('query', () => {
  it('takes a vector, an id, a nearest object, a text, or nothing', async () => {
    for (const [query, id] of [
      [[0, 0, 0, 2], 4],
      [5, 2],
      [{ nearest: [0, 0, 1, 0] }, 3],
      [{ nearest: 5 }, 2],
      [{ text: 'sad' }, 1],
      [{ nearest: { text: 'some water', model: 'other' } }, 4],
      [undefined, 1],
      [null, 1],
    ] as const)
      expect(first(await ask('POST', `${path}/query`, { query, limit: 1 }))).toBe(id);
  });

  it('returns scores and versions, and payload and vector only when asked', async () => {
    const { points } = (await ask('POST', `${path}/query`, { query: [1, 0, 0, 0], limit: 1 })).body.result;
    expect(points).toEqual([{ id: 1, version: expect.any(Number), score: 1 }]);
  });

  it('refuses what it cannot do yet, by name', async () => {
    const cases: [object, string][] = [
      [{ prefetch: [{ query: [1, 0, 0, 0] }] }, 'prefetch: `prefetch` is not supported yet'],
      [{ query: { recommend: { positive: [1] } } }, 'query: the query `recommend` is not supported yet'],
      [{ query: { fusion: 'rrf' } }, 'query: the query `fusion` is not supported yet'],
      [{ query: { indices: [1], values: [1] } }, 'query: expected an array of numbers, got a sparse vector'],
      [{ query: { nearest: [1, 0, 0, 0], mmr: { diversity: 0.5 } } }, 'query.mmr'],
      [{ lookup_from: { collection: 'a' } }, '`lookup_from`'],
    ];
    for (const [body, words] of cases)
      expect(await ask('POST', `${path}/query`, body)).toMatchObject({ status: 400, body: error(words) });
  });

  it('says what is wrong with a query', async () => {
    const cases: [object, number, string][] = [
      [{ query: [1, 0, 0] }, 400, 'expected dim: 4, got 3'],
      [{ query: 77 }, 404, '77'],
      [{ query: 'abc' }, 400, 'query: expected an unsigned integer'],
      [{ query: true }, 400, 'query: expected a vector, a point id or {"text": …}, got a boolean'],
      [{ query: { text: 5 } }, 400, 'query.text: expected string'],
      [{ query: { nearest: [1, 'a'] } }, 400, 'query.nearest[1]: expected a number, got a string'],
      [
        { query: { text: 'x', model: '../up' } },
        400,
        'The encoder `../up` is not enabled on this server. Enabled: `words`, `other`.',
      ],
      [{ query: [1, 0, 0, 0], limit: 0 }, 422, 'Validation error in JSON body: [limit: must be 1 or larger]'],
      [{ query: [1, 0, 0, 0], offset: -1 }, 422, 'offset'],
      [{ query: [1, 0, 0, 0], params: { hnsw_ef: 0 } }, 422, 'params.hnsw_ef'],
      [{ query: [1, 0, 0, 0], score_threshold: 'high' }, 400, 'score_threshold'],
    ];
    for (const [body, status, words] of cases)
      expect(await ask('POST', `${path}/query`, body), words).toMatchObject({ status, body: error(words) });
  });

  it('asks for a model where the collection has no encoder', async () => {
    await ask('PUT', '/collections/plain', { vectors: { size: 4, distance: 'Dot' } });
    expect(await ask('POST', '/collections/plain/points/query', { query: { text: 'sad' } })).toMatchObject({
      status: 400,
      body: error('Collection `plain` has no encoder of its own'),
    });
  });

  it('names the encoder whose dimension does not fit', async () => {
    await ask('PUT', '/collections/wide', { vectors: { size: 9, distance: 'Dot' } });
    expect(
      await ask('POST', '/collections/wide/points/query', { query: { text: 'sad', model: 'words' } }),
    ).toMatchObject({ status: 400, body: error('the encoder `words` does not fit this collection') });
    const points = [{ id: 1, vector: { text: 'sad', model: 'words' } }];
    expect(await ask('PUT', '/collections/wide/points', { points })).toMatchObject({
      status: 400,
      body: error('the encoder `words` does not fit'),
    });
  });
});

describe('filters', () => {
  const cases: [unknown, string][] = [
    [{ must: [{ key: 'a' }] }, 'filter.must[0]: expected one of `match`, `range`'],
    [{ must: [{ key: 'a', match: {} }] }, 'filter.must[0].match: expected one of `value`'],
    [{ must: [{ key: 'a', match: { value: 1.5 } }] }, 'filter.must[0].match.value'],
    [{ must: [{ key: 'a', match: { any: ['x', 1] } }] }, 'filter.must[0].match.any[1]'],
    [
      { must: [{ key: 'a', match: { any: 'x' } }] },
      'filter.must[0].match.any: expected an array, got a string',
    ],
    [{ must: [{ key: 5, match: { value: 1 } }] }, 'filter.must[0].key'],
    [{ should: { must: [{ has_id: [1, -4] }] } }, 'filter.should.must[0].has_id[1]'],
    [{ must: [{ key: 'a', range: { gt: 'x' } }] }, 'filter.must[0].range.gt'],
    [{ must: [{ key: 'a', range: { over: 3 } }] }, 'filter.must[0].range: unknown field `over`'],
    [{ must: [{ is_empty: 'a' }] }, 'filter.must[0].is_empty'],
    [{ mustt: [] }, 'filter: unknown field `mustt`'],
    [{ must: [{ colour: 'red' }] }, 'filter.must[0]: expected a condition'],
    [{ must: ['a'] }, 'filter.must[0]: expected a condition'],
    [{ must: [{ nested: { key: 'a', filter: {} } }] }, 'the condition `nested` is not supported yet'],
    [
      { min_should: { conditions: [], min_count: 1 } },
      'filter: the condition `min_should` is not supported yet',
    ],
    [{ must: [{ key: 'a', geo_radius: {} }] }, 'the condition `geo_radius` is not supported yet'],
    [[], 'filter: expected a filter object, got an array'],
  ];
  it.each(cases)('%j is refused with its place', async (filter, words) => {
    expect(await ask('POST', `${path}/query`, { filter })).toMatchObject({ status: 400, body: error(words) });
  });

  it('understands both ways to write is_empty and is_null', async () => {
    const count = async (condition: object) =>
      (await ask('POST', `${path}/count`, { filter: { must: condition } })).body.result.count;
    expect(await count({ key: 'tags', is_empty: true })).toBe(await count({ is_empty: { key: 'tags' } }));
    expect(await count({ key: 'tags', is_empty: false })).toBe(2);
    expect(await count({ key: 'note', is_null: true })).toBe(1);
    expect(await count({ key: 'note', is_null: false })).toBe(5);
  });

  it('takes an empty filter for every point', async () => {
    expect((await ask('POST', `${path}/count`, { filter: {} })).body.result.count).toBe(6);
    expect(
      (await ask('POST', `${path}/count`, { filter: { must: [], should: null } })).body.result.count,
    ).toBe(6);
  });
});

describe('batches, and the older search', () => {
  it('answers in order', async () => {
    const searches = [
      { query: [0, 1, 0, 0], limit: 1 },
      { query: { text: 'water' }, limit: 1 },
    ];
    const { result } = (await ask('POST', `${path}/query/batch`, { searches })).body;
    expect(result.map(({ points }: { points: { id: number }[] }) => points[0]!.id)).toEqual([2, 4]);
  });

  it('names the query of a batch that failed', async () => {
    const searches = [{ query: [0, 1, 0, 0] }, { query: [0, 1] }];
    const answer = await ask('POST', `${path}/query/batch`, { searches });
    expect(answer).toMatchObject({ status: 400, body: error('searches[1]: ') });
    expect(answer).toMatchObject({ body: error('expected dim: 4, got 2') });
  });

  it('searches as older clients do', async () => {
    const one = { vector: [1, 0, 0, 0], limit: 2, with_payload: true };
    const { result } = (await ask('POST', `${path}/search`, one)).body;
    expect(result).toMatchObject([{ id: 1, payload: { city: 'London' } }, { id: 5 }]);
    const batch = (await ask('POST', `${path}/search/batch`, { searches: [one, one] })).body.result;
    expect(batch).toEqual([result, result]);
    expect(await ask('POST', `${path}/search`, { vector: [1, 0, 0, 0] })).toMatchObject({
      status: 400,
      body: error('limit'),
    });
    expect(await ask('POST', `${path}/search`, { limit: 3 })).toMatchObject({
      status: 400,
      body: error('vector: expected an array of numbers, got nothing'),
    });
  });
});

describe('facet', () => {
  it('counts values under a filter', async () => {
    await ask('PUT', '/collections/cities/index', { field_name: 'city', field_schema: 'keyword' });
    const filter = { must_not: [{ has_id: [1] }] };
    const { hits } = (await ask('POST', '/collections/cities/facet', { key: 'city', filter })).body.result;
    expect(hits).toHaveLength(4);
    expect(hits).toContainEqual({ value: 'London', count: 1 });
    expect((await ask('POST', '/collections/cities/facet', {})).status).toBe(400);
  });
});

describe('encoders', () => {
  it('are loaded once and asked once for the same text', async () => {
    let made = 0;
    const encoder = wordEncoder('words');
    const encoders = createEncoders({
      create: async () => {
        made++;
        return encoder;
      },
      allow: ['words'],
      remember: 2,
    });
    const { ask } = await testApp({ encoders });
    await fillCities(ask);
    const search = (text: string) => ask('POST', `${path}/query`, { query: { text }, limit: 1 });
    await Promise.all([search('sad'), search('happy')]);
    await search('sad');
    expect([made, encoder.calls]).toEqual([1, 2]);
    await search('stone');
    await search('happy');
    expect(encoder.calls).toBe(4);
  });

  it('may fail and be tried again', async () => {
    let broken = true;
    const encoders = createEncoders({
      create: async (name) => {
        if (broken) throw new FletchError('UNAVAILABLE', 'The weights are missing.');
        return wordEncoder(name);
      },
      allow: ['words'],
    });
    const { ask } = await testApp({ encoders });
    await fillCities(ask);
    const search = () => ask('POST', `${path}/query`, { query: { text: 'sad' } });
    expect(await search()).toMatchObject({ status: 503, body: error('The weights are missing.') });
    broken = false;
    expect((await search()).status).toBe(200);
  });
});
