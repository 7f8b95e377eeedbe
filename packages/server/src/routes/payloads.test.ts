import { beforeEach, describe, expect, it } from 'vitest';
import { type Ask, fillCities, testApp } from '../testing/setup.case.js';

let ask: Ask;
beforeEach(async () => {
  ({ ask } = await testApp());
  await fillCities(ask);
});
const path = '/collections/cities/points/payload';
const error = (words: string) => ({ status: { error: expect.stringContaining(words) } });
const payloadOf = async (id: number) =>
  (await ask('GET', `/collections/cities/points/${id}`)).body.result.payload;

describe('payloads', () => {
  it('are merged, replaced, thinned and emptied', async () => {
    expect((await ask('POST', path, { payload: { mood: 'calm' }, points: [1] })).body.result.status).toBe(
      'completed',
    );
    expect(await payloadOf(1)).toEqual({ city: 'London', size: 9, tags: ['old', 'big'], mood: 'calm' });
    await ask('PUT', path, { payload: { only: 1 }, filter: { must: [{ has_id: [2] }] } });
    expect(await payloadOf(2)).toEqual({ only: 1 });
    await ask('POST', `${path}/delete`, { keys: ['tags', 'none'], points: [1] });
    expect(await payloadOf(1)).toEqual({ city: 'London', size: 9, mood: 'calm' });
    await ask('POST', `${path}/clear`, { points: [1] });
    expect(await payloadOf(1)).toEqual({});
    await ask('POST', `${path}/clear`, { filter: { must: [{ key: 'city', match: { value: 'Berlin' } }] } });
    expect(await payloadOf(3)).toEqual({});
    expect(await payloadOf(4)).not.toEqual({});
  });

  it('are merged into the object at a key', async () => {
    await ask('POST', path, { payload: { geo: { lat: 1 } }, points: [1] });
    await ask('POST', path, { payload: { lon: 2 }, key: 'geo', points: [1] });
    expect((await payloadOf(1)).geo).toEqual({ lat: 1, lon: 2 });
  });

  it('refuse a selection of nothing, or of two kinds', async () => {
    const payload = { a: 1 };
    for (const [method, where, body] of [
      ['POST', path, { payload }],
      ['PUT', path, { payload, points: null }],
      ['POST', path, { payload, points: [1], filter: {} }],
      ['POST', `${path}/delete`, { keys: ['a'] }],
      ['POST', `${path}/clear`, {}],
    ] as const)
      expect(await ask(method, where, body)).toMatchObject({ status: 400, body: error('`filter`') });
    expect(await ask('POST', path, { payload: 5, points: [1] })).toMatchObject({
      status: 400,
      body: error('payload: expected a payload object, got a number'),
    });
  });

  it('hold keys that are special elsewhere', async () => {
    await ask('POST', path, '{"payload":{"__proto__":{"polluted":true},"constructor":1},"points":[1]}');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    const text = JSON.stringify(await payloadOf(1));
    expect(text).toContain('"constructor":1');
  });
});

describe('payload indexes', () => {
  it('are made by name or by parameters, and dropped', async () => {
    const index = '/collections/cities/index';
    await ask('PUT', `${index}?wait=true`, { field_name: 'city', field_schema: 'keyword' });
    await ask('PUT', index, { field_name: 'note', field_schema: { type: 'text', lowercase: true } });
    const schema = async () => (await ask('GET', '/collections/cities')).body.result.payload_schema;
    expect(await schema()).toMatchObject({ city: { data_type: 'keyword' }, note: { data_type: 'text' } });
    expect((await ask('DELETE', `${index}/note?wait=true`)).body.result.status).toBe('completed');
    expect(await schema()).not.toHaveProperty('note');
  });

  it('tell their parameters and how many points they hold', async () => {
    const params = { type: 'text', tokenizer: 'prefix', lowercase: false, stopwords: { custom: ['x'] } };
    const index = '/collections/cities/index';
    await ask('PUT', `${index}?wait=true`, { field_name: 'city', field_schema: params });
    expect((await ask('GET', '/collections/cities')).body.result.payload_schema).toEqual({
      city: { data_type: 'text', params, points: 5 },
    });
  });

  it('refuse parameters with their place; of what is well-formed but not allowed as not valid', async () => {
    const index = '/collections/cities/index';
    const cases: [unknown, number, string][] = [
      [{ type: 'text', tokenizer: 'letters' }, 400, 'field_schema.tokenizer: expected one of prefix'],
      [{ type: 'text', stopwords: 'klingon' }, 400, 'field_schema.stopwords: '],
      [{ type: 'integer', lookup: 1 }, 400, 'field_schema.lookup: expected true or false, got 1'],
      [[], 400, 'field_schema: expected the type of the index'],
      [
        { type: 'integer', lookup: false, range: false },
        422,
        "Validation error in JSON body: [field_schema.lookup: Validation error: the 'lookup' and 'range' capabilities can't be both disabled]",
      ],
    ];
    for (const [field_schema, status, words] of cases)
      expect(await ask('PUT', index, { field_name: 'a', field_schema })).toMatchObject({
        status,
        body: error(words),
      });
  });

  it('refuse unknown types', async () => {
    const index = '/collections/cities/index';
    expect(await ask('PUT', index, { field_name: 'a', field_schema: 'colour' })).toMatchObject({
      status: 400,
      body: error('Format error in JSON body: field_schema: expected one of keyword'),
    });
    expect(await ask('PUT', index, { field_name: 'a' })).toMatchObject({
      status: 400,
      body: error('field_schema'),
    });
    expect(await ask('PUT', index, { field_schema: 'keyword' })).toMatchObject({
      status: 400,
      body: error('field_name'),
    });
  });
});
