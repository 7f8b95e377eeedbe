import { Matrix, rng } from '@fletch/linalg';
import { describe, expect, test } from 'vitest';
import { assignWithin, equalClusters } from './clusters.js';
import { buildSquash, type SquashOptions, type SquashPredicate } from './index.js';
import { distance } from './refine.js';
import { bruteForce, sampleData, satisfies } from './support.case.js';

const n = 1200;
const d = 24;
const { x, attrs, queries } = sampleData(n, d);
const ranges = (width: number): SquashPredicate[] => [{ attr: 0, op: 'between', a: 0.2, b: 0.2 + width }];

describe('lower bounds', () => {
  test.each<SquashOptions>([
    { partitions: 1 },
    { partitions: 4 },
    { partitions: 2, bitBudget: 8 * d },
    { partitions: 2, bitBudget: 5, allocation: 'uniform' },
    { partitions: 2, binaryBasis: 'klt' },
    { partitions: 2, binaryBasis: 'axes' },
  ])('no distance is less: %j', async (options) => {
    const index = await buildSquash(x, attrs, options);
    const far = queries.map((query) => query.map((value) => 3 * value + 5));
    for (const query of [...queries, ...far])
      for (const partition of index.partitions) {
        const all = Uint32Array.from({ length: partition.count }, (_, i) => i);
        const { rows, bounds } = partition.lowerBounds(query, all);
        expect(rows).toHaveLength(partition.count);
        const broken = rows.filter((row, i) => bounds[i]! > distance(query, x.row(partition.data.ids[row]!)));
        expect(broken).toHaveLength(0);
        expect(Array.from(bounds)).toEqual(Array.from(bounds).sort((a, b) => a - b));
      }
  });

  test('with 8 bits a dimension they are near', async () => {
    const index = await buildSquash(x, [], { partitions: 1, bitBudget: 8 * d });
    const all = Uint32Array.from({ length: n }, (_, i) => i);
    const { rows, bounds } = index.partitions[0]!.lowerBounds(queries[0]!, all);
    const shares = Array.from(rows, (row, i) => bounds[i]! / distance(queries[0]!, x.row(row)));
    expect(shares.reduce((a, b) => a + b, 0) / n).toBeGreaterThan(0.97);
  });
});

describe('search', () => {
  test.each([[], ranges(0.5), ranges(0.02)])('exact is comparing all, under %j', async (...where) => {
    const index = await buildSquash(x, attrs, { partitions: 5 });
    for (const query of queries) {
      const expected = bruteForce(x, attrs, query, 10, where);
      const found = index.search(query, 10, { where, mode: 'exact' });
      expect(Array.from(found.ids)).toEqual(expected.ids);
      expect(Array.from(found.dists)).toEqual(expected.dists);
      expect(found.funnel.matched).toBe(expected.matched);
      if (where.length === 0) expect(found.funnel.exact).toBeLessThan(n / 2);
    }
  });

  test('all bits, all partitions and all rows read is exact', async () => {
    const index = await buildSquash(x, attrs, { partitions: 4, bitBudget: 10 });
    const whole = {
      hammingPercent: 100,
      refine: Number.POSITIVE_INFINITY,
      centroidFactor: Number.POSITIVE_INFINITY,
    };
    for (const query of queries)
      for (const where of [[], ranges(0.3)])
        expect(Array.from(index.search(query, 10, { where, ...whole }).ids)).toEqual(
          bruteForce(x, attrs, query, 10, where).ids,
        );
  });

  // 50 %, 8 %, 0.5 %, 0.1 % and nothing of 1200.
  test.each([0.5, 0.08, 0.005, 0.001, 0])(
    'min(k, M) rows that satisfy the conditions, share %d',
    async (share) => {
      const index = await buildSquash(x, attrs, { partitions: 12 });
      const count = Math.round(share * n);
      const limit = attrs[0]!.slice().sort()[count]!;
      const where: SquashPredicate[] = [{ attr: 0, op: '<', a: limit }];
      for (const query of queries) {
        const { ids, dists, funnel } = index.search(query, 10, { where });
        expect(funnel.matched).toBe(count);
        expect(ids).toHaveLength(Math.min(10, count));
        expect(new Set(ids).size).toBe(ids.length);
        for (const id of ids) expect(satisfies(attrs[0]![id]!, where[0]!)).toBe(true);
        expect(Array.from(dists)).toEqual(Array.from(ids, (id) => Math.fround(distance(query, x.row(id)))));
        expect(funnel.issued).toBeGreaterThanOrEqual(funnel.hamming);
        expect(funnel.hamming).toBeGreaterThanOrEqual(funnel.lb);
        expect(funnel.exact).toBe(funnel.lb);
      }
    },
  );

  test('k above the number of vectors', async () => {
    const index = await buildSquash(x, attrs, { partitions: 3 });
    expect(index.search(queries[0]!, 5000).ids).toHaveLength(n);
  });

  test('the same seed gives the same index, and names find attributes', async () => {
    const options = { partitions: 3, attributeNames: ['price', 'year'], seed: 4 };
    const [a, b] = [await buildSquash(x, attrs, options), await buildSquash(x, attrs, options)];
    expect(a.partitions.map(({ data }) => data)).toEqual(b.partitions.map(({ data }) => data));
    const where: SquashPredicate[] = [{ attr: 'year', op: '<', a: 0.3 }];
    const byPlace: SquashPredicate[] = [{ attr: 1, op: '<', a: 0.3 }];
    expect(a.search(queries[0]!, 5, { where }).ids).toEqual(a.search(queries[0]!, 5, { where: byPlace }).ids);
    expect(a.stats()).toMatchObject({ count: n, dimension: d, partitions: 3, codeBytes: (4 * d) / 8 });
  });

  test('a partition in which all vectors are the same', async () => {
    const half = new Matrix(x.data.slice(), n, d);
    half.data.fill(9, 0, (n / 2) * d);
    const index = await buildSquash(half, [], { partitions: 2 });
    expect(index.search(new Float32Array(d).fill(9), 3).ids).toEqual(Uint32Array.of(0, 1, 2));
  });
});

