import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileFilter } from '../filter/compile.js';
import type { Filter, Payload, PointId, PointsSelector, UpdateResult } from '../types/index.js';
import { compareIds } from './ids.js';
import { open } from './open.js';
import type { Collection, Store, StoreWarning } from './types.js';

interface Point {
  vector: number[];
  payload: Payload;
}

/** What the collection must hold: a plain map. */
type Model = Map<PointId, Point>;

interface World {
  path: string;
  store: Store;
  collection: Collection;
  warnings: StoreWarning[];
}

const dimension = 3;
const ids: PointId[] = [
  0,
  1,
  2,
  3,
  40,
  2 ** 53 - 1,
  '00000000-0000-4000-8000-000000000001',
  'f0000000-0000-4000-8000-000000000000',
];
const id = fc.constantFrom(...ids);
const vector = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: dimension, maxLength: dimension });
const payload = fc.record(
  {
    kind: fc.constantFrom('a', 'b', 'c'),
    n: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 3 })),
    deep: fc.record({ x: fc.oneof(fc.boolean(), fc.constant(null)) }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Payload>;
const filter = fc.oneof(
  fc.record({
    must: fc.record({ key: fc.constant('kind'), match: fc.record({ value: fc.constantFrom('a', 'b') }) }),
  }),
  fc.record({
    must_not: fc.record({ key: fc.constant('n'), range: fc.record({ gte: fc.integer({ min: 0, max: 5 }) }) }),
  }),
  fc.record({
    should: fc.tuple(fc.record({ has_id: fc.array(id) }), fc.constant({ is_null: { key: 'deep.x' } })),
  }),
  fc.constant({ must: { is_empty: { key: 'n' } } }),
) as fc.Arbitrary<Filter>;
const selector: fc.Arbitrary<PointsSelector> = fc.oneof(
  fc.record({ points: fc.array(id, { maxLength: 4 }) }),
  fc.record({ filter }),
);

function selected(model: Model, which: PointsSelector): PointId[] {
  if ('points' in which) return which.points.filter((one) => model.has(one));
  const compiled = compileFilter(which.filter);
  return [...model]
    .filter(([one, { payload: content }]) => compiled.matches(content, one))
    .map(([one]) => one);
}

/** A write: how it is done, and what it does to the model. False when it names a point that is not there. */
interface Write {
  readonly text: string;
  run(collection: Collection): Promise<UpdateResult>;
  apply(model: Model): boolean;
}

function changes(
  name: string,
  which: PointsSelector,
  run: Write['run'],
  change: (content: Payload) => Payload,
): Write {
  return {
    text: `${name} ${JSON.stringify(which)}`,
    run,
    apply: (model) => {
      if ('points' in which && which.points.some((one) => !model.has(one))) return false;
      for (const one of selected(model, which)) {
        const point = model.get(one)!;
        model.set(one, { ...point, payload: change(point.payload) });
      }
      return true;
    },
  };
}

const write: fc.Arbitrary<Write> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.array(fc.record({ id, vector, payload }), { maxLength: 6 }).map((points) => ({
      text: `upsert ${JSON.stringify(points)}`,
      run: (collection: Collection) => collection.upsert(points),
      apply: (model: Model) => {
        for (const point of points) model.set(point.id, { vector: point.vector, payload: point.payload });
        return true;
      },
    })),
  },
  selector.map((which) => ({
    text: `delete ${JSON.stringify(which)}`,
    run: (collection: Collection) => collection.delete(which),
    apply: (model: Model) => {
      for (const one of selected(model, which)) model.delete(one);
      return true;
    },
  })),
  fc.tuple(payload, selector).map(([patch, which]) =>
    changes(
      'set',
      which,
      (collection) => collection.setPayload(patch, which),
      (old) => ({ ...old, ...patch }),
    ),
  ),
  fc.tuple(payload, selector).map(([next, which]) =>
    changes(
      'overwrite',
      which,
      (collection) => collection.overwritePayload(next, which),
      () => next,
    ),
  ),
  selector.map((which) =>
    changes(
      'deletePayload',
      which,
      (collection) => collection.deletePayload(['kind', 'deep.x'], which),
      ({ kind: _kind, ...rest }) => (rest.deep ? { ...rest, deep: {} } : rest),
    ),
  ),
  selector.map((which) =>
    changes(
      'clear',
      which,
      (collection) => collection.clearPayload(which),
      () => ({}),
    ),
  ),
);

