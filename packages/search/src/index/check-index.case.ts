/**
 * What every vector index must do, whatever its kind.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { afterEach, describe, expect, test } from 'vitest';
import { Bitset } from './bitset.js';
import { clusteredVectors, range, uniformVectors } from './testing.js';
import { type Distance, type IndexSearchOptions, largerIsBetter, type VectorIndex } from './types.js';

/** Makes an empty index of the kind under test. */
export type MakeIndex = (options: {
  dimension: number;
  distance: Distance;
  memoryLimit?: number;
}) => Promise<VectorIndex>;

const distances: Distance[] = ['Cosine', 'Dot', 'Euclid', 'Manhattan'];

/** The score by the definition, in double precision. */
export function oracleScore(distance: Distance, a: ArrayLike<number>, b: ArrayLike<number>): number {
  const xs = Array.from(a);
  const dot = (u: number[], v: ArrayLike<number>) => u.reduce((sum, x, i) => sum + x * v[i]!, 0);
  if (distance === 'Dot') return dot(xs, b);
  if (distance === 'Cosine') return dot(xs, b) / Math.sqrt(dot(xs, xs) * dot(Array.from(b), Array.from(b)));
  if (distance === 'Euclid') return Math.hypot(...xs.map((x, i) => x - b[i]!));
  return xs.reduce((sum, x, i) => sum + Math.abs(x - b[i]!), 0);
}

/** The best `k` of `rows` by the definition, ties by row. */
export function oracleSearch(
  distance: Distance,
  rows: ReadonlyMap<number, ArrayLike<number>>,
  query: ArrayLike<number>,
  k: number,
  filter?: Bitset,
): { row: number; score: number }[] {
  const sign = largerIsBetter(distance) ? -1 : 1;
  return [...rows]
    .filter(([row]) => !filter || filter.has(row))
    .map(([row, vector]) => ({ row, score: oracleScore(distance, query, vector) }))
    .sort((a, b) => sign * (a.score - b.score) || a.row - b.row)
    .slice(0, k);
}

async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof FletchError) return error.code;
    throw error;
  }
  return 'nothing thrown';
}

const slice = (values: Float32Array, i: number, dimension: number) =>
  values.subarray(i * dimension, (i + 1) * dimension);

/** What an index tells otherwise than those that keep float32 vectors. */
export interface Expected {
  /** Bytes of ten vectors of four dimensions. Default: 160. */
  readonly vectorBytes?: number;
}

