import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Bitset } from '../index/bitset.js';
import { seededRandom } from '../index/testing.js';
import { SparseSpace } from './sparse.js';
import type { SparseSpec } from './spec.js';
import type { SparseValue } from './types.js';

const plain: SparseSpec = { kind: 'sparse', name: 's', slot: 0 };
const idf: SparseSpec = { ...plain, modifier: 'idf' };

type Model = Map<number, Map<number, number>>;

function value(terms: ReadonlyMap<number, number>): SparseValue {
  const sorted = [...terms].sort(([a], [b]) => a - b);
  return {
    indices: Uint32Array.from(sorted, ([term]) => term),
    values: Float32Array.from(sorted, ([, weight]) => weight),
  };
}

/** All rows that share a term with the query, best first, by the definition. */
function ranked(
  model: Model,
  query: ReadonlyMap<number, number>,
  { modifier }: SparseSpec,
  filter: (row: number) => boolean,
  corpus: (row: number) => boolean,
): [row: number, score: number][] {
  const among = [...model].filter(([row]) => corpus(row)).map(([, terms]) => terms);
  const weight = (term: number, given: number) => {
    if (modifier !== 'idf') return given;
    const having = among.filter((terms) => terms.has(term)).length;
    return given * Math.log((among.length - having + 0.5) / (having + 0.5) + 1);
  };
  const terms = [...query]
    .sort(([a], [b]) => a - b)
    .map(([term, given]) => [term, weight(term, given)] as const);
  return [...model]
    .filter(([row, own]) => filter(row) && terms.some(([term]) => own.has(term)))
    .map(([row, own]): [number, number] => {
      let sum = 0;
      for (const [term, by] of terms) if (own.has(term)) sum += by * own.get(term)!;
      return [row, Math.fround(sum)];
    })
    .sort((a, b) => b[1] - a[1] || a[0] - b[0]);
}

const weight = fc.integer({ min: -8, max: 8 }).map((n) => n / 4);
const terms = fc
  .uniqueArray(
    fc.tuple(fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constantFrom(2 ** 31, 2 ** 32 - 1)), weight),
    {
      selector: ([term]) => term,
      maxLength: 8,
    },
  )
  .map((list) => new Map(list));
const step = fc.oneof(
  fc.record({ put: fc.integer({ min: 0, max: 30 }), terms }),
  fc.record({ remove: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 5 }) }),
);

describe('a space of sparse vectors', () => {
  test.each([plain, idf])(
    'answers as comparing with every row does, after any changes ($modifier)',
    async (spec) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { maxLength: 60 }),
          terms,
          fc.integer({ min: 1, max: 12 }),
          fc.option(fc.array(fc.integer({ min: 0, max: 40 })), { nil: undefined }),
          fc.option(fc.array(fc.integer({ min: 0, max: 40 })), { nil: undefined }),
          async (steps, query, k, filter, corpus) => {
            const space = new SparseSpace(() => spec);
            const model: Model = new Map();
            for (const one of steps) {
              if ('put' in one) {
                await space.remove([one.put]);
                await space.add([one.put], [value(one.terms)]);
                model.set(one.put, one.terms);
              } else {
                await space.remove(one.remove);
                for (const row of one.remove) model.delete(row);
              }
            }
            expect(space.size).toBe(model.size);
            for (const [row, own] of model) expect(space.vector(row)).toEqual(value(own));
            const expected = ranked(
              model,
              query,
              spec,
              (row) => !filter || filter.includes(row),
              (row) => !corpus || corpus.includes(row),
            );
            const options = {
              ...(filter && { filter: Bitset.of(filter) }),
              ...(corpus && { corpus: Bitset.of(corpus) }),
            };
            const hits = await space.nearest(value(query), k, options);
            expect(Array.from(hits.rows, (row, i) => [row, hits.scores[i]])).toEqual(expected.slice(0, k));
            const rows = Uint32Array.from(model.keys());
            const scores = await space.compare(value(query), rows, options);
            const all = new Map(
              ranked(
                model,
                query,
                spec,
                () => true,
                (row) => !corpus || corpus.includes(row),
              ),
            );
            expect([...scores]).toEqual(Array.from(rows, (row) => all.get(row) ?? 0));
          },
        ),
        { numRuns: 300, seed: 5 },
      );
    },
  );

  test.each([
    ['positive', 0],
    ['of either sign', 0.5],
  ])('finds the best of many, where searches are cut short (weights %s)', async (_what, negative) => {
    const random = seededRandom(3);
    // Few terms are in most rows, most are in few.
    const term = () => Math.floor(2000 * random() ** 4);
    const draw = (length: number) =>
      new Map(Array.from({ length }, () => [term(), Math.fround((random() - negative) * 2)]));
    const model: Model = new Map(Array.from({ length: 6000 }, (_, row) => [row, draw(30)]));
    const space = new SparseSpace(() => idf);
    await space.add([...model.keys()], Array.from(model.values(), value));
    for (let i = 0; i < 12; i++) {
      const query = draw(12);
      const k = [1, 10, 100][i % 3]!;
      const filter = i % 2 === 0 ? undefined : Bitset.of([...model.keys()].filter(() => random() < 0.4));
      const expected = ranked(
        model,
        query,
        idf,
        (row) => !filter || filter.has(row),
        () => true,
      );
      const hits = await space.nearest(value(query), k, filter && { filter });
      expect(Array.from(hits.rows, (row, at) => [row, hits.scores[at]])).toEqual(expected.slice(0, k));
    }
  });

  test('keeps its memory bounded when rows come and go', async () => {
    const space = new SparseSpace(() => plain);
    const one = value(new Map(Array.from({ length: 64 }, (_, i) => [i, 1])));
    const rows = Array.from({ length: 100 }, (_, row) => row);
    const all = rows.map(() => one);
    await space.add(rows, all);
    for (let i = 0; i < 30; i++) {
      await space.remove(rows);
      await space.add(rows, all);
    }
    const before = space.stats().memoryBytes;
    for (let i = 0; i < 300; i++) {
      await space.remove(rows);
      await space.add(rows, all);
    }
    expect(space.stats().memoryBytes).toBeLessThanOrEqual(before);
    expect((await space.nearest(one, 1000)).rows).toEqual(Uint32Array.from(rows));
  });

  test('scores stay finite', async () => {
    const space = new SparseSpace(() => plain);
    const huge = value(new Map([[1, 3e38]]));
    await space.add([0], [huge]);
    expect([...(await space.nearest(huge, 1)).scores]).toEqual([Math.fround(3.4028234663852886e38)]);
  });
});
