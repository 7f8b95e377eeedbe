import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isFletchError } from '@fletch/base';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compileFilter } from '../filter/compile.js';
import { parsePath } from '../filter/path.js';
import { Bitset } from '../index/bitset.js';
import type { Filter, Payload, PointId } from '../types/index.js';
import type { StoredCollection } from './collection.js';
import { payloadOf } from './environment.js';
import { History } from './history.js';
import { compareIds } from './ids.js';
import { open } from './open.js';
import type { Store } from './types.js';
import type { View } from './view.js';

interface Point {
  vector: number[];
  payload: Payload;
}
type Model = ReadonlyMap<PointId, Point>;

const dimension = 3;
const uuid = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;
const ids: PointId[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, uuid(1), uuid(2), uuid(3)];
const filters: Filter[] = [
  { must: { key: 'kind', match: { value: 'a' } } },
  { must_not: { key: 'n', range: { gte: 3 } } },
  { should: [{ has_id: [1, 4, uuid(2)] }, { is_empty: { key: 'kind' } }] },
] as Filter[];

let path: string;
let store: Store;

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'fletch-view-'));
  store = await open(path, { threads: 1 });
});

afterEach(async () => {
  await store.close();
  await rm(path, { recursive: true, force: true });
});

async function created(): Promise<StoredCollection> {
  return (await store.createCollection('view', {
    vectors: { size: dimension, distance: 'Euclid' },
  })) as StoredCollection;
}

/** What a read found, in a form that can be compared. */
type Findings = { [what: string]: unknown };

const distance = (a: readonly number[], b: ArrayLike<number>) =>
  Math.hypot(...a.map((x, i) => x - b[i]!)).toFixed(3);

function matchingIds(model: Model, filter: Filter): PointId[] {
  const compiled = compileFilter(filter);
  return [...model]
    .filter(([id, { payload }]) => compiled.matches(payload, id))
    .map(([id]) => id)
    .sort(compareIds);
}

/** What a read of this state must find. */
function expected(model: Model, query: readonly number[]): Findings {
  const nearest = (some: readonly PointId[]) =>
    some.map((id) => distance(model.get(id)!.vector, query)).sort();
  const order = [...model.keys()].sort(compareIds);
  const kinds: { [kind: string]: number } = {};
  for (const { payload } of model.values())
    if (typeof payload.kind === 'string') kinds[payload.kind] = (kinds[payload.kind] ?? 0) + 1;
  return {
    points: order.map((id) => [id, model.get(id)!.payload, model.get(id)!.vector]),
    count: order.length,
    present: ids.filter((id) => model.has(id)),
    matching: filters.map((filter) => matchingIds(model, filter)),
    nearest: nearest(order),
    filtered: filters.map((filter) => nearest(matchingIds(model, filter))),
    counts: kinds,
  };
}

/** Reads everything a view can tell, waiting between any two steps. */
async function findings(
  view: View,
  query: readonly number[],
  pause: () => Promise<void>,
  order: readonly number[],
): Promise<Findings> {
  const space = view.space('', 'using');
  const vector = Float32Array.from(query);
  const idsOf = (rows: Iterable<number>) => Array.from(rows, (row) => view.id(row)).sort(compareIds);
  const search = async (filter?: Filter) => {
    const among = await view.searchable(filter);
    await pause();
    const hits = await space.nearest(vector, ids.length, among ? { filter: among } : {});
    await pause();
    for (const [i, row] of hits.rows.entries())
      expect(distance(query, space.vector(row) as Float32Array)).toBe(hits.scores[i]!.toFixed(3));
    return Array.from(hits.scores, (score) => score.toFixed(3)).sort();
  };
  const each = async <T>(work: (filter: Filter) => Promise<T>) => {
    const all: T[] = [];
    for (const filter of filters) all.push(await work(filter));
    return all;
  };
  const steps: { [what: string]: () => Promise<unknown> } = {
    async points() {
      const points: unknown[] = [];
      for (const { id, row } of view.ordered()) {
        await pause();
        points.push([id, payloadOf(view.point(row)), Array.from(space.vector(row) as Float32Array)]);
      }
      return points;
    },
    count: async () => view.count,
    present: async () => ids.filter((id) => view.row(id) !== undefined),
    matching: () => each(async (filter) => idsOf(await view.matching(filter))),
    nearest: () => search(),
    filtered: () => each((filter) => search(filter)),
    async counts() {
      const column = (await view.column(parsePath('kind')))!;
      await pause();
      const counts: { [kind: string]: number } = Object.fromEntries(column.counts());
      for (const [kind, count] of Object.entries(counts)) {
        await pause();
        expect([...column.rowsOf(kind)].filter((row) => view.live.has(row))).toHaveLength(count);
      }
      return counts;
    },
  };
  const names = Object.keys(steps);
  const found: Findings = {};
  for (const at of [...order, ...names.keys()]) {
    const name = names[at % names.length]!;
    found[name] ??= await steps[name]!();
    await pause();
  }
  return found;
}