/** Runs the suite; third parties run it on their own indexes. */
export function checkIndex(name: string, make: MakeIndex, { vectorBytes = 160 }: Expected = {}): void {
  describe(`${name}: what every index does`, () => {
    const open: VectorIndex[] = [];
    afterEach(async () => {
      for (const index of open.splice(0)) await index.close();
    });
    const create: MakeIndex = async (options) => {
      const index = await make(options);
      open.push(index);
      return index;
    };

    describe.each(distances)('%s', (distance) => {
      test.each([1, 3, 16, 37])(
        'an exact search is a sort by the definition, dimension %i',
        async (dimension) => {
          const count = 300;
          const vectors = uniformVectors(count, dimension, 5);
          const rows = range(count).map((row) => row * 7);
          const index = await create({ dimension, distance });
          await index.add(rows, vectors);
          const model = new Map(rows.map((row, i) => [row, slice(vectors, i, dimension)]));
          const queries = uniformVectors(10, dimension, 6);
          const batch = await index.searchBatch(queries, 12, { exact: true });
          for (let i = 0; i < 10; i++) {
            const query = slice(queries, i, dimension);
            const hits = index.search(query, 12, { exact: true });
            expect(batch[i]).toEqual(hits);
            const expected = oracleSearch(distance, model, query, 12);
            hits.rows.forEach((row, j) => {
              // Neighbours whose scores differ by less than f32 can tell may stand in either order.
              expect(hits.scores[j]).toBeCloseTo(expected[j]!.score, 4);
              expect(hits.scores[j]).toBeCloseTo(oracleScore(distance, query, model.get(row)!), 4);
            });
          }
        },
      );

      test('equal scores are ordered by row', async () => {
        const index = await create({ dimension: 2, distance });
        await index.add([9, 3, 5, 1, 7], Float32Array.of(1, 1, 1, 1, 1, 1, 1, 1, 1, 1));
        const { rows } = index.search(Float32Array.of(1, 2), 4);
        expect(Array.from(rows)).toEqual([1, 3, 5, 7]);
      });
    });

    test('cosine ignores lengths, even those whose square overflows', async () => {
      const index = await create({ dimension: 3, distance: 'Cosine' });
      await index.add([0, 1, 2], Float32Array.of(1e38, 2e38, 1e38, 1e-30, 0, 0, -3, 0, 0));
      expect(index.vector(1)).toEqual(Float32Array.of(1, 0, 0));
      const { rows, scores } = index.search(Float32Array.of(3e38, 0, 0), 3);
      expect(Array.from(rows)).toEqual([1, 0, 2]);
      expect(scores[0]).toBe(1);
      expect(scores[1]).toBeCloseTo(1 / Math.sqrt(6), 6);
      expect(scores[2]).toBe(-1);
    });

    test('an empty index finds nothing; one row is found; k may exceed the size', async () => {
      const index = await create({ dimension: 2, distance: 'Euclid' });
      expect(index.search(Float32Array.of(0, 0), 5).rows).toHaveLength(0);
      expect(await index.searchBatch(Float32Array.of(0, 0, 1, 1), 5)).toHaveLength(2);
      await index.add([4], Float32Array.of(3, 4));
      expect(index.search(Float32Array.of(0, 0), 5)).toEqual({
        rows: Uint32Array.of(4),
        scores: Float32Array.of(5),
      });
    });

    test('refuses bad input and keeps its state', async () => {
      const index = await create({ dimension: 2, distance: 'Cosine' });
      await index.add([0], Float32Array.of(1, 0));
      expect(await codeOf(() => index.add([1], Float32Array.of(1, 2, 3)))).toBe('DIMENSION_MISMATCH');
      expect(await codeOf(() => index.add([1, 2], Float32Array.of(1, 2, Number.NaN, 1)))).toBe('NON_FINITE');
      expect(await codeOf(() => index.add([1, 2], Float32Array.of(1, 2, 1, Infinity)))).toBe('NON_FINITE');
      expect(await codeOf(() => index.add([1, 2], Float32Array.of(1, 2, 0, 0)))).toBe('ZERO_VECTOR');
      expect(await codeOf(() => index.add([1, 1], Float32Array.of(1, 2, 3, 4)))).toBe('DUPLICATE_ID');
      expect(await codeOf(() => index.add([-1], Float32Array.of(1, 2)))).toBe('INVALID_ARGUMENT');
      expect(await codeOf(() => index.add([1.5], Float32Array.of(1, 2)))).toBe('INVALID_ARGUMENT');
      expect(await codeOf(() => index.add([2 ** 32], Float32Array.of(1, 2)))).toBe('INVALID_ARGUMENT');
      expect(index.size).toBe(1);
      expect(index.search(Float32Array.of(1, 1), 5).rows).toEqual(Uint32Array.of(0));
      expect(await codeOf(() => index.vector(1))).toBe('NOT_FOUND');
    });

    test('names the row position and column of a value that is not finite', async () => {
      const index = await create({ dimension: 2, distance: 'Dot' });
      await expect(index.add([1, 2], Float32Array.of(1, 2, 3, -Infinity))).rejects.toMatchObject({
        code: 'NON_FINITE',
        details: { position: 1, column: 1 },
      });
    });

    test('refuses bad queries', async () => {
      const index = await create({ dimension: 2, distance: 'Cosine' });
      await index.add([0], Float32Array.of(1, 0));
      const good = Float32Array.of(1, 1);
      for (const k of [0, -1, 1.5, Number.NaN, 1_000_001])
        expect(await codeOf(() => index.search(good, k))).toBe('INVALID_ARGUMENT');
      expect(await codeOf(() => index.search(Float32Array.of(1), 1))).toBe('DIMENSION_MISMATCH');
      expect(await codeOf(() => index.search(Float32Array.of(1, Number.NaN), 1))).toBe('NON_FINITE');
      expect(await codeOf(() => index.search(Float32Array.of(0, 0), 1))).toBe('ZERO_VECTOR');
      expect(await codeOf(() => index.searchBatch(Float32Array.of(1, 2, 3), 1))).toBe('DIMENSION_MISMATCH');
    });

    test('adding a present row replaces its vector', async () => {
      const index = await create({ dimension: 2, distance: 'Euclid' });
      await index.add([0, 1], Float32Array.of(0, 0, 5, 5));
      await index.settled();
      await index.add([0, 2], Float32Array.of(9, 9, 1, 1));
      expect(index.size).toBe(3);
      expect(index.vector(0)).toEqual(Float32Array.of(9, 9));
      expect(Array.from(index.search(Float32Array.of(0, 0), 3).rows)).toEqual([2, 1, 0]);
      await index.settled();
      expect(Array.from(index.search(Float32Array.of(9, 9), 1).rows)).toEqual([0]);
    });

    test('removed rows are gone, counted once, and may come back', async () => {
      const dimension = 8;
      const vectors = clusteredVectors(500, dimension, 1);
      const index = await create({ dimension, distance: 'Dot' });
      await index.add(range(500), vectors);
      await index.settled();
      expect(await index.remove([3, 4, 3, 999])).toBe(2);
      expect(index.has(3)).toBe(false);
      expect(index.size).toBe(498);
      for (const options of [{}, { exact: true }] satisfies IndexSearchOptions[]) {
        const { rows } = index.search(slice(vectors, 3, dimension), 498, options);
        expect(rows).toHaveLength(498);
        expect(rows.includes(3) || rows.includes(4)).toBe(false);
      }
      await index.add([3], slice(vectors, 3, dimension));
      expect(index.has(3)).toBe(true);
      expect(await index.remove(range(500))).toBe(499);
      expect(index.size).toBe(0);
      expect(index.search(slice(vectors, 0, dimension), 5).rows).toHaveLength(0);
      await index.add([7], slice(vectors, 7, dimension));
      expect(Array.from(index.search(slice(vectors, 0, dimension), 5).rows)).toEqual([7]);
    });

    test('calls that do not wait for each other take effect in order', async () => {
      const index = await create({ dimension: 1, distance: 'Euclid' });
      const results = await Promise.all([
        index.add([0, 1], Float32Array.of(0, 1)),
        index.remove([0]),
        index.add([0], Float32Array.of(5)),
        index.remove([1]),
        index.add([1, 2], Float32Array.of(6, 7)),
      ]);
      expect(results[1]).toBe(1);
      expect(results[3]).toBe(1);
      await index.settled();
      expect(index.search(Float32Array.of(5), 3)).toEqual({
        rows: Uint32Array.of(0, 1, 2),
        scores: Float32Array.of(0, 1, 2),
      });
    });

    test('a filter restricts the hits to its rows, all of which are found', async () => {
      const dimension = 6;
      const count = 400;
      const vectors = clusteredVectors(count, dimension, 4);
      const index = await create({ dimension, distance: 'Euclid' });
      await index.add(range(count), vectors);
      await index.settled();
      const query = slice(vectors, 11, dimension);
      const model = new Map(range(count).map((row) => [row, slice(vectors, row, dimension)]));
      for (const size of [0, 1, 9, 10, 200, 400]) {
        const filter = Bitset.of(range(size).map((i) => (i * 7) % count));
        filter.add(5000);
        const hits = index.search(query, 10, { filter });
        const expected = oracleSearch('Euclid', model, query, 10, filter);
        expect(hits.rows).toHaveLength(Math.min(10, size));
        expect(Array.from(hits.rows)).toEqual(expected.map(({ row }) => row));
        const [batched] = await index.searchBatch(query, 10, { filter });
        expect(batched).toEqual(hits);
      }
    });

    test('runs out of memory without changing anything', async () => {
      const dimension = 1024;
      const index = await create({ dimension, distance: 'Dot', memoryLimit: 6_000_000 });
      await index.add(range(100), uniformVectors(100, dimension, 1));
      const many = uniformVectors(2000, dimension, 2);
      expect(await codeOf(() => index.add(range(2000, 50), many))).toBe('OUT_OF_MEMORY');
      expect(index.size).toBe(100);
      expect(index.vector(60)).toEqual(slice(uniformVectors(100, dimension, 1), 60, dimension));
      expect(index.search(slice(many, 0, dimension), 200).rows).toHaveLength(100);
      await index.remove([0]);
      await index.add([0], slice(many, 0, dimension));
      expect(index.size).toBe(100);
    });

    test('tells about itself', async () => {
      const index = await create({ dimension: 4, distance: 'Manhattan' });
      await index.add(range(10), uniformVectors(10, 4, 1));
      await index.settled();
      expect(index.stats()).toMatchObject({
        dimension: 4,
        distance: 'Manhattan',
        size: 10,
        linked: 10,
        vectorBytes,
      });
    });

    test('refuses work after close', async () => {
      const index = await make({ dimension: 1, distance: 'Dot' });
      await index.add([0], Float32Array.of(1));
      await index.close();
      expect(await codeOf(() => index.search(Float32Array.of(1), 1))).toBe('CLOSED');
      expect(await codeOf(() => index.add([1], Float32Array.of(1)))).toBe('CLOSED');
      expect(await codeOf(() => index.remove([0]))).toBe('CLOSED');
      expect(await codeOf(() => index.settled())).toBe('CLOSED');
      expect(await codeOf(() => index.stats())).toBe('CLOSED');
      await index.close();
    });
  });
}
