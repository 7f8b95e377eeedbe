import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isFletchError } from '@fletch/base';
import { Matrix, rng } from '@fletch/linalg';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { exactNeighbours, HNSW, insertionOrder, type StudyMetric } from './index.js';

const normal = (n: number, dim: number, seed = 0) =>
  new Matrix(rng(seed).fillNormal(new Float32Array(n * dim)), n, dim);

function graphOf(x: Matrix<Float32Array>, options: Partial<ConstructorParameters<typeof HNSW>[0]> = {}) {
  const graph = new HNSW({ dim: x.cols, metric: 'l2', ...options });
  graph.addAll(x);
  return graph;
}

const codeOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    if (isFletchError(error)) return error.code;
    throw error;
  }
  return undefined;
};

/** Nodes that are reached from the entry over the lowest links. */
function reachable(graph: HNSW): number {
  const met = new Set([graph.entry]);
  for (const node of met) for (const next of graph.links(node)[0]!) met.add(next);
  return met.size;
}

describe('the graph', () => {
  it.each<StudyMetric>(['l2', 'cosine'])('is exact when all fit in the links of one node: %s', (metric) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 32 }), fc.integer({ min: 0, max: 1000 }), (n, seed) => {
        const x = normal(n, 5, seed);
        const q = normal(1, 5, seed + 7777);
        const graph = new HNSW({ dim: 5, metric, M: 16, efConstruction: 64, seed });
        graph.addAll(x);
        const truth = exactNeighbours(x, { k: n, metric, queries: q });
        const found = graph.search(q.data, n, n);
        expect([...found.ids]).toEqual([...truth.ids]);
        for (const [i, dist] of found.dists.entries()) expect(dist).toBeCloseTo(truth.dists[i]!, 5);
      }),
      { seed: 42, numRuns: 40 },
    );
  });

  it('gives the exact neighbours when nothing bounds the walk', () => {
    const x = normal(800, 12);
    const q = normal(30, 12, 9);
    const graph = graphOf(x);
    expect(reachable(graph)).toBe(800);
    const truth = exactNeighbours(x, { k: 10, metric: 'l2', queries: q });
    for (let i = 0; i < q.rows; i++)
      expect([...graph.search(q.row(i), 10, 800).ids]).toEqual([...truth.ids.subarray(10 * i, 10 * i + 10)]);
  });

  it('keeps every list of links within its cap, without itself and without repetition, and reaches its nodes', () => {
    const graph = graphOf(normal(2000, 16), { efConstruction: 60 });
    for (let node = 0; node < graph.size; node++)
      for (const [level, links] of graph.links(node).entries()) {
        expect(links.length).toBeLessThanOrEqual(graph.cap(level));
        expect(new Set(links).size).toBe(links.length);
        expect(links).not.toContain(node);
        for (const other of links) expect(graph.links(other).length).toBeGreaterThan(level);
      }
    expect(reachable(graph)).toBeGreaterThanOrEqual(0.999 * 2000);
  });

  it('draws levels as rarely as 1 / M, whatever the order', () => {
    const n = 6000;
    const x = normal(n, 1);
    const levels = (order?: Uint32Array) => {
      const graph = new HNSW({ dim: 1, metric: 'l2', M: 8, efConstruction: 8, seed: 3 });
      graph.addAll(x, order);
      return new Map(Array.from({ length: n }, (_, node) => [graph.id(node), graph.links(node).length]));
    };
    const first = levels();
    const above = [...first.values()].filter((count) => count > 1).length;
    expect(Math.abs(above - n / 8)).toBeLessThan(5 * Math.sqrt((n / 8) * (7 / 8)));
    const second = levels(insertionOrder(x, 'random', { seed: 5 }));
    for (const [id, level] of first) expect(second.get(id)).toBe(level);
  });

  it('links one node in each direction of a line', () => {
    const graph = new HNSW({ dim: 1, metric: 'l2', M: 4 });
    for (const at of [0, 1, 2, 3, 0.4]) graph.add(Float32Array.of(at));
    expect([...graph.links(4)[0]!]).toEqual([0, 1]);
  });

  it('gives the same bytes for the same seed and order, and others for another order', () => {
    const x = normal(400, 8);
    const bytes = (order: Uint32Array) => {
      const graph = new HNSW({ dim: 8, metric: 'cosine', seed: 1 });
      graph.addAll(x, order);
      return Buffer.concat(Object.values(graph.sections()));
    };
    const order = insertionOrder(x, 'random', { seed: 2 });
    expect(bytes(order).equals(bytes(order))).toBe(true);
    expect(bytes(order).equals(bytes(insertionOrder(x, 'random', { seed: 3 })))).toBe(false);
  });

  it('has one level without a hierarchy', () => {
    const graph = graphOf(normal(500, 4), { hierarchy: false, M: 4, efConstruction: 20 });
    for (let node = 0; node < 500; node++) expect(graph.links(node).length).toBe(1);
  });

  it('raises ef to k, counts what it compares, and orders equal distances by id', () => {
    const graph = new HNSW({ dim: 1, metric: 'l2' });
    for (const [id, at] of [
      [9, 1],
      [3, -1],
      [5, 4],
    ] as const)
      graph.add(Float32Array.of(at), id);
    const { ids, dists, visited } = graph.search(Float32Array.of(0), 3, 1);
    expect([...ids]).toEqual([3, 9, 5]);
    expect([...dists]).toEqual([1, 1, 16]);
    expect(visited).toBe(3);
  });
});