const id = fc.constantFrom(...ids);
const vectorOf = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: dimension, maxLength: dimension });
const payload = fc.record(
  { kind: fc.constantFrom('a', 'b', 'c'), n: fc.integer({ min: 0, max: 5 }) },
  { requiredKeys: [] },
) as fc.Arbitrary<Payload>;

interface Write {
  run(collection: StoredCollection): Promise<unknown>;
  apply(model: Model): Model;
}

const write: fc.Arbitrary<Write> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(fc.record({ id, vector: vectorOf, payload }), { minLength: 1, maxLength: 6 })
      .map((points) => ({
        run: (collection: StoredCollection) => collection.upsert(points),
        apply: (model: Model) => new Map([...model, ...points.map((one): [PointId, Point] => [one.id, one])]),
      })),
  },
  fc.array(id, { minLength: 1, maxLength: 4 }).map((gone) => ({
    run: (collection: StoredCollection) => collection.delete({ points: gone }),
    apply: (model: Model) => new Map([...model].filter(([one]) => !gone.includes(one))),
  })),
  fc.constantFrom(...filters).map((filter) => ({
    run: (collection: StoredCollection) => collection.delete({ filter }),
    apply: (model: Model) => {
      const gone = matchingIds(model, filter);
      return new Map([...model].filter(([one]) => !gone.includes(one)));
    },
  })),
  fc.tuple(payload, fc.array(id, { minLength: 1, maxLength: 6 })).map(([patch, some]) => ({
    // Points that are named must be there.
    run: (collection: StoredCollection) =>
      collection.setPayload(patch, { points: some }).catch((error: unknown) => {
        if (!isFletchError(error, 'NOT_FOUND')) throw error;
      }),
    apply: (model: Model) => {
      if (some.some((one) => !model.has(one))) return model;
      return new Map(
        [...model].map(([one, point]): [PointId, Point] => [
          one,
          some.includes(one) ? { ...point, payload: { ...point.payload, ...patch } } : point,
        ]),
      );
    },
  })),
);

const plan = fc.record({
  writes: fc.array(fc.record({ write, wait: fc.boolean() }), { minLength: 4, maxLength: 24 }),
  readers: fc.array(
    fc.record({
      /** The write after which the read begins. */
      begin: fc.nat(20),
      /** Turns of the event loop that it begins later. */
      turns: fc.nat(12),
      pauses: fc.array(fc.nat(6), { minLength: 1, maxLength: 12 }),
      order: fc.array(fc.nat(6), { maxLength: 7 }),
      query: vectorOf,
    }),
    { minLength: 1, maxLength: 5 },
  ),
});

const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

