import { beforeEach, describe, expect, it } from 'vitest';
import { type Ask, fillCities, testApp } from '../testing/setup.case.js';

let ask: Ask;
beforeEach(async () => {
  ({ ask } = await testApp());
  await fillCities(ask);
});
const path = '/collections/cities/points';
const error = (words: string) => ({ status: { error: expect.stringContaining(words) } });

describe('filters', () => {
  const malformed: [unknown, string][] = [
    [{ must: [{ key: 'a', match: {} }] }, 'filter.must[0].match: expected exactly one of value, any'],
    [{ must: [{ key: 'a', match: { value: 1.5 } }] }, 'filter.must[0].match.value'],
    [{ must: [{ key: 'a', match: { any: ['x', 1] } }] }, 'filter.must[0].match.any[1]'],
    [{ must: [{ key: 'a', match: { any: 'x' } }] }, 'filter.must[0].match.any: expected a list'],
    [{ must: [{ key: 5, match: { value: 1 } }] }, 'filter.must[0].key'],
    [{ should: { must: [{ has_id: [1, -4] }] } }, 'filter.should.must[0].has_id[1]'],
    [{ must: [{ key: 'a', range: { gt: 'x' } }] }, 'filter.must[0].range.gt: "x" is not a date as RFC 3339'],
    [{ must: [{ key: 'a', range: { over: 3 } }] }, 'filter.must[0].range.over: unknown key'],
    [{ must: [{ is_empty: 'a' }] }, 'filter.must[0].is_empty'],
    [{ mustt: [] }, 'filter.mustt: unknown key; known are must, should, must_not, min_should'],
    [{ must: [{ colour: 'red' }] }, 'filter.must[0]: expected a condition'],
    [{ must: ['a'] }, 'filter.must[0]: expected a condition'],
    [{ must: [{ nested: { key: 'a', filter: [] } }] }, 'filter.must[0].nested.filter: expected an object'],
    [{ min_should: { conditions: [] } }, 'filter.min_should.min_count: expected an unsigned integer'],
    [{ must: [{ key: 'a', geo_radius: {} }] }, 'filter.must[0].geo_radius.center: expected an object'],
    [[], 'filter: expected an object, got []'],
    [JSON.parse(`${'{"must":'.repeat(40)}{}${'}'.repeat(40)}`), 'filters may be nested 32 deep'],
  ];
  it.each(malformed)('%j is refused with its place', async (filter, words) => {
    for (const route of ['query', 'scroll', 'count', 'delete'])
      expect(await ask('POST', `${path}/${route}`, { filter })).toMatchObject({
        status: 400,
        body: error(words),
      });
  });

  const invalid: [unknown, string][] = [
    [{ must: [{ key: 'a' }] }, 'filter.must[0]: at least one of match, range'],
    [{ min_should: { conditions: [], min_count: 0 } }, 'filter.min_should.min_count: must be greater than 0'],
    [{ must: { slice: { index: 3, total: 3 } } }, 'filter.must.slice: the index of a slice must be less'],
  ];
  it.each(invalid)('%j is not valid', async (filter, words) => {
    expect(await ask('POST', `${path}/scroll`, { filter })).toMatchObject({
      status: 422,
      body: error(`Validation error in JSON body: [${words}`),
    });
  });

  const counts: [object, number][] = [
    [{ key: 'tags', is_empty: true }, 4],
    [{ is_empty: { key: 'tags' } }, 4],
    [{ key: 'tags', is_empty: false }, 2],
    [{ key: 'note', is_null: true }, 1],
    [{ key: 'note', is_null: false }, 5],
    [{ key: 'tags', values_count: { lt: 1 } }, 4],
    [{ key: 'tags', values_count: { gte: 2 } }, 1],
    [{ key: 'city', match: { prefix: 'Lon' } }, 2],
    [{ key: 'city', match: { text_any: 'Par Ber' } }, 2],
    [{ key: 'city', match: { value: 'Rome' }, range: null }, 1],
    [{ key: 'city', match: { value: 'Rome' }, values_count: { gt: 5 } }, 0],
    [{ has_vector: '' }, 6],
    [{ has_vector: 'none' }, 0],
    [{ must: [] }, 6],
    [{}, 6],
  ];
  it.each(counts)('%j holds of %i points', async (condition, count) => {
    const filter = { must: condition };
    expect((await ask('POST', `${path}/count`, { filter })).body.result).toEqual({ count });
    expect((await ask('POST', `${path}/scroll`, { filter })).body.result.points).toHaveLength(count);
  });

  it('of nothing take every point', async () => {
    for (const filter of [{}, { must: [], should: null }, null])
      expect((await ask('POST', `${path}/count`, { filter })).body.result.count).toBe(6);
  });
});

describe('facets', () => {
  const facet = '/collections/cities/facet';
  it('count values under a filter', async () => {
    await ask('PUT', '/collections/cities/index', { field_name: 'city', field_schema: 'keyword' });
    const filter = { must_not: [{ has_id: [1] }] };
    const { hits } = (await ask('POST', facet, { key: 'city', filter })).body.result;
    expect(hits).toEqual(['Berlin', 'London', 'Paris', 'Rome'].map((value) => ({ value, count: 1 })));
    expect((await ask('POST', facet, {})).status).toBe(400);
    expect((await ask('POST', facet, { key: 'city', limit: 0 })).status).toBe(422);
  });

  it('need an index that knows values', async () => {
    expect(await ask('POST', facet, { key: 'city' })).toMatchObject({
      status: 400,
      body: error('Wrong input: No appropriate index for faceting: `city`'),
    });
  });
});