describe('bad input', () => {
  const graph = graphOf(normal(10, 3));

  it.each([
    ['a dimension of its own', () => graph.add(new Float32Array(2)), 'DIMENSION_MISMATCH'],
    ['no number', () => graph.add(Float32Array.of(1, Number.NaN, 0)), 'NON_FINITE'],
    ['an infinite query', () => graph.search(Float32Array.of(1, 1 / 0, 0), 1), 'NON_FINITE'],
    ['an id that is taken', () => graph.add(new Float32Array(3), 4), 'DUPLICATE_ID'],
    ['k = 0', () => graph.search(new Float32Array(3), 0), 'INVALID_ARGUMENT'],
    ['one link', () => new HNSW({ dim: 3, metric: 'l2', M: 1 }), 'INVALID_ARGUMENT'],
    [
      'efConstruction below M',
      () => new HNSW({ dim: 3, metric: 'l2', efConstruction: 8 }),
      'INVALID_ARGUMENT',
    ],
    ['an unknown metric', () => new HNSW({ dim: 3, metric: 'l1' as 'l2' }), 'INVALID_ARGUMENT'],
    ['an empty index', () => new HNSW({ dim: 3, metric: 'l2' }).search(new Float32Array(3), 1), 'NOT_FOUND'],
    [
      'zeros under cosine',
      () => new HNSW({ dim: 3, metric: 'cosine' }).add(new Float32Array(3)),
      'ZERO_VECTOR',
    ],
    ['an order that repeats', () => addIn([0, 0, 1]), 'INVALID_ARGUMENT'],
    ['an order that is short', () => addIn([0, 1]), 'INVALID_ARGUMENT'],
    ['an order out of range', () => addIn([0, 1, 3]), 'INVALID_ARGUMENT'],
  ])('refuses %s', (_, work, code) => {
    expect(codeOf(work)).toBe(code);
  });

  function addIn(order: readonly number[]) {
    new HNSW({ dim: 2, metric: 'l2' }).addAll(normal(3, 2), order);
  }
});

describe('files', () => {
  const made = mkdtemp(join(tmpdir(), 'fletch-hnsw-'));
  afterAll(async () => rm(await made, { recursive: true }));

  it('come back as they were and grow on', async () => {
    const path = join(await made, 'graph');
    const x = normal(300, 6);
    const graph = graphOf(x, { metric: 'cosine', ef: 30, seed: 8 });
    await graph.save(path);
    const loaded = await HNSW.load(path);
    for (const one of [graph, loaded]) one.add(Float32Array.of(1, 2, 3, 4, 5, 6));
    expect(loaded.sections()).toEqual(graph.sections());
    expect(loaded.search(x.row(5), 7)).toEqual(graph.search(x.row(5), 7));
  });

  it('are refused when a byte of them changed, or when they are something else', async () => {
    const path = join(await made, 'damaged');
    await graphOf(normal(50, 3)).save(path);
    const bytes = await readFile(path);
    bytes[bytes.length - 5]! ^= 1;
    await writeFile(path, bytes);
    await expect(HNSW.load(path)).rejects.toMatchObject({ code: 'CORRUPT' });
    await expect(HNSW.load(join(await made, 'missing'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
