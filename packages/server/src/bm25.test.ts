import { beforeEach, describe, expect, it } from 'vitest';
import { type Ask, testApp } from './testing/setup.case.js';

const TEXTS = [
  'I must not fear. Fear is the mind-killer.',
  'All animals are equal, but some animals are more equal than others.',
  'The sky above the port was the colour of television, tuned to a dead channel.',
  'A truth universally acknowledged: a zombie must be in want of more brains.',
];
const path = '/collections/texts/points';

describe('BM25, which needs no encoder', () => {
  let ask: Ask;
  beforeEach(async () => {
    ({ ask } = await testApp());
    await ask('PUT', '/collections/texts', {
      vectors: { dense: { size: 4, distance: 'Dot' } },
      sparse_vectors: { words: { modifier: 'idf' } },
      metadata: { fletch: { encoder: 'words' } },
    });
    const points = TEXTS.map((text, id) => ({
      id,
      vector: { words: { text, model: id % 2 === 0 ? 'Qdrant/bm25' : 'bm25' }, dense: [id, 1, 0, 0] },
    }));
    expect(await ask('PUT', path, { points })).toMatchObject({ status: 200 });
  });

  const find = async (body: object) => {
    const { status, body: answer } = await ask('POST', `${path}/query`, { using: 'words', ...body });
    expect(status, JSON.stringify(answer)).toBe(200);
    return answer.result.points.map(({ id }: { id: number }) => id);
  };

  it('finds texts by their words', async () => {
    const model = 'qdrant/bm25';
    expect(await find({ query: { text: 'Fearing the killers', model } })).toEqual([0]);
    expect(await find({ query: { nearest: { text: 'an animal', model } } })).toEqual([1]);
    expect(await find({ query: { text: 'the', model } })).toEqual([]);
    expect(await find({ query: { text: 'fearing', model, options: { stemmer: { type: 'none' } } } })).toEqual(
      [],
    );
  });

  it('is one of several searches that are fused', async () => {
    const prefetch = [
      { query: { text: 'zombie brains', model: 'bm25' }, using: 'words', limit: 5 },
      { query: [1, 0, 0, 0], using: 'dense', limit: 5 },
    ];
    expect(await find({ prefetch, query: { fusion: 'rrf' }, using: undefined, limit: 1 })).toEqual([3]);
  });

  it('makes vectors in updates and in batches of them', async () => {
    const words = { text: 'a new television', model: 'bm25', options: { avg_len: 2, b: 0 } };
    await ask('PUT', `${path}/vectors`, { points: [{ id: 0, vector: { words } }] });
    const update = { update_vectors: { points: [{ id: 1, vector: { words } }] } };
    await ask('POST', `${path}/batch`, { operations: [update] });
    const { result } = (await ask('POST', path, { ids: [0, 1], with_vector: ['words'] })).body;
    expect(result[0].vector).toEqual(result[1].vector);
    // Both words are there once: 1 · 2.2 / (1.2 + 1).
    expect(result[0].vector.words.values).toEqual([1, 1]);
    expect((await find({ query: { text: 'television', model: 'bm25' } })).sort()).toEqual([0, 1, 2]);
  });

  it('says what is wrong with its options', async () => {
    const words = { text: 'a', model: 'bm25', options: { k: -1 } };
    for (const body of [{ points: [{ id: 9, vector: { words } }] }])
      expect(await ask('PUT', path, body)).toMatchObject({
        status: 400,
        body: { status: { error: expect.stringContaining('BM25 options: k: expected a number 0 or more') } },
      });
    const dense = { text: 'a fox', model: 'bm25' };
    expect(await ask('PUT', path, { points: [{ id: 9, vector: { dense } }] })).toMatchObject({
      status: 400,
      body: { status: { error: expect.stringContaining('got a sparse vector') } },
    });
  });
});
