import { expect, it } from 'vitest';
import { fakeInfo } from '../state/fake.case.js';
import { glances, vectorNames } from './vectors.js';

it('vectors are told in a few words', () => {
  expect(vectorNames(fakeInfo())).toEqual([{ name: '', kind: 'dense', about: '4 · Cosine' }]);
  const info = fakeInfo();
  info.config.params.vectors = {
    a: { size: 8, distance: 'Dot', multivector_config: { comparator: 'max_sim' } },
  };
  info.config.params.sparse_vectors = { s: { modifier: 'idf' } };
  expect(vectorNames(info).map(({ kind, about }) => [kind, about])).toEqual([
    ['multi', 'n × 8 · Dot'],
    ['sparse', 'sparse · Dot · IDF'],
  ]);
  const vector = {
    dense: Array.from({ length: 300 }, (_, i) => i / 3),
    multi: [
      [1, 2],
      [3, 4],
    ],
    sparse: { indices: [4, 9], values: [0.25, 1] },
  };
  expect(glances({ vector })).toEqual([
    { name: 'dense', size: '300 components', start: '[0, 0.3333, 0.6667, 1, 1.333, 1.667, …]' },
    { name: 'multi', size: '2 × 2 components', start: '[[1, 2], …]' },
    { name: 'sparse', size: '2 entries', start: '{4: 0.25, 9: 1}' },
  ]);
  expect(glances({})).toEqual([]);
});
