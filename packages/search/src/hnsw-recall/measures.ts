/**
 * Recall, discounted gain, ranks of models.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Neighbours } from './neighbours.js';

/**
 * Share of the true neighbours that were found; what is as near as the last true one counts as found.
 *
 * @param found - ids and distances of one query
 * @param truth - of all queries
 * @param query - its number
 */
export function recallOf(
  found: { readonly ids: ArrayLike<number>; readonly dists: ArrayLike<number> },
  { ids, dists, k }: Neighbours,
  query: number,
): number {
  const true_ = new Set(ids.subarray(query * k, (query + 1) * k));
  const farthest = dists[(query + 1) * k - 1]!;
  const slack = 1e-6 * Math.max(1e-6, Math.abs(farthest));
  let right = 0;
  for (let i = 0; i < Math.min(k, found.ids.length); i++)
    if (true_.has(found.ids[i]!) || found.dists[i]! <= farthest + slack) right++;
  return right / k;
}

/**
 * Normalised discounted cumulative gain: Σ rel / log₂(rank + 1) over that of the best ranking.
 *
 * @param run - ids of documents, best first, by query
 * @param qrels - relevance of documents, by query; what is not named is not relevant
 * @returns the mean over queries with a relevant document
 * @throws FletchError `NOT_FOUND` listing queries of `qrels` that the run does not have
 */
export function ndcgAtK(
  run: ReadonlyMap<string, readonly string[]>,
  qrels: ReadonlyMap<string, ReadonlyMap<string, number>>,
  k = 10,
): number {
  const missing = [...qrels.keys()].filter((query) => !run.has(query));
  if (missing.length > 0)
    throw new FletchError(
      'NOT_FOUND',
      `The run has no answers to ${missing.slice(0, 10).join(', ')}${missing.length > 10 ? ' …' : ''}.`,
      {
        details: { missing },
      },
    );
  const gain = (relevances: readonly number[]) =>
    relevances.slice(0, k).reduce((sum, relevance, i) => sum + relevance / Math.log2(i + 2), 0);
  const scores: number[] = [];
  for (const [query, relevant] of qrels) {
    const best = gain([...relevant.values()].sort((a, b) => b - a));
    if (best > 0) scores.push(gain(run.get(query)!.map((id) => relevant.get(id) ?? 0)) / best);
  }
  return scores.reduce((sum, score) => sum + score, 0) / Math.max(1, scores.length);
}

/** A model's places, 1 the best. */
export interface RankShift {
  readonly model: string;
  readonly exact: number;
  readonly hnsw: number;
  /** Places that it moves. */
  readonly moved: number;
}

/**
 * How models change places when their scores come from HNSW and not from exact search.
 *
 * @throws FletchError `NOT_FOUND` for a model that is scored once only
 */
export function rankShift(
  exact: Readonly<Record<string, number>>,
  hnsw: Readonly<Record<string, number>>,
): RankShift[] {
  const places = (scores: Readonly<Record<string, number>>) =>
    new Map(
      Object.entries(scores)
        .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
        .map(([model], i) => [model, i + 1]),
    );
  const [before, after] = [places(exact), places(hnsw)];
  for (const model of [...before.keys(), ...after.keys()])
    if (!before.has(model) || !after.has(model))
      throw new FletchError('NOT_FOUND', `The model ${model} has one score of two.`);
  return [...before].map(([model, place]) => ({
    model,
    exact: place,
    hnsw: after.get(model)!,
    moved: Math.abs(after.get(model)! - place),
  }));
}

/** Spearman's rank correlation; ties get their mean rank. */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const ranks = (values: ArrayLike<number>) => {
    const order = Array.from(values, (value, i) => ({ value, i })).sort((x, y) => x.value - y.value);
    const out = new Float64Array(values.length);
    for (let first = 0; first < order.length; ) {
      let last = first;
      while (last + 1 < order.length && order[last + 1]!.value === order[first]!.value) last++;
      for (let i = first; i <= last; i++) out[order[i]!.i] = (first + last) / 2;
      first = last + 1;
    }
    return out;
  };
  const [x, y] = [ranks(a), ranks(b)];
  const mean = (x.length - 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    xy += (x[i]! - mean) * (y[i]! - mean);
    xx += (x[i]! - mean) ** 2;
    yy += (y[i]! - mean) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}

/** The mean of numbers and its standard error. */
export function meanAndError(values: readonly number[]): { readonly mean: number; readonly se: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, se: Math.sqrt(squares / Math.max(1, values.length - 1) / values.length) };
}
