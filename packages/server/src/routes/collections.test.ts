import { beforeEach, describe, expect, it } from 'vitest';
import { type Ask, fillCities, testApp } from '../testing/setup.case.js';

let ask: Ask;
beforeEach(async () => {
  ({ ask } = await testApp());
});
const params = { vectors: { size: 4, distance: 'Dot' } };

describe('collections', () => {
  it('creates, lists, finds and deletes one', async () => {
    expect(await ask('PUT', '/collections/a', params)).toMatchObject({
      status: 200,
      body: { result: true, status: 'ok', time: expect.any(Number) },
    });
    expect((await ask('GET', '/collections')).body.result).toEqual({ collections: [{ name: 'a' }] });
    expect((await ask('GET', '/collections/a/exists')).body.result).toEqual({ exists: true });
    expect((await ask('DELETE', '/collections/a?timeout=5')).body.result).toBe(true);
    expect((await ask('DELETE', '/collections/a')).body.result).toBe(false);
    expect((await ask('GET', '/collections/a/exists')).body.result).toEqual({ exists: false });
  });

  it('tells its state and configuration', async () => {
    await fillCities(ask);
    const { result } = (await ask('GET', '/collections/cities')).body;
    expect(result).toMatchObject({
      optimizer_status: 'ok',
      points_count: 6,
      config: {
        params: { vectors: { size: 4, distance: 'Cosine' }, shard_number: 1 },
        hnsw_config: { m: 16, ef_construct: 100 },
        metadata: { fletch: { encoder: 'words' } },
      },
      payload_schema: {},
    });
  });

  it('refuses a name that is taken, in words of its own', async () => {
    await ask('PUT', '/collections/a', params);
    expect(await ask('PUT', '/collections/a', params)).toMatchObject({
      status: 409,
      body: { status: { error: 'Wrong input: Collection `a` already exists!' } },
    });
  });

  it('does not know a collection that was never made', async () => {
    for (const [method, path, body] of [
      ['GET', '/collections/x'],
      ['PATCH', '/collections/x', {}],
      ['PUT', '/collections/x/points', { points: [] }],
      ['POST', '/collections/x/points', { ids: [1] }],
      ['GET', '/collections/x/points/1'],
      ['POST', '/collections/x/points/query', {}],
      ['POST', '/collections/x/points/scroll', {}],
      ['POST', '/collections/x/facet', { key: 'a' }],
    ] as const)
      expect(await ask(method, path, body)).toMatchObject({
        status: 404,
        body: { status: { error: "Not found: Collection `x` doesn't exist!" } },
      });
  });

  it('refuses names that a file system could not hold', async () => {
    for (const name of ['a%2Fb', 'a%00', 'a%5Cb', 'a%3Ab', '%3C'])
      expect(await ask('PUT', `/collections/${name}`, params)).toMatchObject({
        status: 422,
        body: { status: { error: expect.stringContaining('collection name cannot contain') } },
      });
    expect((await ask('PUT', `/collections/${'n'.repeat(256)}`, params)).status).toBe(422);
    expect((await ask('GET', '/collections')).body.result.collections).toEqual([]);
  });

  it('names the field of a wrong configuration', async () => {
    const cases: [unknown, number, string][] = [
      [{ vectors: null }, 400, 'vectors: expected {"size": …, "distance": …}, got null'],
      [{ vectors: { size: 4 } }, 400, 'vectors.distance'],
      [{ vectors: { size: 0, distance: 'Dot' } }, 422, 'vectors.size: must be 1 or larger'],
      [{ vectors: { size: 4, distance: 'dot' } }, 400, 'vectors.distance: expected one of "Cosine"'],
      [{ vectors: { size: '4', distance: 'Dot' } }, 400, 'vectors.size: expected number'],
      [{ ...params, hnsw_config: { ef_construct: 1 } }, 422, 'hnsw_config.ef_construct'],
      [{ sparse_vectors: { a: { modifier: 'tf' } } }, 400, 'sparse_vectors.a.modifier'],
      [{ sparse_vectors: { a: { index: { datatype: 'turbo4' } } } }, 422, 'sparse vectors do not support'],
      [
        { vectors: { size: 4, distance: 'Dot', multivector_config: { comparator: 'sum' } } },
        400,
        'vectors.multivector_config.comparator',
      ],
      [{ vectors: { size: 4, distance: 'Dot', datatype: 'int4' } }, 400, 'vectors.datatype'],
      [{ ...params, metadata: [] }, 400, 'metadata: expected a payload object, got an array'],
    ];
    for (const [body, status, words] of cases)
      expect(await ask('PUT', '/collections/a', body)).toMatchObject({
        status,
        body: { status: { error: expect.stringContaining(words) } },
      });
  });

  it("merges metadata, and takes a null for a key's removal", async () => {
    await ask('PUT', '/collections/a', { ...params, metadata: { one: 1, two: 2 } });
    expect((await ask('PATCH', '/collections/a', { metadata: { two: null, three: 3 } })).body.result).toBe(
      true,
    );
    expect(
      (await ask('PATCH', '/collections/a', { optimizers_config: { indexing_threshold: 1 } })).status,
    ).toBe(200);
    expect((await ask('GET', '/collections/a')).body.result.config.metadata).toEqual({ one: 1, three: 3 });
  });

  it('records only encoders that clients may use', async () => {
    const metadata = { fletch: { encoder: 'onnx:/etc' } };
    const refused = { status: 400, body: { status: { error: expect.stringContaining('is not enabled') } } };
    expect(await ask('PUT', '/collections/a', { ...params, metadata })).toMatchObject(refused);
    await ask('PUT', '/collections/a', params);
    expect(await ask('PATCH', '/collections/a', { metadata })).toMatchObject(refused);
  });
});
