import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { parseDatetime } from './datetime.js';
import { ids, MemoryCollection } from './memory.case.js';

const schema = {
  size: 'integer',
  price: { type: 'float' },
  made: 'datetime',
  color: 'keyword',
  plain: { type: 'integer', range: false },
} as const;

const payloads = [
  { size: 5, price: 1.5, made: '2024-03-01' },
  { size: 3, price: 2, made: '2024-02-29T23:59:59Z' },
  { size: [4, 9], price: '3', made: '2024-03-01T00:00:00+01:00' },
  { size: 2.5, price: null, made: 'yesterday' },
  { color: 'red' },
  { size: 3 },
];
const { reader } = new MemoryCollection(
  payloads.map((payload, i) => ({ id: i + 1, payload, vectors: { '': [i] } })),
  { schema },
);
const scroll = async (request: object) =>
  (await reader.scroll(request)).points.map(({ id, order_value }) => [id, order_value]);

describe('order_by', () => {
  it('orders by what the index holds; a point comes once for each of its values', async () => {
    expect(await scroll({ order_by: 'size' })).toEqual([
      [2, 3],
      [6, 3],
      [3, 4],
      [1, 5],
      [3, 9],
    ]);
    expect(await scroll({ order_by: { key: 'size', direction: 'desc' } })).toEqual([
      [3, 9],
      [1, 5],
      [3, 4],
      [6, 3],
      [2, 3],
    ]);
    expect(await scroll({ order_by: { key: 'price' } })).toEqual([
      [1, 1.5],
      [2, 2],
    ]);
    expect(await scroll({ order_by: 'made' })).toEqual(
      [
        [2, Date.UTC(2024, 1, 29, 23, 59, 59) * 1000],
        [3, Date.UTC(2024, 1, 29, 23) * 1000],
        [1, Date.UTC(2024, 2, 1) * 1000],
      ].sort((a, b) => a[1]! - b[1]!),
    );
  });

  it('starts from a value', async () => {
    const order = (start_from: unknown, direction?: string, key = 'size') =>
      scroll({ order_by: { key, start_from, direction } });
    expect(await order(4)).toEqual([
      [3, 4],
      [1, 5],
      [3, 9],
    ]);
    expect(await order(3.5, 'desc')).toEqual([
      [6, 3],
      [2, 3],
    ]);
    expect((await order('2024-03-01', 'asc', 'made')).map(([id]) => id)).toEqual([1]);
    await expect(order('soon')).rejects.toThrow(
      'order_by.start_from: expected a number or a date, got "soon"',
    );
  });

  it('takes a filter and a limit, and has no pages', async () => {
    const result = await reader.scroll({
      order_by: 'size',
      filter: { must_not: [{ has_id: [6] }] },
      limit: 2,
      with_payload: false,
    });
    expect(result).toEqual({
      points: [
        { id: 2, order_value: 3 },
        { id: 3, order_value: 4 },
      ],
      next_page_offset: null,
    });
    await expect(reader.scroll({ order_by: 'size', offset: 2 })).rejects.toThrow(
      'Cannot use an `offset` when using `order_by`',
    );
  });

  it.each(['color', 'plain', 'unknown', 'toString'])('wants an index with an order for %s', async (key) => {
    await expect(reader.scroll({ order_by: key })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(`No range index for \`order_by\` key: \`${key}\``),
    });
  });

  it('refuses what is no order', async () => {
    await expect(reader.scroll({ order_by: {} as never })).rejects.toThrow('order_by.key');
    await expect(reader.scroll({ order_by: 7 as never })).rejects.toThrow('order_by: expected a field');
    await expect(reader.scroll({ order_by: { key: 'size', direction: 'up' as never } })).rejects.toThrow(
      'order_by.direction: expected "asc" or "desc"',
    );
  });

  it('is a query too, with a score of 1, within prefetches and without', async () => {
    const hits = await reader.query({ query: { order_by: 'size' }, limit: 3 });
    expect(hits).toMatchObject([
      { id: 2, score: 1, order_value: 3 },
      { id: 6, score: 1, order_value: 3 },
      { id: 3, score: 1, order_value: 4 },
    ]);
    // The prefetch finds 6, 5, 4 and 3, of which 6 and (twice) 3 have a size.
    const rescoring = {
      prefetch: { query: [1], limit: 4 },
      query: { order_by: { key: 'size', direction: 'desc' as const } },
    };
    expect(ids(await reader.query(rescoring))).toEqual([3, 6]);
    expect(ids(await reader.query({ ...rescoring, offset: 1 }))).toEqual([6]);
    await expect(reader.query({ query: { order_by: 'size' }, score_threshold: 1 })).rejects.toThrow(
      "Can't use score_threshold with an order_by query.",
    );
  });

  it('does not repeat a point whose values follow each other', async () => {
    const { reader } = new MemoryCollection(
      [[1, 2], [5], [4, 6]].map((size, i) => ({ id: i + 1, payload: { size }, vectors: {} })),
      { schema },
    );
    expect(ids(await reader.query({ query: { order_by: 'size' } }))).toEqual([1, 3, 2, 3]);
    expect(ids((await reader.scroll({ order_by: 'size' })).points)).toEqual([1, 1, 3, 2, 3]);
  });

  it('orders as sorting does, whether columns or payloads are looked at', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.array(fc.integer({ min: 0, max: 5 }))), {
          minLength: 20,
          maxLength: 40,
        }),
        fc.boolean(),
        fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
        fc.integer({ min: 1, max: 30 }),
        fc.boolean(),
        async (sizes, descending, start_from, limit, few) => {
          const { reader } = new MemoryCollection(
            sizes.map((size, i) => ({ id: i + 1, payload: { size }, vectors: {} })),
            { schema },
          );
          const only = few ? [sizes.length] : sizes.map((_, i) => i + 1).filter((id) => id !== 2);
          const { points } = await reader.scroll({
            order_by: {
              key: 'size',
              direction: descending ? 'desc' : 'asc',
              ...(start_from !== undefined && { start_from }),
            },
            filter: { must: [{ has_id: only }] },
            limit,
          });
          const sign = descending ? -1 : 1;
          const expected = only
            .flatMap((id) => [...new Set([sizes[id - 1]!].flat())].map((value) => ({ id, value })))
            .filter(({ value }) => start_from === undefined || sign * (value - start_from) >= 0)
            .sort((a, b) => sign * (a.value - b.value || a.id - b.id))
            .slice(0, limit);
          expect(points.map(({ id, order_value }) => ({ id, value: order_value }))).toEqual(expected);
        },
      ),
      { seed: 2, numRuns: 100 },
    );
  });
});

test.each<[string, number | undefined]>([
  ['1970-01-01', 0],
  ['1970-01-01T00:00:01Z', 1e6],
  ['1970-01-01 00:00:01.5', 1.5e6],
  ['1970-01-01T00:00:00.123456789Z', 123_456],
  ['1970-01-01T01:00:00+01:00', 0],
  ['1970-01-01T01:30:00+0130', 0],
  ['1969-12-31T22:00:00-02', 0],
  ['1970-01-01t00:01', 60e6],
  ['1970-01-01 00:01', 60e6],
  ['2024-02-29', Date.UTC(2024, 1, 29) * 1000],
  ['0099-01-01', new Date('0099-01-01T00:00:00Z').getTime() * 1000],
  ['2023-02-29', undefined],
  ['2023-13-01', undefined],
  ['2023-01-01T25:00:00Z', undefined],
  ['2023-01-01T01:60', undefined],
  ['2023-01-01T01:00Z', undefined],
  ['2023-01-01T01:00:00+25:00', undefined],
  ['today', undefined],
  ['', undefined],
])('%j is %s microseconds', (text, expected) => {
  expect(parseDatetime(text)).toBe(expected);
});
