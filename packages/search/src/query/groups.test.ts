import type { Json } from '@fletch/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GroupsResult, Payload } from '../types/index.js';
import { MemoryCollection } from './memory.case.js';

/** Points 1, 2, …, the later the nearer to [1], with these values of `g`. */
function grouped(values: readonly (Json | undefined)[], others: { [name: string]: MemoryCollection } = {}) {
  return new MemoryCollection(
    values.map((g, i) => ({
      id: i + 1,
      payload: (g === undefined ? {} : { g }) as Payload,
      vectors: { '': [i + 1] },
    })),
    { others, schema: { n: 'integer', g: 'integer' } },
  );
}
const outline = ({ groups }: GroupsResult) =>
  groups.map(({ id, hits }) => [id, ...hits.map((hit) => hit.id)]);
const query = [1];

describe('groups', () => {
  it('come by their best hits, each with its best', async () => {
    const { reader } = grouped(['a', 'b', 'a', 'c', 'b', 'a', 'a']);
    expect(outline(await reader.queryGroups({ query, group_by: 'g' }))).toEqual([
      ['a', 7, 6, 3],
      ['b', 5, 2],
      ['c', 4],
    ]);
    expect(outline(await reader.queryGroups({ query, group_by: 'g', limit: 2, group_size: 1 }))).toEqual([
      ['a', 7],
      ['b', 5],
    ]);
  });

  it('put a point into a group for each of its values, once', async () => {
    const { reader } = grouped([['x', 'y', 'x'], 'y', 7, [7, 'x']]);
    const expected = [
      [7, 4, 3],
      ['x', 4, 1],
      ['y', 2, 1],
    ];
    expect(outline(await reader.queryGroups({ query, group_by: 'g' }))).toEqual(expected);
    expect(outline(await reader.queryGroups({ query, group_by: 'g[]' }))).toEqual([
      [7, 4],
      ['x', 4, 1],
      ['y', 1],
    ]);
  });

  it('are of strings and integers only', async () => {
    const { reader } = grouped([
      's',
      123,
      [1, 2],
      2.5,
      [['a']],
      { o: 1 },
      [],
      null,
      undefined,
      true,
      [1, 2.5],
    ]);
    const { groups } = await reader.queryGroups({ query, group_by: 'g' });
    expect(groups.map(({ id }) => id)).toEqual([1, 2, 123, 's']);
    expect(await reader.queryGroups({ query, group_by: 'nothing' })).toEqual({ groups: [] });
  });

  it('are found behind a hundred hits of a full one', async () => {
    const { reader } = grouped(['c', 'b', 'b', ...Array<string>(100).fill('a')]);
    expect(outline(await reader.queryGroups({ query, group_by: 'g', group_size: 2, limit: 3 }))).toEqual([
      ['a', 103, 102],
      ['b', 3, 2],
      ['c', 1],
    ]);
  });

  it('follow the order of the query: distances, ids, payload values', async () => {
    const { reader } = grouped(['a', 'b', 'a']);
    expect(outline(await reader.queryGroups({ group_by: 'g' }))).toEqual([
      ['a', 1, 3],
      ['b', 2],
    ]);
    const ints = grouped([3, 1, 2, 1]);
    const ordered = await ints.reader.queryGroups({ query: { order_by: 'g' }, group_by: 'g' });
    expect(outline(ordered)).toEqual([
      [1, 2, 4],
      [2, 3],
      [3, 1],
    ]);
    expect(ordered.groups[0]!.hits[0]).toMatchObject({ order_value: 1, score: 1 });
    const near = new MemoryCollection(
      ['a', 'b', 'a'].map((g, i) => ({ id: i + 1, payload: { g }, vectors: { '': [i + 1] } })),
      { spaces: { '': 'Euclid' } },
    );
    expect(outline(await near.reader.queryGroups({ query: [2.9], group_by: 'g' }))).toEqual([
      ['a', 3, 1],
      ['b', 2],
    ]);
  });

  it('widen prefetches, leave examples out, and return what is asked for', async () => {
    const { reader } = grouped(['a', 'a', 'b', 'a', 'b', 'a']);
    const request = { prefetch: { query, limit: 2 }, query, group_by: 'g', group_size: 2, limit: 2 };
    expect(outline(await reader.queryGroups(request))).toEqual([
      ['a', 6, 4],
      ['b', 5, 3],
    ]);
    const { groups } = await reader.queryGroups({
      query: 6,
      group_by: 'g',
      limit: 1,
      group_size: 1,
      with_payload: true,
      with_vector: true,
      filter: { must: [{ key: 'g', match: { value: 'a' } }] },
    });
    expect(groups).toEqual([
      { id: 'a', hits: [{ id: 4, version: 4, score: 24, payload: { g: 'a' }, vector: [4] }] },
    ]);
  });

  it('look up the points they are named after', async () => {
    const uuid = '550e8400-e29b-41d4-a716-446655440000';
    const docs = new MemoryCollection(
      [1, uuid].map((id) => ({ id, payload: { title: `doc ${id}` }, vectors: { '': [1] } })),
      { name: 'docs' },
    );
    const collection = grouped([1, 1, uuid.toUpperCase(), 'none', -5], { docs });
    const find = (with_lookup: unknown) =>
      collection.reader.queryGroups({ query, group_by: 'g', with_lookup: with_lookup as never });
    const { groups } = await find('docs');
    expect(groups.map(({ id, lookup }) => [id, lookup])).toEqual([
      [-5, undefined],
      ['none', undefined],
      [uuid.toUpperCase(), { id: uuid, payload: { title: `doc ${uuid}` } }],
      [1, { id: 1, payload: { title: 'doc 1' } }],
    ]);
    const parts = { collection: 'docs', with_payload: false, with_vectors: true };
    expect((await find(parts)).groups[3]!.lookup).toEqual({ id: 1, vector: [1] });
    await expect(find('gone')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(find({})).rejects.toThrow('with_lookup.collection: expected a name');
    expect([collection.held, docs.held]).toEqual([0, 0]);
  });

  it('are refused when they make no sense', async () => {
    const { reader } = grouped(['a']);
    const find = (more: object) => reader.queryGroups({ query, group_by: 'g', ...more });
    await expect(find({ group_by: 5 })).rejects.toThrow('group_by: expected a field');
    await expect(find({ group_by: '[' })).rejects.toThrow('is not a payload path');
    await expect(find({ group_size: 0 })).rejects.toThrow('group_size: expected an integer from 1');
    await expect(find({ limit: 0 })).rejects.toThrow('limit: expected an integer from 1');
  });

  it('are those of all hits, sorted into groups', async () => {
    const key = fc.constantFrom('a', 'b', 'c', 1, 2);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(key, fc.array(key, { maxLength: 3 }), fc.constant(undefined)), { maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 6 }),
        async (values, group_size, limit) => {
          const { reader } = grouped(values);
          const found = await reader.queryGroups({ query, group_by: 'g', group_size, limit });
          const expected = new Map<string | number, number[]>();
          for (let i = values.length - 1; i >= 0; i--)
            for (const value of new Set([values[i] ?? []].flat()))
              expected.set(value, [...(expected.get(value) ?? []), i + 1]);
          for (const [id, ...hits] of outline(found))
            expect(hits).toEqual(expected.get(id!)!.slice(0, group_size));
          const bests = [...expected.values()].map(([first]) => first!).sort((a, b) => b - a);
          expect(found.groups.map(({ hits }) => hits[0]!.id)).toEqual(bests.slice(0, limit));
        },
      ),
      { seed: 8, numRuns: 150 },
    );
  });
});

