import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Distance } from '../index/types.js';
import type { Payload, PointStruct } from '../types/index.js';
import { open } from './open.js';
import type { Collection, Store } from './types.js';

let path: string;
let store: Store;
let names = 0;

beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), 'fletch-collection-'));
  store = await open(path, { threads: 1 });
});

afterAll(async () => {
  await store.close();
  await rm(path, { recursive: true, force: true });
});

function create(size = 2, distance: Distance = 'Euclid'): Promise<Collection> {
  return store.createCollection(`c${names++}`, { vectors: { size, distance } });
}

async function reopened(name: string): Promise<Collection> {
  await store.close();
  store = await open(path, { threads: 1 });
  return store.collection(name);
}

const coded = (code: string, message = '') =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });
const uuid = '00000000-0000-4000-8000-00000000000a';

describe('bad points', () => {
  const good: PointStruct = { id: 1, vector: [1, 2] };

  test.each<[string, unknown, string, string]>([
    ['no list', 'x', 'INVALID_ARGUMENT', 'points: expected a list'],
    ['no point', [good, 7], 'INVALID_ARGUMENT', 'points[1]'],
    [
      'a short vector',
      [good, { id: 2, vector: [1] }],
      'DIMENSION_MISMATCH',
      "points[1].vector has 1 dimensions, but the collection's vectors have 2",
    ],
    ['a long vector', [{ id: 2, vector: [1, 2, 3] }], 'DIMENSION_MISMATCH', 'points[0].vector has 3'],
    ['NaN', [good, { id: 2, vector: [1, Number.NaN] }], 'NON_FINITE', 'points[1].vector[1] is NaN'],
    ['infinity', [{ id: 2, vector: [-Infinity, 1] }], 'NON_FINITE', 'points[0].vector[0]'],
    ['too large for 32 bits', [{ id: 2, vector: [1e39, 1] }], 'NON_FINITE', 'points[0].vector[0] is 1e+39'],
    [
      'null',
      [{ id: 2, vector: [null, 1] }],
      'INVALID_ARGUMENT',
      'points[0].vector[0]: expected a number, got null',
    ],
    ['strings', [{ id: 2, vector: ['1', 1] }], 'INVALID_ARGUMENT', 'points[0].vector[0]'],
    ['all zeros', [{ id: 2, vector: [0, -0] }], 'ZERO_VECTOR', 'points[0].vector'],
    ['no vector', [{ id: 2 }], 'INVALID_ARGUMENT', 'points[0].vector'],
    [
      'an unknown name',
      [{ id: 2, vector: { a: [1, 2] } }],
      'INVALID_ARGUMENT',
      'no vector named "a"; it has an unnamed one',
    ],
    ['a negative id', [{ ...good, id: -1 }], 'INVALID_ARGUMENT', 'points[0].id: -1'],
    ['a fractional id', [{ ...good, id: 1.5 }], 'INVALID_ARGUMENT', 'points[0].id: 1.5'],
    ['an id past 2^53', [{ ...good, id: 2 ** 53 }], 'INVALID_ARGUMENT', 'points[0].id'],
    [
      'a word as id',
      [{ ...good, id: 'seven' }],
      'INVALID_ARGUMENT',
      'points[0].id: "seven" is not a point id',
    ],
    ['no id', [{ vector: [1, 2] }], 'INVALID_ARGUMENT', 'points[0].id: undefined'],
    ['a list as payload', [{ ...good, payload: [] }], 'INVALID_ARGUMENT', 'points[0].payload'],
    ['a word as payload', [{ ...good, payload: 'x' }], 'INVALID_ARGUMENT', 'not a string'],
    ['a bigint in the payload', [{ ...good, payload: { a: 1n } }], 'INVALID_ARGUMENT', 'as JSON'],
  ])('%s: nothing of the batch is written', async (_what, points, code, message) => {
    const collection = await create(2, 'Cosine');
    await collection.upsert([{ id: 9, vector: [1, 0] }]);
    await expect(collection.upsert(points as PointStruct[])).rejects.toThrow(coded(code, message));
    expect((await collection.scroll()).points.map(({ id }) => id)).toEqual([9]);
    await collection.upsert([good]);
    expect(await collection.count()).toBe(2);
  });

  test.each<[string, (collection: Collection) => unknown, string, string]>([
    ['query dimension', (c) => c.query({ query: [1] }), 'DIMENSION_MISMATCH', 'query has 1 dimensions'],
    ['query NaN', (c) => c.query({ query: [1, Number.NaN] }), 'NON_FINITE', 'query[1]'],
    ['query id', (c) => c.query({ query: 77 }), 'NOT_FOUND', 'No point with id 77'],
    ['query word', (c) => c.query({ query: 'x' }), 'INVALID_ARGUMENT', 'query: "x" is not a point id'],
    ['query kind', (c) => c.query({ query: { fusion: 'rrf' } as never }), 'INVALID_ARGUMENT', 'fusion'],
    ['using', (c) => c.query({ query: [1, 2], using: 'text' }), 'INVALID_ARGUMENT', 'no vector named "text"'],
    ['limit', (c) => c.query({ query: [1, 2], limit: 0 }), 'INVALID_ARGUMENT', 'limit'],
    ['limit', (c) => c.query({ query: [1, 2], limit: 1.5 }), 'INVALID_ARGUMENT', 'limit'],
    ['offset', (c) => c.query({ query: [1, 2], offset: -1 }), 'INVALID_ARGUMENT', 'offset'],
    [
      'threshold',
      (c) => c.query({ query: [1, 2], score_threshold: 'x' as never }),
      'INVALID_ARGUMENT',
      'score_threshold',
    ],
    ['ef', (c) => c.query({ query: [1, 2], params: { hnsw_ef: 0 } }), 'INVALID_ARGUMENT', 'params.hnsw_ef'],
    [
      'filter',
      (c) => c.query({ query: [1, 2], filter: { must: { kye: 1 } as never } }),
      'INVALID_FILTER',
      'filter.must',
    ],
    ['filter of a scroll', (c) => c.scroll({ filter: 7 as never }), 'INVALID_FILTER', 'filter'],
    ['offset of a scroll', (c) => c.scroll({ offset: 'x' }), 'INVALID_ARGUMENT', 'offset'],
    [
      'payload selector',
      (c) => c.scroll({ with_payload: { keep: [] } as never }),
      'INVALID_ARGUMENT',
      'with_payload',
    ],
    ['vector selector', (c) => c.scroll({ with_vector: ['a'] }), 'INVALID_ARGUMENT', 'no vector named "a"'],
    ['deletion', (c) => c.delete({} as never), 'INVALID_ARGUMENT', 'which points'],
    ['deletion filter', (c) => c.delete({ filter: { x: 1 } as never }), 'INVALID_FILTER', 'filter.x'],
    ['deletion ids', (c) => c.delete({ points: [1, 'b'] }), 'INVALID_ARGUMENT', 'points[1]'],
    ['patch', (c) => c.setPayload([] as never, { points: [1] }), 'INVALID_ARGUMENT', 'payload'],
    ['patch path', (c) => c.setPayload({}, { points: [1] }, 'a..b'), 'INVALID_ARGUMENT', 'a..b'],
    ['index type', (c) => c.createPayloadIndex('a', 'colour' as never), 'INVALID_ARGUMENT', 'geo'],
    ['index path', (c) => c.createPayloadIndex('', 'keyword'), 'INVALID_ARGUMENT', 'path'],
    [
      'index parameter',
      (c) => c.createPayloadIndex('a', { type: 'text', tokenizer: 'no' as never }),
      'INVALID_ARGUMENT',
      'field_schema.tokenizer',
    ],
    [
      'facet of no index',
      (c) => c.facet({ key: 'a' }),
      'INVALID_ARGUMENT',
      'No appropriate index for faceting: `a`',
    ],
    ['facet path', (c) => c.facet({ key: '[]' }), 'INVALID_ARGUMENT', 'path'],
  ])('bad request: %s', async (_what, act, code, message) => {
    const collection = await create();
    await expect((async () => act(collection))()).rejects.toThrow(coded(code, message));
  });
});

