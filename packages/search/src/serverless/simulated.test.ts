import { Matrix } from '@fletch/linalg';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  buildSquash,
  type ObjectStore,
  type SquashIndex,
  type SquashPredicate,
  saveSquash,
} from '../squash/index.js';
import { bruteForce, sampleData } from '../squash/support.case.js';
import { memoryObjects, queryServerless, runServerless, simulatedFunctions } from './index.js';

const { x, attrs, queries: list } = sampleData(1200, 16);
const queries = Matrix.from(list, 'float32');
const where: SquashPredicate[] = [{ attr: 'price', op: 'between', a: 0.3, b: 0.6 }];

let index: SquashIndex;
let store: ObjectStore;
beforeAll(async () => {
  index = await buildSquash(x, attrs, { partitions: 5, attributeNames: ['price', 'year'] });
  store = memoryObjects();
  await saveSquash(index, store);
});

const sameAs = (expected: { ids: Uint32Array; dists: Float32Array }[]) =>
  expected.map(({ ids, dists }) => expect.objectContaining({ ids, dists, partial: false, missing: [] }));

describe('the functions', () => {
  test.each([
    { F: 2, lMax: 1 },
    { F: 4, lMax: 3 },
    { F: 3, lMax: 2, batch: 1 },
    { F: 10, lMax: 1, batch: 7 },
  ])('answer as the index does: %j', async (tree) => {
    for (const conditions of [[], where]) {
      const [{ results }] = (await runServerless(index, queries, { k: 7, where: conditions, ...tree })) as [
        Awaited<ReturnType<typeof queryServerless>>,
      ];
      expect(results).toEqual(sameAs(list.map((query) => index.search(query, 7, { where: conditions }))));
      for (const [i, { matched }] of results.entries())
        expect(matched).toBe(index.search(list[i]!, 7, { where: conditions }).funnel.matched);
    }
  });

  test('conditions of each query', async () => {
    const each = list.map((_, i): SquashPredicate[] => [{ attr: 1, op: '<', a: i / 20 }]);
    const { results } = await queryServerless(simulatedFunctions(store), queries, 5, { where: each });
    expect(results).toEqual(sameAs(list.map((query, i) => index.search(query, 5, { where: each[i]! }))));
    const attributes = each.map((conditions) => conditions.map((condition) => ({ ...condition, attr: 1 })));
    for (const [i, { ids }] of results.entries())
      expect(ids).toHaveLength(Math.min(5, bruteForce(x, attrs, list[i]!, 5, attributes[i]!).matched));
  });

  test('everything that is looked at is exact', async () => {
    const everything = {
      hammingPercent: 100,
      refine: Number.POSITIVE_INFINITY,
      centroidFactor: Number.POSITIVE_INFINITY,
    };
    const { results } = await queryServerless(simulatedFunctions(store), queries, 6, {
      where,
      ...everything,
    });
    const exact = list.map((query) => index.search(query, 6, { where, mode: 'exact' }).ids);
    expect(results.map(({ ids }) => ids)).toEqual(exact);
    for (const { partitions } of results) expect(partitions).toBe(5);
  });

  test('the second round is warm: the same answers, no byte of the index read', async () => {
    const [first, second] = await runServerless(index, queries, { where, rounds: 2 });
    expect(second!.results).toEqual(first!.results);
    expect(first).toMatchObject({ warm: 0 });
    expect(first!.usage.indexBytes).toBeGreaterThan(0);
    expect(second).toMatchObject({ cold: 0, usage: { indexBytes: 0 } });
    expect(second!.bytesRead).toBe(first!.usage.vectorBytes);
    const [, cold] = await runServerless(index, queries, { where, rounds: 2, retention: false });
    expect(cold!.warm).toBe(0);
    expect(cold!.usage.indexBytes).toBe(first!.usage.indexBytes);
  });

  test('a new version is found, though containers hold the old one', async () => {
    const place = memoryObjects();
    await saveSquash(index, place);
    const invoke = simulatedFunctions(place);
    const before = await queryServerless(invoke, queries, 5);
    const other = await buildSquash(x, attrs, { partitions: 3, seed: 9 });
    const { tag } = await saveSquash(other, place);
    const after = await queryServerless(invoke, queries, 5);
    expect(after.tag).toBe(tag);
    expect(before.tag).not.toBe(tag);
    expect(after.warm).toBe(0);
    expect(after.results).toEqual(sameAs(list.map((query) => other.search(query, 5))));
  });

  test('use and cost are counted', async () => {
    const prices = { request: 1, gbSecond: 0, get: 1000, byte: 0 };
    const { usage, cost } = await queryServerless(simulatedFunctions(store), queries, 5, {
      F: 2,
      lMax: 1,
      prices,
    });
    // A coordinator, two allocators, and what processors their queries visit.
    expect(usage.requests).toBeGreaterThan(3);
    expect(usage.requests).toBe(3 + (usage.warm + usage.cold - 2));
    expect(cost.dollars).toBe(usage.requests + 1000 * usage.gets);
    expect(usage.gbSeconds).toBeGreaterThan(0);
  });

  test('a tree starts faster than one call after the other', async () => {
    const starts: number[] = [];
    // Next to no work, so that starting is what takes time.
    const small = sampleData(200, 4);
    const place = memoryObjects();
    await saveSquash(await buildSquash(small.x, [], { partitions: 1 }), place);
    const many = new Matrix(small.x.data.slice(0, 84 * 4), 84, 4);
    const invoke = simulatedFunctions(place, {
      latency: 20,
      onStart: (name, at) => void (name === 'allocator' && starts.push(at)),
    });
    await queryServerless(invoke, many, 1);
    expect(starts).toHaveLength(84);
    expect(Math.max(...starts) - Math.min(...starts)).toBeLessThan(0.35 * 84 * 20);
  });
});

