/**
 * The graph of the paper, as it is built there: two passes over all vectors in batches (DiskANN; parameters of Intel's
 * ScalableVectorSearch). It is what the index's own graph, which grows by insertion, is compared with.
 *
 * @module
 */
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { checkInteger } from '../index/validate.js';
import type { GraphVectors } from './distances.js';
import { type Candidate, pruneCandidates } from './prune.js';
import { type Walk, walk } from './walk.js';

/** Options of {@link buildVamana}. */
export interface VamanaOptions extends LongWork {
  /** Most links of a node. Default: 64. */
  readonly maxDegree?: number | undefined;
  /** Candidates that a search keeps while building. Default: 128. */
  readonly window?: number | undefined;
  /** See `PruneOptions`. Default: 1.2 for distances, 0.95 for inner products. */
  readonly alpha?: number | undefined;
  /** Candidates that links are chosen from. Default: three times the window. */
  readonly maxCandidatePool?: number | undefined;
  /** Links that an overfull node keeps. Default: four less than `maxDegree`, from 16 on. */
  readonly pruneTo?: number | undefined;
}

/** A graph and where searches in it begin. */
export interface VamanaGraph {
  readonly entry: number;
  /** Of each node the numbers of those it leads to. */
  readonly links: readonly (readonly number[])[];
}

/**
 * Builds the graph: of each node the links are chosen among what a search for it visits, then links back are added. The first
 * pass chooses links back with alpha 1, the second with the alpha given.
 *
 * @throws FletchError `INVALID_ARGUMENT` for settings out of range, `ABORTED`
 */
export function buildVamana(vectors: GraphVectors, options: VamanaOptions = {}): VamanaGraph {
  const settings = settingsOf(vectors, options);
  const { signal, onProgress } = options;
  const links: number[][] = Array.from({ length: vectors.count }, () => []);
  const graph: VamanaGraph = { entry: medoid(vectors), links };
  const batches = Math.max(40, Math.floor(vectors.count / 4096));
  const size = Math.ceil(vectors.count / batches);
  for (const [pass, alphaBack] of [1, settings.alpha].entries()) {
    for (let first = 0; first < vectors.count; first += size) {
      throwIfAborted(signal);
      const count = Math.min(size, vectors.count - first);
      const chosen = Array.from({ length: count }, (_, i) => linksOf(vectors, graph, first + i, settings));
      chosen.forEach((list, i) => {
        links[first + i] = list;
      });
      chosen.forEach((list, i) => {
        for (const target of list) linkBack(vectors, links, target, first + i, alphaBack, settings);
      });
      onProgress?.({
        done: pass * vectors.count + first + count,
        total: 2 * vectors.count,
        stage: 'linking',
      });
    }
  }
  return graph;
}

/**
 * The nearest vectors to a query that a walk with a window finds, best first.
 *
 * @param window - candidates that are kept on the way, at least k
 */
export function searchVamana(
  vectors: GraphVectors,
  graph: VamanaGraph,
  query: ArrayLike<number>,
  window: number,
): Walk {
  return walk(graph, vectors.to(query), vectors.count, window);
}

interface Settings {
  readonly maxDegree: number;
  readonly window: number;
  readonly alpha: number;
  readonly maxCandidatePool: number;
  readonly pruneTo: number;
}

function settingsOf({ metric }: GraphVectors, options: VamanaOptions): Settings {
  const { maxDegree = 64, window = 128, alpha = metric === 'l2' ? 1.2 : 0.95 } = options;
  const { maxCandidatePool = 3 * window, pruneTo = maxDegree >= 16 ? maxDegree - 4 : maxDegree } = options;
  checkInteger('maxDegree', maxDegree, 1, 4096);
  checkInteger('window', window, 1, 65_536);
  checkInteger('maxCandidatePool', maxCandidatePool, 1, 1_000_000);
  checkInteger('pruneTo', pruneTo, 1, maxDegree);
  if (metric === 'l2' ? !(alpha >= 1 && alpha < Number.POSITIVE_INFINITY) : !(alpha > 0 && alpha <= 1))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `alpha must be ${metric === 'l2' ? 'at least 1 for Euclidean distances' : 'in (0, 1] for inner products'}, not ${alpha}.`,
      { details: { alpha, metric } },
    );
  return { maxDegree, window, alpha, maxCandidatePool, pruneTo };
}

function linksOf(vectors: GraphVectors, graph: VamanaGraph, node: number, settings: Settings): number[] {
  const { alpha, maxDegree, maxCandidatePool, window } = settings;
  const distance = vectors.from(node);
  const { visited } = walk(graph, distance, vectors.count, window);
  const pool = sorted([...visited, ...graph.links[node]!], node, distance).slice(0, maxCandidatePool);
  return pruneCandidates(pool, vectors, { alpha, limit: maxDegree });
}

function linkBack(
  vectors: GraphVectors,
  links: number[][],
  from: number,
  to: number,
  alpha: number,
  { maxDegree, pruneTo }: Settings,
): void {
  const list = links[from]!;
  if (list.includes(to)) return;
  if (list.length < maxDegree) list.push(to);
  else
    links[from] = pruneCandidates(sorted([...list, to], from, vectors.from(from)), vectors, {
      alpha,
      limit: pruneTo,
    });
}

/** Different nodes but `node` itself, the nearest first; of equally near ones the lower number. */
function sorted(ids: readonly number[], node: number, distance: (id: number) => number): Candidate[] {
  return [...new Set(ids)]
    .filter((id) => id !== node)
    .map((id) => ({ id, distance: distance(id) }))
    .sort((a, b) => a.distance - b.distance || a.id - b.id);
}

/** The vector that is nearest to the mean, by Euclidean distance. */
function medoid(vectors: GraphVectors): number {
  const { count, metric } = vectors;
  const mean = vectors.mean();
  const distance = vectors.to(mean);
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    // |x - m|² = |x|² - 2 x.m + |m|²
    const value = metric === 'l2' ? distance(i) : 2 * distance(i) - vectors.from(i)(i);
    if (value < least) [best, least] = [i, value];
  }
  return best;
}