test('odd keys are plain data and pollute nothing', async () => {
  const collection = await create();
  const odd = JSON.parse(
    '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}',
  ) as Payload;
  await collection.upsert([{ id: 1, vector: [1, 2], payload: odd }]);
  await collection.setPayload(odd, { points: [1] }, '__proto__.polluted');
  await collection.setPayload({ polluted: 2 }, { points: [1] }, 'constructor.prototype');
  await collection.deletePayload(['__proto__.toString'], { points: [1] });
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
  const [point] = collection.retrieve([1], { with_payload: ['__proto__', 'constructor'] });
  expect(JSON.parse(JSON.stringify(point!.payload))).toEqual(
    JSON.parse(
      `{"__proto__": {"polluted": ${JSON.stringify(odd)}}, "constructor": {"prototype": {"polluted": 2}}}`,
    ),
  );
});

describe('queries', () => {
  test.each<[Distance, number[], number | undefined]>([
    ['Cosine', [2, 1, 3, 4], 0.8],
    ['Dot', [1, 2, 3, 4], 1],
    ['Euclid', [2, 3, 1, 4], 1.2],
    ['Manhattan', [2, 3, 1, 4], 1.6],
  ])('by %s are ordered best first, cut by the threshold', async (distance, order, threshold) => {
    const collection = await create(2, distance);
    await collection.upsert([
      { id: 1, vector: [2, 1] },
      { id: 2, vector: [1, 0.1] },
      { id: 3, vector: [0.5, 1] },
      { id: 4, vector: [-1, 0] },
    ]);
    const hits = await collection.query({ query: [1, 0] });
    expect(hits.map(({ id }) => id)).toEqual(order);
    const some = await collection.query({ query: [1, 0], score_threshold: threshold! });
    const larger = distance === 'Cosine' || distance === 'Dot';
    expect(some).toEqual(hits.filter(({ score }) => (larger ? score > threshold! : score < threshold!)));
    expect(some.length).toBeLessThan(4);
    expect(await collection.query({ query: [1, 0], limit: 2, offset: 1 })).toEqual(hits.slice(1, 3));
    expect(await collection.query({ query: [1, 0], limit: 10, offset: 10 })).toEqual([]);
  });

  test('by the id of a point leave that point out', async () => {
    const collection = await create();
    await collection.upsert([0, 1, 2, 3].map((id) => ({ id, vector: [id, 0] })));
    const ids = async (request: object) => (await collection.query(request)).map(({ id }) => id);
    expect(await ids({ query: 1, limit: 2 })).toEqual([0, 2]);
    expect(await ids({ query: { nearest: 3 }, limit: 2 })).toEqual([2, 1]);
    expect(await ids({ query: { nearest: [3, 0] }, limit: 1 })).toEqual([3]);
    expect(await ids({ query: 1, filter: { must: { has_id: [2, 3] } } })).toEqual([2, 3]);
  });

  test('without a vector follow the ids', async () => {
    const collection = await create();
    await collection.upsert([
      { id: uuid, vector: [1, 2] },
      ...[10, 9, 2 ** 40].map((id) => ({ id, vector: [1, 2] })),
    ]);
    expect(await collection.query({ limit: 3 })).toEqual(
      [9, 10, 2 ** 40].map((id) => ({ id, version: 1, score: 1 })),
    );
    expect((await collection.query({ offset: 3 })).map(({ id }) => id)).toEqual([uuid]);
  });

  test('of nothing find nothing', async () => {
    const collection = await create();
    expect(await collection.query({ query: [1, 2] })).toEqual([]);
    expect(await collection.scroll()).toEqual({ points: [], next_page_offset: null });
    await collection.createPayloadIndex('a', 'keyword');
    expect(await collection.facet({ key: 'a' })).toEqual([]);
    await collection.upsert([{ id: 1, vector: [1, 2] }]);
    await collection.delete({ filter: {} });
    expect(await collection.query({ query: [1, 2] })).toEqual([]);
  });

  test('under cosine bear large and tiny vectors', async () => {
    const collection = await create(2, 'Cosine');
    await collection.upsert([
      { id: 1, vector: [3e38, 3e38] },
      { id: 2, vector: [1e-38, 0] },
    ]);
    const hits = await collection.query({ query: [1e-30, 1e-30], with_vector: true });
    expect(hits.map(({ id, score }) => [id, score])).toEqual([
      [1, expect.closeTo(1, 5)],
      [2, expect.closeTo(Math.SQRT1_2, 5)],
    ]);
    expect(hits[0]!.vector).toEqual([expect.closeTo(Math.SQRT1_2, 5), expect.closeTo(Math.SQRT1_2, 5)]);
  });

  test('never see half of a write while it is under way', async () => {
    const collection = await create();
    const both = (n: number) => [1, 2].map((id) => ({ id, vector: [n, id], payload: { n } }));
    await collection.upsert(both(0));
    let going = true;
    const writing = (async () => {
      for (let n = 1; n <= 30; n++) {
        await collection.upsert(both(n));
        if (n % 10 === 0) {
          await collection.delete({ points: [1, 2] });
          await collection.upsert(both(n));
        }
      }
      going = false;
    })();
    let looks = 0;
    while (going) {
      const hits = await collection.query({ query: [0, 0], with_payload: true, with_vector: true });
      const scrolled = (await collection.scroll({ with_vector: true })).points;
      for (const points of [hits, scrolled]) {
        expect([0, 2]).toContain(points.length);
        const numbers = points.flatMap(({ payload, vector }) => [payload!.n, (vector as number[])[0]]);
        expect(new Set(numbers).size).toBeLessThan(2);
      }
      looks++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await writing;
    expect(looks).toBeGreaterThan(10);
  });
});

describe('what is returned', () => {
  const payload: Payload = {
    name: 'x',
    deep: { a: 1, b: { c: 2, d: 3 } },
    list: [{ e: 1, f: 2 }, { e: 3 }],
  };

  test.each<[unknown, Payload | undefined]>([
    [undefined, payload],
    [true, payload],
    [false, undefined],
    [[], {}],
    [['name'], { name: 'x' }],
    [['deep.b.c', 'name'], { name: 'x', deep: { b: { c: 2 } } }],
    [{ include: ['list[].e'] }, { list: [{ e: 1 }, { e: 3 }] }],
    [{ include: ['list'] }, { list: payload.list! }],
    [{ exclude: ['deep', 'list'] }, { name: 'x' }],
    [{ exclude: ['deep.b.c', 'list[].e'] }, { name: 'x', deep: { a: 1, b: { d: 3 } }, list: [{ f: 2 }, {}] }],
    [{ exclude: [] }, payload],
  ])('with_payload %j', async (selector, expected) => {
    const collection = await create();
    await collection.upsert([{ id: 1, vector: [1, 2], payload }]);
    const [point] = collection.retrieve([1, 5], { with_payload: selector as never });
    expect(point).toEqual(expected === undefined ? { id: 1 } : { id: 1, payload: expected });
  });

  test('versions are those of the write that changed the point', async () => {
    const collection = await create();
    const first = await collection.upsert([1, 2, 3].map((id) => ({ id, vector: [id, 0] })));
    const second = await collection.setPayload({ a: 1 }, { points: [2] });
    const third = await collection.upsert([{ id: 3, vector: [7, 7] }]);
    expect(second.operation_id).toBeGreaterThan(first.operation_id);
    expect((await collection.query({})).map(({ version }) => version)).toEqual(
      [first, second, third].map(({ operation_id }) => operation_id),
    );
    const again = await reopened(collection.name);
    expect((await again.clearPayload({ points: [1] })).operation_id).toBe(third.operation_id + 1);
  });

  test('scrolls go on where they stopped', async () => {
    const collection = await create();
    const ids = [...Array.from({ length: 25 }, (_, i) => i * 3), uuid];
    await collection.upsert(ids.map((id) => ({ id, vector: [1, 2] })));
    const seen: unknown[] = [];
    let offset: number | string | null | undefined;
    do {
      const page = await collection.scroll({ limit: 7, offset: offset ?? null });
      seen.push(...page.points.map(({ id }) => id));
      offset = page.next_page_offset;
    } while (offset !== null);
    expect(seen).toEqual(ids);
    expect((await collection.scroll({ offset: 70 })).points.map(({ id }) => id)).toEqual([72, uuid]);
  });
});

describe('payloads', () => {
  test('are merged, at a path too; null removes', async () => {
    const collection = await create();
    await collection.upsert([
      { id: 1, vector: [1, 2], payload: { a: 1, b: { c: 1 }, l: [{ x: 1 }, { y: 2 }] } },
    ]);
    const selector = { points: [1] };
    await collection.setPayload({ a: null, d: 2 }, selector);
    await collection.setPayload({ e: 3 }, selector, 'b');
    await collection.setPayload({ z: 0 }, selector, 'l[]');
    await collection.setPayload({ n: 1 }, selector, 'new.deep');
    expect(collection.retrieve([1])[0]!.payload).toEqual({
      b: { c: 1, e: 3 },
      d: 2,
      l: [
        { x: 1, z: 0 },
        { y: 2, z: 0 },
      ],
      new: { deep: { n: 1 } },
    });
    await collection.deletePayload(['b.c', 'l[].z', 'l[1].y', 'new', 'missing.x'], selector);
    expect(collection.retrieve([1])[0]!.payload).toEqual({ b: { e: 3 }, d: 2, l: [{ x: 1 }, {}] });
    // An element of an array cannot be removed by its index: a repeated request would remove another one.
    await collection.deletePayload(['l[0]'], selector);
    expect(collection.retrieve([1])[0]!.payload).toEqual({ b: { e: 3 }, d: 2, l: [{ x: 1 }, {}] });
  });

  test('free facts about the collection can be replaced', async () => {
    const collection = await create();
    expect(collection.info().config.metadata).toBeUndefined();
    await collection.setMetadata({ encoder: 'x' });
    expect((await reopened(collection.name)).info().config.metadata).toEqual({ encoder: 'x' });
  });
});

describe('named vectors', () => {
  test('are indexed one by one; a point may lack some', async () => {
    const collection = await store.createCollection('named', {
      vectors: { text: { size: 2, distance: 'Cosine' }, image: { size: 3, distance: 'Euclid' } },
    });
    await collection.upsert([
      { id: 1, vector: { text: [3, 4], image: [1, 1, 1] } },
      { id: 2, vector: { text: [1, 0] } },
      { id: 3, vector: { image: [2, 2, 2] } },
    ]);
    const check = async (target: Collection) => {
      const ids = async (request: object) => (await target.query(request)).map(({ id }) => id);
      expect(await ids({ query: [1, 0], using: 'text' })).toEqual([2, 1]);
      expect(await ids({ query: [2, 2, 2], using: 'image' })).toEqual([3, 1]);
      await expect(target.query({ query: [1, 0] })).rejects.toThrow(
        coded('INVALID_ARGUMENT', '"text", "image"'),
      );
      await expect(target.query({ query: 3, using: 'text' })).rejects.toThrow(
        coded('NOT_FOUND', 'no vector named "text"'),
      );
      expect(target.retrieve([1, 2], { with_vector: true, with_payload: false })).toEqual([
        { id: 1, vector: { text: [expect.closeTo(0.6, 6), expect.closeTo(0.8, 6)], image: [1, 1, 1] } },
        { id: 2, vector: { text: [1, 0] } },
      ]);
      expect(target.retrieve([1], { with_vector: ['image'], with_payload: false })).toEqual([
        { id: 1, vector: { image: [1, 1, 1] } },
      ]);
    };
    await check(collection);
    await check(await reopened('named'));
  });
});