describe('when something fails', () => {
  const ask = (onStart: (name: string) => void | Promise<void>, options = {}) =>
    queryServerless(simulatedFunctions(store, { onStart }), queries, 5, options);
  const expected = () => sameAs(list.map((query) => index.search(query, 5)));
  const crash = () => {
    throw new Error('crashed');
  };

  test('the coordinator is gone: all queries say so', async () => {
    const { results, tag } = await ask((name) => (name === 'coordinator' ? crash() : undefined));
    expect(tag).toBeNull();
    expect(results).toHaveLength(20);
    for (const { partial, missing, ids } of results) {
      expect(partial).toBe(true);
      expect(ids).toHaveLength(0);
      expect(missing).toEqual([{ part: 'coordinator', code: 'UNAVAILABLE', reason: 'crashed' }]);
    }
  });

  test('every second start fails: they are called again, and the answer is whole', async () => {
    const starts = new Map<string, number>();
    const { results, usage } = await ask(
      (name) => {
        starts.set(name, (starts.get(name) ?? 0) + 1);
        if (starts.get(name)! === 1) crash();
      },
      { F: 2, lMax: 1 },
    );
    expect(results).toEqual(expected());
    expect(usage.requests).toBeGreaterThan(0);
    expect(starts.get('coordinator')).toBe(2);
  });

  test('an allocator that stays away leaves its queries unanswered, and no others', async () => {
    let count = 0;
    const { results } = await ask(
      (name) => {
        // The first of two, and its second attempt.
        if (name === 'allocator' && [0, 2].includes(count++)) crash();
      },
      { F: 2, lMax: 1 },
    );
    const partial = results.filter((result) => result.partial);
    expect(partial).toHaveLength(10);
    for (const { missing, ids } of partial) {
      expect(missing[0]).toMatchObject({ part: 'allocator', reason: 'crashed' });
      expect(ids).toHaveLength(0);
    }
    const whole = list.map((query) => index.search(query, 5).ids);
    for (const [i, { ids, partial: lacks }] of results.entries()) if (!lacks) expect(ids).toEqual(whole[i]);
  });

  test('a processor that is too slow is not waited for', async () => {
    const started = performance.now();
    const slow = new AbortController();
    const { results } = await ask(
      (name) =>
        name === 'processor-1'
          ? new Promise((resolve) => slow.signal.addEventListener('abort', () => resolve()))
          : undefined,
      { timeout: 1500 },
    );
    slow.abort();
    expect(performance.now() - started).toBeLessThan(5000);
    const [late, fine] = [
      results.filter(({ partial }) => partial),
      results.filter(({ partial }) => !partial),
    ];
    expect(late.length).toBeGreaterThan(0);
    expect(fine.length).toBeGreaterThan(0);
    for (const { missing } of late)
      expect(missing[0]).toMatchObject({ part: 'processor-1', code: 'UNAVAILABLE' });
    for (const { missing } of late) expect(missing[0]!.reason).toMatch(/no answer within \d+ ms/);
  });

  test.each(['allocator', 'partition-2/index', 'partition-2/vectors'])(
    '%s is missing or of another version: answers say what they lack',
    async (part) => {
      const other = memoryObjects();
      await saveSquash(await buildSquash(x, attrs, { partitions: 5, seed: 3 }), other);
      const find = async (place: ObjectStore) =>
        place.get((await place.list('')).find((key) => key.endsWith(`/${part}`))!);
      const foreign = await find(other);
      for (const [get, code] of [
        [async () => foreign, /SHARD_MISMATCH|CORRUPT/],
        [() => memoryObjects().get('nothing'), /NOT_FOUND/],
      ] as const) {
        const broken: ObjectStore = {
          ...store,
          get: (key, range) =>
            key.endsWith(`/${part}`)
              ? get().then((bytes) => (range ? bytes.slice(range.from, range.to) : bytes))
              : store.get(key, range),
        };
        const { results } = await queryServerless(simulatedFunctions(broken), queries, 5, { where });
        const expected = list.map((query) => index.search(query, 5, { where }));
        const partial = results.filter((result) => result.partial);
        expect(partial.length).toBeGreaterThan(0);
        for (const { missing } of partial) {
          expect(missing[0]!.code).toMatch(code);
          expect(missing[0]!.part).toBe(part === 'allocator' ? 'allocator' : 'processor-2');
        }
        for (const [i, result] of results.entries())
          if (!result.partial) expect(result.ids).toEqual(expected[i]!.ids);
        // What other partitions found is given, and nothing that is wrong.
        const within = new Set(index.partitions[2]!.data.ids);
        if (part !== 'allocator')
          for (const { ids } of partial) for (const id of ids) expect(within.has(id)).toBe(false);
      }
    },
  );
});

