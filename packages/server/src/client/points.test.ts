import { describe, expect } from 'vitest';
import { POINTS, UUID } from '../testing/setup.case.js';
import { type Fixture, freshName, ids, method, operation, refused, useClient } from './client.case.js';

useClient();

/** A collection with points 1, 2, 3 and payloads. */
async function small({ client }: Fixture): Promise<string> {
  const name = freshName();
  await client.createCollection(name, { vectors: { size: 2, distance: 'Dot' } });
  await client.upsert(name, {
    points: [1, 2, 3].map((id) => ({ id, vector: [id, 0], payload: { a: id, b: { c: 'x' } } })),
  });
  return name;
}

async function payloads({ client }: Fixture, name: string) {
  const { points } = await client.scroll(name);
  return Object.fromEntries(points.map(({ id, payload }) => [id, payload]));
}

const done = { status: 'completed', operation_id: expect.any(Number) };

describe('writes', () => {
  method('upsert: rows', async (fixture) => {
    const { client } = fixture;
    const name = await small(fixture);
    const receipt = await client.upsert(name, {
      wait: true,
      ordering: 'strong',
      points: [
        { id: 1, vector: [5, 6], payload: { new: true } },
        { id: UUID, vector: [7, 8] },
      ],
    });
    expect(receipt).toMatchObject(done);
    const found = await client.retrieve(name, { ids: [1, UUID], with_vector: true });
    expect(found).toMatchObject([
      { id: 1, payload: { new: true }, vector: [5, 6] },
      { id: UUID, vector: [7, 8] },
    ]);
    expect((await client.count(name)).count).toBe(4);
  });

  method('upsert: columns', async (fixture) => {
    const { client } = fixture;
    const name = await small(fixture);
    const vectors = [
      [3, 4],
      [5, 6],
    ];
    await client.upsert(name, { batch: { ids: [2, 9], vectors, payloads: [{ a: 'b' }, null] } });
    const found = await client.retrieve(name, { ids: [2, 9], with_vector: true });
    expect(found.map(({ vector }) => vector)).toEqual(vectors);
    expect(found.map(({ payload }) => payload ?? {})).toEqual([{ a: 'b' }, {}]);
  });

  method('upsert: all or nothing', async (fixture) => {
    const { client } = fixture;
    const name = await small(fixture);
    const wrong = client.upsert(name, {
      points: [
        { id: 8, vector: [1, 2] },
        { id: 9, vector: [1, 2, 3] },
      ],
    });
    const words = 'Wrong input: Vector dimension error: expected dim: 2, got 3';
    await expect(wrong).rejects.toMatchObject(refused(400, expect.stringContaining(words)));
    expect((await client.count(name)).count).toBe(3);
  });

  method('delete', async (fixture) => {
    const { client } = fixture;
    const name = await small(fixture);
    expect(await client.delete(name, { points: [1, 99], wait: true, ordering: 'medium' })).toMatchObject(
      done,
    );
    expect(Object.keys(await payloads(fixture, name))).toEqual(['2', '3']);
    await client.delete(name, { filter: { must: [{ key: 'a', match: { value: 3 } }] } });
    expect(Object.keys(await payloads(fixture, name))).toEqual(['2']);
  });

  method('setPayload', async (fixture) => {
    const { client } = fixture;
    const name = await small(fixture);
    expect(await client.setPayload(name, { payload: { d: 4 }, points: [1] })).toMatchObject(done);
    await client.setPayload(name, {
      payload: { e: 5 },
      filter: { must: [{ has_id: [2] }] },
      key: 'b',
    });
    expect(await payloads(fixture, name)).toEqual({
      1: { a: 1, b: { c: 'x' }, d: 4 },
      2: { a: 2, b: { c: 'x', e: 5 } },
      3: { a: 3, b: { c: 'x' } },
    });
  });

  method('overwritePayload', async (fixture) => {
    const { client } = fixture;
    const name = await small(fixture);
    expect(await client.overwritePayload(name, { payload: { d: 4 }, points: [1, 2] })).toMatchObject(done);
    expect(await payloads(fixture, name)).toEqual({ 1: { d: 4 }, 2: { d: 4 }, 3: { a: 3, b: { c: 'x' } } });
  });

  method('deletePayload', async (fixture) => {
    const { client } = fixture;
    const name = await small(fixture);
    expect(await client.deletePayload(name, { keys: ['a', 'b.c'], points: [1] })).toMatchObject(done);
    await client.deletePayload(name, { keys: ['b'], filter: { must: [{ has_id: [3] }] } });
    expect(await payloads(fixture, name)).toEqual({ 1: { b: {} }, 2: { a: 2, b: { c: 'x' } }, 3: { a: 3 } });
  });

  method('clearPayload', async (fixture) => {
    const { client } = fixture;
    const name = await small(fixture);
    expect(await client.clearPayload(name, { points: [1] })).toMatchObject(done);
    await client.clearPayload(name, { filter: { must: [{ has_id: [2] }] } });
    expect(await payloads(fixture, name)).toEqual({ 1: {}, 2: {}, 3: { a: 3, b: { c: 'x' } } });
  });

  method('batchUpdate', async (fixture) => {
    const { client } = fixture;
    const name = await small(fixture);
    const receipts = await client.batchUpdate(name, {
      wait: true,
      operations: [
        { upsert: { points: [{ id: 4, vector: [4, 4], payload: { a: 4 } }] } },
        { set_payload: { payload: { seen: true }, points: [1, 4] } },
        { overwrite_payload: { payload: { only: 1 }, points: [2] } },
        { delete_payload: { keys: ['b'], points: [1] } },
        { clear_payload: { points: [3] } },
        { update_vectors: { points: [{ id: 1, vector: [9, 9] }] } },
        { delete: { points: [3] } },
      ],
    });
    expect(receipts).toHaveLength(7);
    for (const receipt of receipts) expect(receipt).toMatchObject(done);
    expect(await payloads(fixture, name)).toEqual({
      1: { a: 1, seen: true },
      2: { only: 1 },
      4: { a: 4, seen: true },
    });
    expect(await client.retrieve(name, { ids: [1], with_vector: true })).toMatchObject([{ vector: [9, 9] }]);
  });
});