describe('the search matrix', () => {
  const { reader } = new MemoryCollection(
    [[0], [1], [3], [7]].map((vector, i) => ({
      id: 10 - i,
      payload: { odd: i % 2 },
      vectors: { '': vector, ...(i < 1 && { rare: [1] }) },
    })),
    { spaces: { '': 'Euclid', rare: 'Dot' } },
  );

  it('has the neighbours of every sampled point', async () => {
    const { pairs } = await reader.searchMatrixPairs({ limit: 2 });
    expect(pairs).toEqual([
      { a: 7, b: 8, score: 4 },
      { a: 7, b: 9, score: 6 },
      { a: 8, b: 9, score: 2 },
      { a: 8, b: 10, score: 3 },
      { a: 9, b: 10, score: 1 },
      { a: 9, b: 8, score: 2 },
      { a: 10, b: 9, score: 1 },
      { a: 10, b: 8, score: 3 },
    ]);
    expect(await reader.searchMatrixOffsets({ limit: 1 })).toEqual({
      offsets_row: [0, 1, 2, 3],
      offsets_col: [1, 2, 3, 2],
      scores: [4, 2, 1, 1],
      ids: [7, 8, 9, 10],
    });
  });

  it('samples within a filter, and needs two points', async () => {
    const { ids } = await reader.searchMatrixOffsets({ sample: 2 });
    expect(ids).toHaveLength(2);
    const filter = { must: [{ key: 'odd', match: { value: 1 } }] };
    expect(await reader.searchMatrixPairs({ filter })).toEqual({
      pairs: [
        { a: 7, b: 9, score: 6 },
        { a: 9, b: 7, score: 6 },
      ],
    });
    expect(await reader.searchMatrixPairs({ using: 'rare' })).toEqual({ pairs: [] });
    expect(await reader.searchMatrixOffsets({ using: 'rare' })).toMatchObject({ ids: [] });
    await expect(reader.searchMatrixPairs({ sample: 1 })).rejects.toThrow(
      'sample: expected an integer from 2',
    );
    await expect(reader.searchMatrixPairs({ limit: 0 })).rejects.toThrow('limit: expected an integer from 1');
  });

  it('leaves a point out of its own neighbours even where others are nearer to it', async () => {
    const { reader } = new MemoryCollection(
      [[1], [2], [3]].map((vector, i) => ({ id: i + 1, vectors: { '': vector } })),
    );
    expect((await reader.searchMatrixPairs({ limit: 1 })).pairs).toEqual([
      { a: 1, b: 3, score: 3 },
      { a: 2, b: 3, score: 6 },
      { a: 3, b: 2, score: 6 },
    ]);
  });
});
