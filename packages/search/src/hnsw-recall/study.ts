/**
 * How much recall a graph loses by the order of insertion and by its parameters (Elliott and Clark, ICTIR 2024, arXiv 2405.17813).
 *
 * @module
 */
import { setImmediate } from 'node:timers/promises';
import { type LongWork, throwIfAborted } from '@fletch/base';
import type { Matrix } from '@fletch/linalg';
import { HNSW } from './hnsw.js';
import { type LidProfile, lidMLE, lidProfile } from './local-dimension.js';
import { meanAndError, recallOf } from './measures.js';
import { exactNeighbours, type Neighbours } from './neighbours.js';
import { type Preset, presets } from './options.js';
import { type InsertionOrder, insertionOrder } from './orders.js';

export interface StudyOptions extends LongWork {
  readonly metric: 'l2' | 'cosine';
  /** Default: random, ascending and descending local dimension. */
  readonly orders?: readonly InsertionOrder[];
  /** By name; default: the study's own. */
  readonly params?: Readonly<Record<string, Preset>>;
  /** Neighbours that are looked for. Default: 10. */
  readonly k?: number;
  /** Graphs a random order and levels are drawn for. Default: [0]. */
  readonly seeds?: readonly number[];
  /** Of each row, for the order `category`. */
  readonly labels?: ArrayLike<number | string>;
  /** False: flat graphs. Default: true. */
  readonly hierarchy?: boolean;
}

export interface StudyRow {
  readonly order: InsertionOrder;
  readonly preset: string;
  /** Mean over queries and seeds. */
  readonly recall: number;
  /** Standard error: over seeds where there are several, else over queries. */
  readonly se: number;
  /** Distances that a search computed, mean. */
  readonly visited: number;
}

export interface RecallStudy {
  readonly rows: readonly StudyRow[];
  readonly lid: LidProfile;
  /** Local dimension of each row. */
  readonly pointwise: Float32Array;
}

/**
 * Builds a graph for each order, each set of parameters and each seed, and measures its recall. Between two graphs others get
 * their turn.
 *
 * @param x - n x D
 * @param q - queries, m x D; take other vectors than the rows
 * @throws FletchError as `exactNeighbours` and `insertionOrder`; `ABORTED`
 */
export async function recallStudy(
  x: Matrix<Float32Array>,
  q: Matrix<Float32Array>,
  options: StudyOptions,
): Promise<RecallStudy> {
  const {
    metric,
    orders = ['random', 'lid-asc', 'lid-desc'],
    k = 10,
    seeds = [0],
    labels,
    signal,
    onProgress,
  } = options;
  const { params = { study: presets.study }, hierarchy = true } = options;
  const pointwise = lidMLE(x, { k: Math.min(100, x.rows - 1), metric, ...(signal && { signal }) });
  const truth = exactNeighbours(x, { k, metric, queries: q, ...(signal && { signal }) });
  const total = orders.length * Object.keys(params).length * seeds.length;
  const rows: StudyRow[] = [];
  let done = 0;
  for (const order of orders)
    for (const [preset, parameters] of Object.entries(params)) {
      const runs: Measured[] = [];
      for (const seed of seeds) {
        onProgress?.({ done, total, stage: `${order}, ${preset}` });
        await setImmediate();
        throwIfAborted(signal);
        const graph = new HNSW({ dim: x.cols, metric, seed, hierarchy, ...parameters });
        graph.addAll(
          x,
          insertionOrder(x, order, { seed, lid: pointwise, metric, ...(labels && { labels }) }),
        );
        runs.push(measure(graph, q, truth));
        done++;
      }
      const recalls =
        runs.length > 1 ? runs.map(({ recalls: all }) => meanAndError(all).mean) : runs[0]!.recalls;
      rows.push({
        order,
        preset,
        recall: meanAndError(runs.flatMap(({ recalls: all }) => all)).mean,
        se: meanAndError(recalls).se,
        visited: meanAndError(runs.map(({ visited }) => visited)).mean,
      });
    }
  return { rows, lid: lidProfile(pointwise), pointwise };
}

/** What the searches of all queries gave. */
interface Measured {
  /** Of each query. */
  readonly recalls: number[];
  /** Distances that a search computed, mean. */
  readonly visited: number;
}

/** Searches for each query. */
export function measure(graph: HNSW, q: Matrix<Float32Array>, truth: Neighbours, ef?: number): Measured {
  let visited = 0;
  const recalls = Array.from({ length: q.rows }, (_, i) => {
    const hits = graph.search(q.data.subarray(i * q.cols, (i + 1) * q.cols), truth.k, ef);
    visited += hits.visited;
    return recallOf(hits, truth, i);
  });
  return { recalls, visited: visited / q.rows };
}
