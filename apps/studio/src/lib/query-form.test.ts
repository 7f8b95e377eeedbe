import { describe, expect, it } from 'vitest';
import { bodyOf, NEW_QUERY, type QueryForm, readForm, shortForm } from './query-form.js';

const body = (part: Partial<QueryForm>) => bodyOf({ ...NEW_QUERY, payload: false, limit: '', ...part }, []);
const text = (value: string, model = '') => ({ source: 'text' as const, value, model });

describe('query forms', () => {
  it('make the request of each kind', () => {
    expect(body({})).toEqual({});
    expect(body({ example: text('sad', 'use') })).toEqual({ query: { text: 'sad', model: 'use' } });
    expect(body({ example: { source: 'id', value: ' 12 ', model: '' } })).toEqual({ query: 12 });
    expect(body({ example: { source: 'vector', value: '[1, 2]', model: '' }, using: 'a' })).toEqual({
      query: [1, 2],
      using: 'a',
    });
    expect(body({ example: text('sad'), diversity: '0.5' })).toEqual({
      query: { nearest: { text: 'sad' }, mmr: { diversity: 0.5 } },
    });
    expect(body({ kind: 'recommend', positive: '1, 2', negative: '3', strategy: 'best_score' })).toEqual({
      query: { recommend: { positive: [1, 2], negative: [3], strategy: 'best_score' } },
    });
    const pairs = [
      { positive: '1', negative: '2' },
      { positive: '3', negative: '' },
    ];
    expect(body({ kind: 'discover', example: text('sad'), pairs })).toEqual({
      query: { discover: { target: { text: 'sad' }, context: [{ positive: 1, negative: 2 }] } },
    });
    expect(body({ kind: 'context', pairs })).toEqual({ query: { context: [{ positive: 1, negative: 2 }] } });
    expect(body({ kind: 'order_by', orderBy: 'year', direction: 'desc' })).toEqual({
      query: { order_by: { key: 'year', direction: 'desc' } },
    });
    expect(body({ kind: 'sample' })).toEqual({ query: { sample: 'random' } });
    expect(body({ kind: 'all', using: 'a', ef: '10' })).toEqual({});
  });

  it('fuse several searches', () => {
    const searches = [
      { example: text('sad'), using: 'dense', limit: '20' },
      {
        example: { source: 'vector' as const, value: '{"indices":[1],"values":[2]}', model: '' },
        using: 'terms',
        limit: '',
      },
    ];
    expect(body({ kind: 'hybrid', searches, fusion: 'dbsf', threshold: '0.1', exact: true })).toEqual({
      prefetch: [
        { query: { text: 'sad' }, using: 'dense', limit: 20 },
        { query: { indices: [1], values: [2] }, using: 'terms' },
      ],
      query: { fusion: 'dbsf' },
      score_threshold: 0.1,
    });
  });

  it('carry what goes with every kind', () => {
    const form = {
      ...NEW_QUERY,
      example: text('x'),
      offset: '5',
      threshold: '0',
      ef: '64',
      exact: true,
      vectors: true,
    };
    expect(bodyOf(form, [])).toEqual({
      query: { text: 'x' },
      params: { hnsw_ef: 64, exact: true },
      score_threshold: 0,
      limit: 10,
      offset: 5,
      with_payload: true,
      with_vector: true,
    });
  });

  it('send what is no number or no vector as it is, for the server to refuse', () => {
    expect(body({ limit: 'ten' })).toEqual({ limit: 'ten' });
    expect(body({ example: { source: 'vector', value: '[1,', model: '' } })).toEqual({ query: '[1,' });
  });

  it('come back from addresses, whatever these hold', () => {
    const form: QueryForm = {
      ...NEW_QUERY,
      kind: 'hybrid',
      searches: [{ example: text('a'), using: 'b', limit: '3' }],
      rows: [{ clause: 'must', key: 'pos', test: 'is', first: 'noun', second: '' }],
    };
    expect(readForm(JSON.parse(JSON.stringify(shortForm(form))))).toEqual(form);
    expect(shortForm(NEW_QUERY)).toEqual({});
    const odd = {
      kind: 'constructor',
      limit: 4,
      pairs: [null, 3],
      searches: 'x',
      example: { source: 'y' },
      rows: 1,
    };
    expect(readForm(odd)).toEqual({ ...NEW_QUERY, pairs: [NEW_QUERY.pairs[0], NEW_QUERY.pairs[0]] });
    expect(readForm(null)).toEqual(NEW_QUERY);
  });
});
