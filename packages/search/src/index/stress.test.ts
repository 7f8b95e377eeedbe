import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Bitset } from './bitset.js';
import { oracleScore, oracleSearch } from './check-index.case.js';
import { createHarness } from './harness.case.js';
import { seededRandom } from './testing.js';
import { verifyGraph } from './verify.js';

const dimension = 5;
const ROWS = 300;

type Step =
  | { kind: 'add' | 'remove'; rows: number[]; seed: number; wait: boolean }
  | { kind: 'search' | 'batch' | 'settle'; seed: number };

const rowList = fc.uniqueArray(fc.nat(ROWS - 1), { minLength: 1, maxLength: 60 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      rows: rowList,
      seed: fc.nat(),
      wait: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('remove' as const),
      rows: rowList,
      seed: fc.nat(),
      wait: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('search' as const, 'batch' as const, 'settle' as const),
      seed: fc.nat(),
    }),
  },
);

function vectorsOf(seed: number, count: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: count * dimension }, () => Math.round(random() * 8) - 4);
}

test('any interleaving of adds, removes and searches agrees with a map', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const harness = await createHarness({ dimension, distance: 'Manhattan', m: 4 });
      const { index } = harness;
      const model = new Map<number, Float32Array>();
      const pending: Promise<unknown>[] = [];
      try {
        for (const one of steps) {
          if (one.kind === 'add') {
            const vectors = vectorsOf(one.seed, one.rows.length);
            one.rows.forEach((row, i) => {
              model.set(row, vectors.slice(i * dimension, (i + 1) * dimension));
            });
            pending.push(index.add(one.rows, vectors));
          } else if (one.kind === 'remove') {
            const present = one.rows.filter((row) => model.delete(row)).length;
            pending.push(index.remove(one.rows).then((removed) => expect(removed).toBe(present)));
          }
          if ('wait' in one && !one.wait) continue;
          await Promise.all(pending.splice(0));
          expect(index.size).toBe(model.size);
          const query = vectorsOf(one.seed + 1, 1);
          const expected = oracleSearch('Manhattan', model, query, 7).map(({ row }) => row);
          if (one.kind === 'settle') await index.settled();
          if (one.kind === 'batch') {
            const filter = Bitset.of([...model.keys()].filter((row) => row % 2 === 0));
            const [hits] = await index.searchBatch(query, 7, { exact: true, filter });
            expect(Array.from(hits!.rows)).toEqual(
              oracleSearch('Manhattan', model, query, 7, filter).map(({ row }) => row),
            );
          }
          expect(Array.from(index.search(query, 7, { exact: true }).rows)).toEqual(expected);
          const walked = index.search(query, 7, { ef: 7 });
          expect(walked.rows).toHaveLength(expected.length);
          walked.rows.forEach((row, i) => {
            expect(walked.scores[i]).toBe(oracleScore('Manhattan', query, model.get(row)!));
          });
        }
        await Promise.all(pending);
        await index.settled();
        const report = verifyGraph(harness.rows);
        expect(report).toMatchObject({ faults: [], unreachable: 0, nodes: model.size });
      } finally {
        await harness.close();
      }
    }),
    { numRuns: 40, seed: 11 },
  );
}, 60_000);

test('batches see a consistent index while rows come and go', async () => {
  const harness = await createHarness({ dimension, distance: 'Euclid' });
  const { index } = harness;
  await index.add(
    Array.from({ length: 2000 }, (_, i) => i),
    vectorsOf(1, 2000),
  );
  const queries = vectorsOf(2, 64);
  const rounds: Promise<unknown>[] = [];
  for (let round = 0; round < 30; round++) {
    const rows = Array.from({ length: 20 }, (_, i) => (round * 20 + i) % 2000);
    rounds.push(
      index.searchBatch(queries, 10, { ef: 20 }).then((all) => {
        for (const { rows: hits, scores } of all) {
          expect(new Set(hits).size).toBe(10);
          expect(scores.every((score, i) => i === 0 || score >= scores[i - 1]!)).toBe(true);
        }
      }),
    );
    rounds.push(round % 2 ? index.remove(rows) : index.add(rows, vectorsOf(round, 20)));
  }
  await Promise.all(rounds);
  await index.settled();
  expect(verifyGraph(harness.rows)).toMatchObject({ faults: [], unreachable: 0 });
  await harness.close();
});