/** One step: some writes at once, or closing and opening again, or a payload index. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.array(write, { minLength: 1, maxLength: 4 }).map((writes) => ({ writes })) },
  { weight: 1, arbitrary: fc.constant({ reopen: true as const }) },
  { weight: 1, arbitrary: fc.constantFrom('kind', 'n').map((index) => ({ index })) },
);

function distanceOf(a: readonly number[], b: readonly number[]): number {
  return Math.sqrt(a.reduce((sum, x, i) => sum + (x - b[i]!) ** 2, 0));
}

async function check(
  collection: Collection,
  model: Model,
  condition: Filter,
  query: number[],
): Promise<void> {
  const order = [...model.keys()].sort(compareIds);
  expect((await collection.scroll({ limit: 100, with_vector: true })).points).toEqual(
    order.map((one) => ({ id: one, ...model.get(one)! })),
  );
  const matching = new Set(selected(model, { filter: condition }));
  expect(await collection.count({ filter: condition })).toBe(matching.size);
  expect(await collection.count()).toBe(model.size);
  expect((await collection.scroll({ limit: 100, filter: condition, with_payload: false })).points).toEqual(
    order.filter((one) => matching.has(one)).map((one) => ({ id: one })),
  );
  for (const exact of [true, false]) {
    const hits = await collection.query({ query, filter: condition, limit: 5, params: { exact } });
    const expected = [...matching]
      .map((one) => distanceOf(model.get(one)!.vector, query))
      .sort((a, b) => a - b);
    expect(hits.map(({ score }) => score)).toEqual(
      expected.slice(0, 5).map((score) => expect.closeTo(score, 4)),
    );
    for (const hit of hits) {
      expect(matching.has(hit.id)).toBe(true);
      expect(hit.score).toBeCloseTo(distanceOf(model.get(hit.id)!.vector, query), 4);
    }
  }
  const facets = await collection.facet({ key: 'kind', filter: condition });
  for (const { value, count } of facets)
    expect(count).toBe([...matching].filter((one) => model.get(one)!.payload.kind === value).length);
}

async function begin(): Promise<World> {
  const path = await mkdtemp(join(tmpdir(), 'fletch-model-'));
  const warnings: StoreWarning[] = [];
  const store = await open(path, { threads: 1, onWarning: (warning) => warnings.push(warning) });
  const collection = await store.createCollection('model', {
    vectors: { size: dimension, distance: 'Euclid' },
  });
  await collection.createPayloadIndex('kind', 'keyword');
  return { path, store, collection, warnings };
}

test('a store behaves like a map, also after it was closed and opened', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 12 }),
      filter,
      vector,
      async (steps, condition, query) => {
        const world = await begin();
        const model: Model = new Map();
        try {
          for (const one of steps) {
            if ('writes' in one) {
              const done = await Promise.allSettled(one.writes.map((each) => each.run(world.collection)));
              one.writes.forEach((each, i) => {
                expect(done[i]).toMatchObject(
                  each.apply(model) ? { status: 'fulfilled' } : { reason: { code: 'NOT_FOUND' } },
                );
              });
              const numbers = done.flatMap((each) =>
                each.status === 'fulfilled' ? [each.value.operation_id] : [],
              );
              expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
            } else if ('index' in one) await world.collection.createPayloadIndex(one.index, 'keyword');
            else {
              await world.store.close();
              world.store = await open(world.path, { threads: 1, onWarning: (w) => world.warnings.push(w) });
              world.collection = world.store.collection('model');
            }
            await check(world.collection, model, condition, query);
          }
          expect(world.warnings).toEqual([]);
        } finally {
          await world.store.close();
          await rm(world.path, { recursive: true, force: true });
        }
      },
    ),
    { numRuns: 60, seed: 11 },
  );
});