describe('reads', () => {
  method('retrieve', async ({ client }) => {
    const found = await client.retrieve('cities', { ids: [2, UUID, 99], with_payload: ['city'] });
    expect(found).toHaveLength(2);
    expect(found.find(({ id }) => id === 2)).toEqual({ id: 2, payload: { city: 'Paris' } });
    const [plain] = await client.retrieve('cities', { ids: [2], with_payload: false, with_vector: true });
    expect(plain).toEqual({ id: 2, vector: [0, 1, 0, 0] });
    await expect(client.retrieve('none', { ids: [1] })).rejects.toMatchObject(
      refused(404, "Not found: Collection `none` doesn't exist!"),
    );
  });

  operation('getPoint', async ({ client }) => {
    const { data } = await client.api().getPoint({ collection_name: 'cities', id: 5 });
    expect(data.result).toMatchObject({
      id: 5,
      payload: { city: 'Rome', size: 3, tags: [] },
      vector: [expect.closeTo(0.6, 6), expect.closeTo(0.8, 6), 0, 0],
    });
    expect((await client.api().getPoint({ collection_name: 'cities', id: UUID })).data.result?.id).toBe(UUID);
    await expect(client.api().getPoint({ collection_name: 'cities', id: 77 })).rejects.toMatchObject(
      refused(404, 'Not found: Point with id 77 does not exists!'),
    );
  });

  method('count', async ({ client }) => {
    expect(await client.count('cities')).toEqual({ count: 6 });
    const filter = { must: [{ key: 'city', match: { value: 'London' } }] };
    expect(await client.count('cities', { filter, exact: true, timeout: 5 })).toEqual({ count: 2 });
    expect((await client.count('cities', { filter, exact: false })).count).toBeLessThanOrEqual(6);
  });

  method('count: every condition', async ({ client }) => {
    const count = async (filter: object) => (await client.count('cities', { filter })).count;
    expect(await count({ must: [{ key: 'city', match: { value: 'London' } }] })).toBe(2);
    expect(await count({ must: { key: 'open', match: { value: true } } })).toBe(1);
    expect(await count({ must: [{ key: 'tags', match: { any: ['big', 'none'] } }] })).toBe(1);
    expect(await count({ must: [{ key: 'city', match: { except: ['London', 'Paris'] } }] })).toBe(2);
    expect(await count({ must: [{ key: 'city', match: { text: 'Lond' } }] })).toBe(2);
    expect(await count({ must: [{ key: 'size', range: { gt: 1, lte: 4 } }] })).toBe(3);
    expect(await count({ must: [{ has_id: [1, UUID, 77] }] })).toBe(2);
    expect(await count({ must: [{ is_empty: { key: 'tags' } }] })).toBe(4);
    expect(await count({ must: [{ is_null: { key: 'note' } }] })).toBe(1);
    expect(await count({ must_not: [{ key: 'city', match: { value: 'London' } }] })).toBe(4);
    expect(await count({ should: [{ key: 'city', match: { value: 'Rome' } }, { has_id: [1] }] })).toBe(2);
    const nested = {
      must: [
        { must_not: [{ should: [{ has_id: [1] }, { has_id: [2] }] }] },
        { key: 'size', range: { gte: 0 } },
      ],
    };
    expect(await count(nested)).toBe(3);
  });

  method('count: conditions of 1.19', async ({ client }) => {
    const name = freshName();
    await client.createCollection(name, { vectors: { size: 1, distance: 'Dot' } });
    await client.upsert(name, {
      points: [
        {
          id: 1,
          vector: [1],
          payload: {
            at: '2024-05-17T09:30:00Z',
            place: { lat: 51.5, lon: -0.1 },
            pets: [
              { kind: 'cat', age: 3 },
              { kind: 'dog', age: 9 },
            ],
            prose: 'the quick brown fox',
          },
        },
        {
          id: 2,
          vector: [2],
          payload: { at: '2020-01-01', place: { lat: 48.9, lon: 2.3 }, pets: [{ kind: 'cat', age: 9 }] },
        },
      ],
    });
    const found = async (filter: object) => ids((await client.scroll(name, { filter })).points);
    expect(await found({ must: { key: 'at', range: { gte: '2024-01-01T00:00:00Z' } } })).toEqual([1]);
    expect(await found({ must: { key: 'pets', values_count: { gte: 2 } } })).toEqual([1]);
    expect(await found({ must: { has_vector: '' } })).toEqual([1, 2]);
    const old = {
      must: [
        { key: 'kind', match: { value: 'cat' } },
        { key: 'age', range: { gt: 5 } },
      ],
    };
    expect(await found({ must: { nested: { key: 'pets', filter: old } } })).toEqual([2]);
    expect(
      await found({ min_should: { min_count: 2, conditions: [{ has_id: [1] }, { has_id: [1, 2] }] } }),
    ).toEqual([1]);
    const london = { lat: 51.5, lon: 0 };
    expect(await found({ must: { key: 'place', geo_radius: { center: london, radius: 20_000 } } })).toEqual([
      1,
    ]);
    const box = { top_left: { lat: 50, lon: 0 }, bottom_right: { lat: 40, lon: 10 } };
    expect(await found({ must: { key: 'place', geo_bounding_box: box } })).toEqual([2]);
    const around = [
      { lat: 47, lon: 0 },
      { lat: 50, lon: 0 },
      { lat: 50, lon: 5 },
      { lat: 47, lon: 0 },
    ];
    expect(await found({ must: { key: 'place', geo_polygon: { exterior: { points: around } } } })).toEqual([
      2,
    ]);
    await client.createPayloadIndex(name, {
      field_name: 'prose',
      field_schema: { type: 'text', phrase_matching: true },
    });
    expect(await found({ must: { key: 'prose', match: { text: 'fox QUICK' } } })).toEqual([1]);
    expect(await found({ must: { key: 'prose', match: { text_any: 'bear fox' } } })).toEqual([1]);
    expect(await found({ must: { key: 'prose', match: { phrase: 'quick brown' } } })).toEqual([1]);
    expect(await found({ must: { key: 'prose', match: { phrase: 'brown quick' } } })).toEqual([]);
  });

  method('scroll', async ({ client }) => {
    const seen: (number | string)[] = [];
    let offset: number | string | undefined;
    do {
      const page = await client.scroll('cities', { limit: 2, ...(offset !== undefined && { offset }) });
      expect(page.points.length).toBeLessThanOrEqual(2);
      seen.push(...ids(page.points));
      offset = (page.next_page_offset ?? undefined) as typeof offset;
    } while (offset !== undefined);
    expect(seen).toEqual(ids(POINTS));
    const { points } = await client.scroll('cities', {
      filter: { must: [{ key: 'size', range: { gt: 2.5 } }] },
      with_payload: { exclude: ['tags', 'note'] },
      with_vector: false,
      consistency: 'majority',
    });
    expect(points).toEqual([
      { id: 1, payload: { city: 'London', size: 9 } },
      { id: 3, payload: { city: 'Berlin', size: 4 } },
      { id: 5, payload: { city: 'Rome', size: 3 } },
    ]);
  });

  method('scroll: in the order of a field', async ({ client }) => {
    const name = freshName();
    await client.createCollection(name, { vectors: { size: 1, distance: 'Dot' } });
    const points = [3, 1, 2].map((size, id) => ({ id, vector: [1], payload: { size } }));
    await client.upsert(name, { points: [...points, { id: 9, vector: [1] }] });
    await client.createPayloadIndex(name, { field_name: 'size', field_schema: 'integer' });
    const down = await client.scroll(name, { order_by: { key: 'size', direction: 'desc' }, limit: 2 });
    expect([ids(down.points), down.next_page_offset]).toEqual([[0, 2], null]);
    const rest = await client.scroll(name, { order_by: { key: 'size', direction: 'desc', start_from: 1 } });
    expect(ids(rest.points)).toEqual([1]);
    expect(ids((await client.scroll(name, { order_by: 'size' })).points)).toEqual([1, 2, 0]);
  });
});
