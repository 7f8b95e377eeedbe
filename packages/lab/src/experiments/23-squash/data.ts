/**
 * What system 23 is measured on: pictures or words with attributes, queries with ranges on them, and what is right.
 *
 * @module
 */
import { loadFashionMnist, loadWordVectors } from '@fletch/data';
import { Matrix, rng } from '@fletch/linalg';
import type { SquashPredicate } from '@fletch/search';

/** Hits of a query. */
export const K = 10;
/** Attributes, and the share of vectors that ranges on all of them leave. */
const ATTRIBUTES = 4;
const SHARE = 0.08;

/** A query and its conditions. */
export interface Question {
  readonly query: Float32Array;
  readonly where: readonly SquashPredicate[];
}

/** Vectors with attributes, and queries that are none of them. */
export interface Setting {
  readonly x: Matrix<Float32Array>;
  readonly attrs: readonly Float32Array[];
  readonly questions: readonly Question[];
}

/** Uniform attributes, and a range of equal width on each for every query. */
function withRanges(x: Matrix<Float32Array>, queries: readonly Float32Array[], seed: number): Setting {
  const random = rng(seed, 2300);
  const attrs = Array.from({ length: ATTRIBUTES }, () => random.fillUniform(new Float32Array(x.rows)));
  const width = SHARE ** (1 / ATTRIBUTES);
  const questions = queries.map((query) => ({
    query,
    where: attrs.map((_, attr): SquashPredicate => {
      const a = random.uniform() * (1 - width);
      return { attr, op: 'between', a, b: a + width };
    }),
  }));
  return { x, attrs, questions };
}

/** The first `n` training pictures; queries are test pictures, others for each seed. */
export async function pictures(n: number, count: number, seed: number): Promise<Setting> {
  const { train, test } = await loadFashionMnist();
  const d = train.rows * train.columns;
  const take = (images: Uint8Array, from: number, rows: number) =>
    Float32Array.from(images.subarray(from * d, (from + rows) * d), (value) => value / 255);
  const queries = new Matrix(take(test.images, seed * count, count), count, d);
  return withRanges(
    new Matrix(take(train.images, 0, n), n, d),
    Array.from({ length: count }, (_, i) => queries.row(i)),
    seed,
  );
}

/** The most frequent words of even rank; queries are words of odd rank. */
export async function words(n: number, count: number, seed: number): Promise<Setting> {
  const { vectors, dimension: d } = await loadWordVectors();
  const row = (i: number) => vectors.subarray(i * d, (i + 1) * d);
  const x = new Matrix(new Float32Array(n * d), n, d);
  for (let i = 0; i < n; i++) x.data.set(row(2 * i), i * d);
  const random = rng(seed, 2301);
  return withRanges(
    x,
    Array.from({ length: count }, () => row(2 * random.integer(n) + 1)),
    seed,
  );
}

/** Rows that satisfy conditions. */
export function matching({ attrs, x }: Setting, where: readonly SquashPredicate[]): Uint32Array {
  const rows: number[] = [];
  for (let i = 0; i < x.rows; i++)
    if (
      where.every(({ attr, op, a, b }) => {
        const value = attrs[attr as number]![i]!;
        return op === '<' ? value < a : value > a && value <= b!;
      })
    )
      rows.push(i);
  return Uint32Array.from(rows);
}

/** The nearest of some rows, by comparing all of them. */
export function nearest(
  x: Matrix<Float32Array>,
  query: Float32Array,
  rows: Uint32Array,
  k: number,
): number[] {
  const d = x.cols;
  const distances = Float64Array.from(rows, (row) => {
    let sum = 0;
    for (let j = 0, at = row * d; j < d; j++, at++) sum += (query[j]! - x.data[at]!) ** 2;
    return sum;
  });
  return Array.from(rows.keys())
    .sort((a, b) => distances[a]! - distances[b]! || rows[a]! - rows[b]!)
    .slice(0, k)
    .map((i) => rows[i]!);
}

/** The right hits of every query. */
export const truths = (setting: Setting): number[][] =>
  setting.questions.map(({ query, where }) => nearest(setting.x, query, matching(setting, where), K));

/** Share of the right ones among what was found, over all queries. */
export function recall(found: readonly ArrayLike<number>[], right: readonly (readonly number[])[]): number {
  let [hits, all] = [0, 0];
  for (const [i, expected] of right.entries()) {
    const set = new Set(Array.from(found[i]!));
    hits += expected.filter((id) => set.has(id)).length;
    all += expected.length;
  }
  return hits / all;
}
