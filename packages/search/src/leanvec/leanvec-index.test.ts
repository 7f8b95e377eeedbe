import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Matrix, matmul, rng } from '@fletch/linalg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createHnswIndex } from '../index/create.js';
import { type LeanVecBuildOptions, LeanVecIndex, type LeanVecMetric } from './leanvec-index.js';

const D = 16;
const N = 400;

/** Rows of a falling spectrum. */
function data(seed: number, rows: number): Matrix<Float32Array> {
  const values = rng(seed).fillNormal(new Float32Array(rows * D));
  return new Matrix(
    values.map((value, at) => value * 0.8 ** (at % D)),
    rows,
    D,
  );
}

const x = data(1, N);
const queries = data(2, 30);

/** All rows, the best first, with their scores. */
function exact(metric: LeanVecMetric, query: Float32Array): { ids: number[]; scores: number[] } {
  const length = (v: Float32Array) => Math.hypot(...v);
  const score = (row: Float32Array): number => {
    const product = row.reduce((sum, value, j) => sum + value * query[j]!, 0);
    if (metric === 'ip') return product;
    if (metric === 'cosine') return product / length(row) / length(query);
    return length(row.map((value, j) => value - query[j]!));
  };
  const scores = Array.from({ length: N }, (_, i) => score(x.row(i)));
  const sign = metric === 'l2' ? 1 : -1;
  const ids = scores.map((_, i) => i).sort((a, b) => sign * (scores[a]! - scores[b]!));
  return { ids, scores: ids.map((i) => scores[i]!) };
}

const small = { graph: { maxDegree: 16, window: 40 }, threads: 1 } as const;
let folder: string;
const open: LeanVecIndex[] = [];

async function build(options: LeanVecBuildOptions): Promise<LeanVecIndex> {
  const index = await LeanVecIndex.build(x, { ...small, ...options });
  open.push(index);
  return index;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fletch-leanvec-'));
});
afterEach(async () => {
  for (const index of open.splice(0)) await index.close();
  await rm(folder, { recursive: true });
});

describe('searching', () => {
  test.each(['ip', 'l2', 'cosine'] as const)(
    '%s: with all dimensions, whole vectors and a window over all, it is exact',
    async (metric) => {
      const index = await build({ metric, dim: D, secondary: 'f32' });
      for (let i = 0; i < queries.rows; i++) {
        const truth = exact(metric, queries.row(i));
        const { ids, scores } = index.search(queries.row(i), 10, { window: N });
        expect([...ids]).toEqual(truth.ids.slice(0, 10));
        scores.forEach((score, at) => {
          expect(Math.abs(score - truth.scores[at]!)).toBeLessThan(1e-5 * Math.max(1, Math.abs(score)));
        });
      }
    },
  );

  test.each([
    ['ip', 'ood-fw', 8, 'lvq8', 0.9],
    ['ip', 'ood-es-fw', 8, 'f32', 0.9],
    ['cosine', 'ood-fw', 8, 'lvq8', 0.9],
    ['cosine', 'id', 4, 'lvq8', 0.85],
    ['l2', 'ood-es', 8, 'lvq8', 0.9],
    ['l2', 'id', 4, 'f32', 0.85],
  ] as const)(
    '%s, %s, %i bits, %s: half of the dimensions find most',
    async (metric, method, primaryBits, secondary, least) => {
      const learned = data(3, 200);
      const index = await build({ metric, dim: D / 2, method, queries: learned, primaryBits, secondary });
      let hits = 0;
      for (let i = 0; i < queries.rows; i++) {
        const truth = exact(metric, queries.row(i)).ids.slice(0, 10);
        hits += [...index.search(queries.row(i), 10, { window: 40 }).ids].filter((id) =>
          truth.includes(id),
        ).length;
      }
      expect(hits / (10 * queries.rows)).toBeGreaterThan(least);
    },
  );

  test('scores of cosines do not depend on the length of the query', async () => {
    const index = await build({ metric: 'cosine', dim: 8, method: 'ood-fw', queries: data(3, 50) });
    const [a, b] = [1, 1000].map((by) =>
      index.search(
        queries.row(0).map((value) => value * by),
        5,
        { window: 50 },
      ),
    );
    expect([...a!.ids]).toEqual([...b!.ids]);
    expect(a!.scores[0]).toBeCloseTo(b!.scores[0]!, 5);
    expect(a!.scores[0]).toBeLessThanOrEqual(1.01);
  });

  test('codes that are walked are those of the projection, whatever rotation is between', async () => {
    // Rows in a plane: two dimensions lose nothing.
    const plane = matmul(
      data(4, N),
      new Matrix(
        Float32Array.from({ length: D * D }, (_, at) => (at % (D + 1) === 0 && at < 2 * D ? 1 : 0)),
        D,
        D,
      ),
    );
    const index = await LeanVecIndex.build(plane, { ...small, metric: 'l2', dim: 2, seed: 5 });
    open.push(index);
    for (const id of [3, 77, 200]) expect(index.search(plane.row(id), 1, { window: 10 }).ids[0]).toBe(id);
  });
});