test('however slow a read is, it sees exactly one committed state', { timeout: 120_000 }, async () => {
  let round = 0;
  await fc.assert(
    fc.asyncProperty(plan, async ({ writes, readers }) => {
      const collection = (await store.createCollection(`round ${round++}`, {
        vectors: { size: dimension, distance: 'Euclid' },
      })) as StoredCollection;
      await collection.createPayloadIndex('kind', 'keyword');
      const states: Model[] = [new Map()];
      let acknowledged = 0;
      const reads: Promise<void>[] = [];
      const begin = (reader: (typeof readers)[number]) => async () => {
        await turns(reader.turns);
        const earliest = acknowledged;
        const view = collection.view();
        const latest = states.length - 1;
        try {
          let pause = 0;
          const wait = () => turns(reader.pauses[pause++ % reader.pauses.length]!);
          const found = await findings(view, reader.query, wait, reader.order);
          const possible = states.slice(earliest, latest + 1).map((model) => expected(model, reader.query));
          expect(possible).toContainEqual(found);
        } finally {
          view.release();
        }
      };
      const done: Promise<void>[] = [];
      for (const [i, one] of writes.entries()) {
        for (const reader of readers) if (reader.begin === i) reads.push(begin(reader)());
        const number = states.push(one.write.apply(states.at(-1)!)) - 1;
        const written = one.write.run(collection).then(() => {
          acknowledged = Math.max(acknowledged, number);
        });
        done.push(written);
        if (one.wait) await written;
      }
      await Promise.all([...done, ...reads]);
      await collection.settled();
      const view = collection.view();
      const query = Array(dimension).fill(0);
      expect(await findings(view, query, async () => {}, [])).toEqual(expected(states.at(-1)!, query));
      expect(await view.searchable(undefined)).toBeUndefined();
      view.release();
      await store.deleteCollection(collection.name);
    }),
    { numRuns: 120, seed: 5 },
  );
});

test('rows are reused only when the last view that saw them is released', async () => {
  const collection = await created();
  const at = (x: number) => ({ id: 1, vector: [x, 0, 0] });
  await collection.upsert([at(1)]);
  const first = collection.view();
  const row = first.row(1)!;
  await collection.upsert([at(2)]);
  const second = collection.view();
  for (let x = 3; x < 10; x++) await collection.upsert([at(x)]);
  const present = collection.view();
  const seen = (view: View) => Array.from(view.space('', '').vector(view.row(1)!) as Float32Array)[0];
  expect([seen(first), seen(second), seen(present)]).toEqual([1, 2, 9]);
  expect(first.space('', '').size).toBe(9);
  first.release();
  first.release();
  await turns(50);
  expect(second.space('', '').has(row)).toBe(false);
  expect([seen(second), seen(present)]).toEqual([2, 9]);
  second.release();
  present.release();
  await collection.settled();
  const last = collection.view();
  expect(last.space('', '').size).toBe(1);
  expect(await last.searchable(undefined)).toBeUndefined();
  expect(await last.searchable(null)).toBeUndefined();
  last.release();
  await collection.upsert([at(10)]);
  const reused = collection.view();
  expect(reused.row(1)).toBeLessThan(9);
  reused.release();
});

test('a snapshot saved while rows are kept for a view loses nothing', async () => {
  const collection = await created();
  await collection.upsert([0, 1, 2].map((n) => ({ id: n, vector: [n, 0, 0] })));
  const view = collection.view();
  await collection.delete({ points: [1] });
  await collection.upsert([{ id: 2, vector: [5, 5, 5] }]);
  // Closing waits for the view, then gives up on it.
  const closing = store.close();
  const hits = await view.space('', '').nearest(Float32Array.of(1, 0, 0), 1, { filter: view.live });
  expect(view.id(hits.rows[0]!)).toBe(1);
  view.release();
  await closing;
  const warnings: unknown[] = [];
  store = await open(path, { threads: 1, onWarning: (warning) => warnings.push(warning) });
  expect(warnings).toEqual([]);
  const { points } = await store.collection('view').scroll({ with_vector: true, with_payload: false });
  expect(points).toEqual([
    { id: 0, vector: [0, 0, 0] },
    { id: 2, vector: [5, 5, 5] },
  ]);
});

test('views that need more than there is room for are given up, oldest first', () => {
  const freed: number[] = [];
  const history = new History(Bitset.of([0, 1, 2]), 100, ({ rows }) => freed.push(...rows), 1000);
  const first = history.enter();
  const change = (row: number) => ({
    before: new Map([[row, { version: 1, json: 'x'.repeat(500) }]]),
    removed: new Map([[row, row]]),
    added: [],
  });
  history.advance(Bitset.of([1, 2]), change(0), { version: 2, rows: [0] });
  const second = history.enter();
  first.catchUp();
  expect(first.before.get(0)!.json).toHaveLength(500);
  expect(freed).toEqual([]);
  history.advance(Bitset.of([2]), change(1), { version: 3, rows: [1] });
  expect(() => first.catchUp()).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }));
  second.catchUp();
  expect(freed).toEqual([0]);
  history.leave(first);
  history.leave(second);
  expect(freed).toEqual([0, 1]);
  expect(history.isWatched).toBe(false);
});
