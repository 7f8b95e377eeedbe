import { beforeEach, describe, expect, it } from 'vitest';
import { type Ask, fillCities, testApp, UUID } from '../testing/setup.case.js';

let ask: Ask;
beforeEach(async () => {
  ({ ask } = await testApp());
  await fillCities(ask);
});
const path = '/collections/cities/points';
const error = (words: string) => ({ status: { error: expect.stringContaining(words) } });

describe('upsert', () => {
  it('takes rows and columns', async () => {
    const rows = await ask('PUT', path, { points: [{ id: 7, vector: [1, 1, 1, 1], payload: null }] });
    expect(rows).toMatchObject({ status: 200, body: { status: 'ok', result: { status: 'completed' } } });
    const batch = {
      ids: [8, 9],
      vectors: [
        [1, 0, 0, 1],
        [0, 1, 1, 0],
      ],
      payloads: [{ a: 1 }, null],
    };
    await ask('PUT', `${path}?wait=false&ordering=weak&timeout=3`, { batch });
    const { result } = (await ask('POST', path, { ids: [7, 8, 9] })).body;
    expect(result).toMatchObject([{ id: 7 }, { id: 8, payload: { a: 1 } }, { id: 9 }]);
  });

  it('encodes texts that stand for vectors, together per model', async () => {
    const points = [
      { id: 10, vector: { text: 'sad' } },
      { id: 11, vector: { text: 'water', model: 'other' } },
      { id: 12, vector: [0, 1, 0, 0] },
    ];
    expect((await ask('PUT', path, { points })).status).toBe(200);
    const { result } = (await ask('POST', path, { ids: [10, 11], with_vector: true })).body;
    expect(result.map(({ vector }: { vector: number[] }) => vector)).toEqual([
      [1, 0, 0, 0],
      [0, 0, 0, 1],
    ]);
  });

  it('says where a point is wrong, and stores nothing of the batch', async () => {
    const good = { id: 20, vector: [1, 0, 0, 0] };
    const cases: [unknown, string][] = [
      [
        { points: [good, { id: -1, vector: [1] }] },
        'points[1].id: expected an unsigned integer up to 2^53 - 1 or a UUID, got -1',
      ],
      [{ points: [good, { id: 1.5, vector: [1] }] }, 'points[1].id'],
      [{ points: [good, { id: 2 ** 53, vector: [1] }] }, 'points[1].id'],
      [
        { points: [good, { id: 'abc', vector: [1] }] },
        'points[1].id: expected an unsigned integer up to 2^53 - 1 or a UUID, got "abc"',
      ],
      [{ points: [good, { id: 1 }] }, 'points[1].vector: expected an array of numbers, got nothing'],
      [
        { points: [good, { id: 1, vector: [1, 'x', 0, 0] }] },
        'points[1].vector[1]: expected a number, got a string',
      ],
      [
        { points: [good, { id: 1, vector: [1, 1e39, 0, 0] }] },
        'points[1].vector[1]: 1e+39 does not fit a 32-bit float',
      ],
      [
        { points: [good, { id: 1, vector: [1, null, 0, 0] }] },
        'points[1].vector[1]: expected a number, got null',
      ],
      [
        { points: [good, { id: 1, vector: [[1, 0, 0, 0]] }] },
        'points[1].vector: expected an array of numbers',
      ],
      [
        { points: [good, { id: 1, vector: { indices: [1], values: [1] } }] },
        'points[1].vector: a sparse vector has a name',
      ],
      [
        { points: [good, { id: 1, vector: [1, 0, 0, 0], payload: [1] }] },
        'points[1].payload: expected a payload object, got an array',
      ],
      [
        { points: [good, { id: 1, vector: [1, 0, 0, 0], payload: 'x' }] },
        'points[1].payload: expected a payload object, got a string',
      ],
      [{ points: [good, { id: 1, vector: [1, 0, 0] }] }, 'Vector dimension error: expected dim: 4, got 3'],
      [
        { batch: { ids: [20, 21], vectors: [[1, 0, 0, 0]] } },
        'batch.vectors: expected as many as `ids`, which are 2, got 1',
      ],
      [{ batch: { ids: [20], vectors: [[1, 0, 0, 0]], payloads: [{}, {}] } }, 'batch.payloads'],
      [{ points: good }, 'points: expected array'],
      [[good], 'expected {"points": […]} or {"batch": {…}}, got an array'],
      [{}, 'expected {"points": […]} or {"batch"'],
      [{ points: [good], update_mode: 'replace' }, 'update_mode: expected one of "upsert"'],
      [{ points: [good], update_filter: { must: 1 } }, 'update_filter.must'],
    ];
    for (const [body, words] of cases)
      expect(await ask('PUT', path, body), words).toMatchObject({ status: 400, body: error(words) });
    expect((await ask('POST', path, { ids: [20] })).body.result).toEqual([]);
    expect((await ask('POST', `${path}/count`, {})).body.result.count).toBe(6);
  });

  it('checks the query parameters that it accepts', async () => {
    for (const query of ['wait=maybe', 'ordering=none', 'timeout=0', 'timeout=x'])
      expect(await ask('PUT', `${path}?${query}`, { points: [] })).toMatchObject({
        status: 400,
        body: error('query parameters'),
      });
  });
});