describe('files', () => {
  test('what was saved answers as before', async () => {
    const index = await build({ metric: 'ip', dim: 8, method: 'ood-fw', queries: data(3, 50) });
    const path = join(folder, 'index');
    await index.save(path);
    const again = await LeanVecIndex.load(path);
    open.push(again);
    expect(again.metric).toBe('ip');
    for (let i = 0; i < 5; i++)
      expect(again.search(queries.row(i), 10)).toEqual(index.search(queries.row(i), 10));
  });

  test('what is cut off, changed, foreign or another index is refused', async () => {
    const path = join(folder, 'index');
    await (await build({ metric: 'l2', dim: 8 })).save(path);
    const bytes = await readFile(path);
    const changed = Buffer.from(bytes);
    changed[bytes.length >> 1]! ^= 1;
    for (const damaged of [
      bytes.subarray(0, bytes.length >> 1),
      changed,
      Buffer.from('something else altogether'),
      Buffer.alloc(0),
    ]) {
      await writeFile(path, damaged);
      await expect(LeanVecIndex.load(path)).rejects.toThrow(expect.objectContaining({ code: 'CORRUPT' }));
    }
    const other = await createHnswIndex({ dimension: D, distance: 'Euclid', threads: 1 });
    await other.add([0], x.row(0));
    await other.save(path);
    await other.close();
    await expect(LeanVecIndex.load(path)).rejects.toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT_FILE' }),
    );
    await expect(LeanVecIndex.load(join(folder, 'none'))).rejects.toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    );
  });
});

describe('bad input', () => {
  const with_ = (change: object) => build({ metric: 'l2', dim: 4, ...change });
  const zero = new Matrix(x.data.slice(), N, D);
  zero.row(7).fill(0);
  const bad = new Matrix(x.data.slice(), N, D);
  bad.row(7)[3] = Number.NaN;

  test.each<[string, () => Promise<unknown>, string, string]>([
    ['dim', () => with_({ dim: 0 }), 'INVALID_ARGUMENT', 'dim must be an integer from 1 to 16'],
    ['too many dimensions', () => with_({ dim: 17 }), 'INVALID_ARGUMENT', 'from 1 to 16'],
    ['metric', () => with_({ metric: 'manhattan' }), 'INVALID_ARGUMENT', 'use ip, l2 or cosine'],
    [
      'two matrices for distances',
      () => with_({ method: 'ood-fw', queries }),
      'INVALID_ARGUMENT',
      'use "ood-es"',
    ],
    ['no queries', () => with_({ method: 'ood-es' }), 'INVALID_ARGUMENT', 'at least 4 query vectors'],
    ['bits', () => with_({ primaryBits: 2 }), 'INVALID_ARGUMENT', 'bits must be one of 4, 8'],
    ['secondary', () => with_({ secondary: 'f16' }), 'INVALID_ARGUMENT', 'secondary must be one of'],
    ['odd degree', () => with_({ graph: { maxDegree: 9 } }), 'INVALID_ARGUMENT', 'must be even'],
    ['degree', () => with_({ graph: { maxDegree: 2 } }), 'INVALID_ARGUMENT', 'maxDegree must be'],
    ['window', () => with_({ graph: { window: 0 } }), 'INVALID_ARGUMENT', 'window must be'],
    ['zero', () => LeanVecIndex.build(zero, { metric: 'cosine', dim: 4 }), 'ZERO_VECTOR', 'Vector 7'],
    [
      'zero of two matrices',
      () => LeanVecIndex.build(zero, { metric: 'cosine', dim: 4, method: 'ood-fw', queries }),
      'ZERO_VECTOR',
      'Vector 7',
    ],
    ['not finite', () => LeanVecIndex.build(bad, { metric: 'ip', dim: 4 }), 'NON_FINITE', '(7, 3)'],
    ['abort', () => with_({ signal: AbortSignal.abort() }), 'ABORTED', 'aborted'],
  ])('%s', async (_, work, code, message) => {
    await expect(work()).rejects.toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  test('of searches', async () => {
    const index = await build({ metric: 'cosine', dim: 4 });
    const query = queries.row(0);
    const refused = (work: () => unknown, code: string) =>
      expect(work).toThrow(expect.objectContaining({ code }));
    refused(() => index.search(query, N + 1), 'INVALID_ARGUMENT');
    refused(() => index.search(query, 0), 'INVALID_ARGUMENT');
    refused(() => index.search(query, 10, { window: 9 }), 'INVALID_ARGUMENT');
    refused(() => index.search(query.subarray(1), 1), 'DIMENSION_MISMATCH');
    refused(
      () =>
        index.search(
          query.map(() => Number.NaN),
          1,
        ),
      'NON_FINITE',
    );
    refused(
      () =>
        index.search(
          query.map(() => 0),
          1,
        ),
      'ZERO_VECTOR',
    );
  });
});
