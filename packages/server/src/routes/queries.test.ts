import { FletchError } from '@fletch/base';
import type { Encoder } from '@fletch/text';
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
      [
        { query: [1, 0, 0, 0], limit: 0 },
        422,
        'Validation error in JSON body: [limit: value 0 invalid, must be 1 or larger]',
      ],
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

describe('an encoder that gives a vector for each token', () => {
  /** A vector for each word of the text that it knows. */
  function tokenEncoder(name: string): Encoder {
    const words = wordEncoder(name);
    const encodeTokens = async (texts: readonly string[]) => {
      const sets = texts.map((text) => text.split(' '));
      const starts = Uint32Array.from({ length: texts.length + 1 }, (_, i) => sets.slice(0, i).flat().length);
      return { vectors: await words.encode(sets.flat()), starts };
    };
    return { ...words, encodeTokens };
  }

  it('fills multi-vectors and asks them, in any order of texts', async () => {
    const encoders = createEncoders({ create: async (name) => tokenEncoder(name), allow: ['tokens'] });
    const { ask } = await testApp({ encoders });
    await ask('PUT', '/collections/multi', {
      vectors: { size: 4, distance: 'Cosine', multivector_config: { comparator: 'max_sim' } },
      metadata: { fletch: { encoder: 'tokens' } },
    });
    const points = [
      { id: 1, vector: { text: 'sad stone' } },
      { id: 2, vector: { text: 'happy water stone' } },
      { id: 3, vector: { text: 'water' } },
    ];
    expect(await ask('PUT', '/collections/multi/points', { points })).toMatchObject({ status: 200 });
    const stored = await ask('POST', '/collections/multi/points', { ids: [2], with_vector: true });
    expect(stored.body.result[0].vector).toEqual([
      [0, 1, 0, 0],
      [0, 0, 0, 1],
      [0, 0, 1, 0],
    ]);
    const hits = await ask('POST', '/collections/multi/points/query', { query: { text: 'stone water' } });
    expect(
      hits.body.result.points.map(({ id, score }: { id: number; score: number }) => [id, score]),
    ).toEqual([
      [2, 2],
      [1, 1],
      [3, 1],
    ]);
    await ask('PUT', '/collections/single', { vectors: { size: 4, distance: 'Cosine' } });
    const wrong = [{ id: 1, vector: { text: 'sad stone', model: 'tokens' } }];
    expect(await ask('PUT', '/collections/single/points', { points: wrong })).toMatchObject({ status: 400 });
  });
});