describe('bad input', () => {
  const ask = (options: object, k = 5) => queryServerless(simulatedFunctions(store), queries, k, options);
  test.each([
    [{ F: 1 }],
    [{ lMax: 0 }],
    [{ batch: 0 }],
    [{ timeout: 0 }],
    [{ refine: 0 }],
    [{ hammingPercent: 200 }],
  ])('%j', async (options) => {
    await expect(ask(options)).rejects.toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  test('k, conditions, queries', async () => {
    await expect(ask({}, 0)).rejects.toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    await expect(ask({ where: [[], []] })).rejects.toThrow('2 lists of conditions for 20 queries');
    const damaged = Matrix.from([list[0]!.map(() => Number.NaN)], 'float32');
    await expect(queryServerless(simulatedFunctions(store), damaged, 5)).rejects.toThrow(
      'Query 0 has NaN at column 0',
    );
    const huge = new Matrix(new Float32Array(2_000_000), 2000, 1000);
    await expect(queryServerless(simulatedFunctions(store), huge, 5)).rejects.toThrow('ask in parts');
  });

  test('what only the functions can know comes back with the answers', async () => {
    const { results } = await ask({ where: [{ attr: 'colour', op: '=', a: 1 }] });
    expect(results[0]!.missing[0]).toMatchObject({ code: 'INVALID_ARGUMENT', part: 'allocator' });
    const short = Matrix.from([new Float32Array(3)], 'float32');
    const other = await queryServerless(simulatedFunctions(store), short, 5);
    expect(other.results[0]!.missing[0]!.code).toBe('DIMENSION_MISMATCH');
  });
});