describe('reading points', () => {
  it('retrieves by ids, with the parts that were asked for', async () => {
    const plain = (await ask('POST', path, { ids: [1, 99, UUID] })).body.result;
    expect(plain).toHaveLength(2);
    expect(plain[0].payload.city).toBe('London');
    expect(plain[0]).not.toHaveProperty('vector');
    const bare = (await ask('POST', path, { ids: [1], with_payload: false, with_vector: true })).body.result;
    expect(bare).toEqual([{ id: 1, vector: [1, 0, 0, 0] }]);
    const part = (await ask('POST', path, { ids: [1], with_payload: { exclude: ['tags', 'size'] } })).body
      .result;
    expect(part[0].payload).toEqual({ city: 'London' });
  });

  it('gets one point', async () => {
    expect((await ask('GET', `${path}/1`)).body.result).toMatchObject({ id: 1, vector: [1, 0, 0, 0] });
    expect((await ask('GET', `${path}/${UUID.toUpperCase()}`)).status).toBe(200);
    expect(await ask('GET', `${path}/77`)).toMatchObject({
      status: 404,
      body: error('Not found: Point with id 77 does not exists!'),
    });
    for (const id of ['abc', '-1', '1.5', '99999999999999999999', '%00', '%FF'])
      expect(await ask('GET', `${path}/${id}`)).toMatchObject({ status: 400, body: error('as point id') });
  });

  it('refuses wrong selections', async () => {
    expect(await ask('POST', path, { ids: 1 })).toMatchObject({
      status: 400,
      body: error('ids: expected an array of ids'),
    });
    expect(await ask('POST', path, { ids: [1, 'x'] })).toMatchObject({ status: 400, body: error('ids[1]') });
    expect(await ask('POST', path, { ids: [1], with_payload: 'city' })).toMatchObject({
      status: 400,
      body: error('with_payload'),
    });
    expect(await ask('POST', path, {})).toMatchObject({
      status: 400,
      body: error('ids: expected an array of ids, got nothing'),
    });
  });

  it('scrolls and counts', async () => {
    const first = (await ask('POST', `${path}/scroll`, { limit: 4 })).body.result;
    expect(first.points.map(({ id }: { id: number }) => id)).toEqual([1, 2, 3, 4]);
    expect(first.next_page_offset).toBe(5);
    const last = (await ask('POST', `${path}/scroll`, { limit: 4, offset: 5, with_payload: false })).body
      .result;
    expect(last.points).toEqual([{ id: 5 }, { id: UUID }]);
    expect(last.next_page_offset).toBeNull();
    expect((await ask('POST', `${path}/count`, { exact: true })).body.result).toEqual({ count: 6 });
    for (const limit of [0, -1])
      expect(await ask('POST', `${path}/scroll`, { limit })).toMatchObject({
        status: 422,
        body: error('limit: must be 1 or larger'),
      });
    expect((await ask('POST', `${path}/scroll`, { limit: 1.5 })).status).toBe(400);
    expect((await ask('POST', `${path}/scroll`, { limit: 1e9 })).status).toBe(422);
    expect(await ask('POST', `${path}/scroll`, { order_by: 'size' })).toMatchObject({
      status: 400,
      body: error('No range index for `order_by` key: `size`'),
    });
  });
});

describe('delete', () => {
  it('takes ids or a filter', async () => {
    await ask('POST', `${path}/delete`, { points: [1, 99] });
    await ask('POST', `${path}/delete`, { filter: { must: [{ key: 'city', match: { value: 'Rome' } }] } });
    expect((await ask('POST', `${path}/count`, {})).body.result.count).toBe(4);
  });

  it('never takes nothing for everything', async () => {
    for (const body of [{}, { points: null }, { filter: null }, { points: [1], filter: {} }])
      expect(await ask('POST', `${path}/delete`, body)).toMatchObject({
        status: 400,
        body: error('`filter`'),
      });
    expect((await ask('POST', `${path}/count`, {})).body.result.count).toBe(6);
  });
});