describe('clusters', () => {
  test('are of nearly equal sizes, and together everything', async () => {
    const { members, centroids } = await equalClusters(x, 7, rng(0));
    expect(members.flatMap((rows) => Array.from(rows)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: n }, (_, i) => i),
    );
    for (const rows of members) {
      expect(rows.length).toBeGreaterThanOrEqual(Math.floor((0.9 * n) / 7));
      expect(rows.length).toBeLessThanOrEqual(Math.ceil((1.1 * n) / 7));
    }
    expect(centroids.rows).toBe(7);
  });

  test('where sizes do not matter, everyone gets the nearest', () => {
    const distances = rng(2).fillUniform(new Float64Array(300));
    const labels = assignWithin(distances, 3, { least: 0, most: 100 });
    labels.forEach((label, i) => {
      expect(distances[3 * i + label]).toBe(Math.min(...distances.subarray(3 * i, 3 * i + 3)));
    });
  });

  test('limits hold where all prefer one', () => {
    const distances = Float64Array.from({ length: 60 }, (_, i) => (i % 3) + i / 1000);
    const labels = assignWithin(distances, 3, { least: 6, most: 8 });
    const sizes = [0, 1, 2].map((c) => labels.filter((label) => label === c).length);
    for (const size of sizes) expect(size).toBeGreaterThanOrEqual(6);
    for (const size of sizes) expect(size).toBeLessThanOrEqual(8);
  });
});

describe('bad input', () => {
  const code = (name: string) => expect.objectContaining({ code: name });
  test.each<[SquashOptions, string]>([
    [{ bitBudget: 0 }, 'bit budget'],
    [{ bitBudget: 8 * d + 1 }, 'bit budget'],
    [{ partitions: 61 }, 'partitions must be an integer from 1 to 60'],
    [{ partitions: 0 }, 'partitions'],
    [{ k: 0 }, 'k must be'],
    [{ attrBits: 0 }, 'attrBits'],
    [{ binaryBasis: 'sign' as never }, 'Unknown binaryBasis'],
    [{ lloyd: { tol: -1 } }, 'lloyd.tol'],
    [{ lloyd: { maxIter: 0 } }, 'lloyd.maxIter'],
  ])('%j', async (options, message) => {
    await expect(buildSquash(x, attrs, options)).rejects.toThrow(message);
    await expect(buildSquash(x, attrs, options)).rejects.toThrow(code('INVALID_ARGUMENT'));
  });

  test('vectors', async () => {
    const same = new Matrix(new Float32Array(100 * d).fill(1), 100, d);
    await expect(buildSquash(same)).rejects.toThrow('no variance');
    const damaged = new Matrix(x.data.slice(), n, d);
    damaged.data[5 * d + 3] = Number.NaN;
    await expect(buildSquash(damaged)).rejects.toThrow('Vector 5 has NaN at column 3');
    await expect(buildSquash(x, [new Float32Array(n - 1)])).rejects.toThrow(code('DIMENSION_MISMATCH'));
  });

  test('queries', async () => {
    const index = await buildSquash(x, attrs, { partitions: 2 });
    const query = queries[0]!;
    expect(() => index.search(query.subarray(1), 5)).toThrow(code('DIMENSION_MISMATCH'));
    expect(() =>
      index.search(
        query.map((value, j) => (j === 2 ? Infinity : value)),
        5,
      ),
    ).toThrow(code('NON_FINITE'));
    for (const [k, options] of [
      [0, {}],
      [1.5, {}],
      [5, { hammingPercent: 0 }],
      [5, { hammingPercent: 101 }],
      [5, { refine: 0.5 }],
      [5, { centroidFactor: 0.9 }],
      [5, { mode: 'fast' as never }],
      [5, { where: [{ attr: 9, op: '<', a: 1 }] }],
    ] as const)
      expect(() => index.search(query, k, options)).toThrow(code('INVALID_ARGUMENT'));
  });

  test('an aborted build ends', async () => {
    await expect(buildSquash(x, attrs, { partitions: 3, signal: AbortSignal.abort() })).rejects.toThrow(
      code('ABORTED'),
    );
  });
});
