/**
 * Quantile regression forests (Meinshausen, JMLR 7, 2006): a row's quantiles are those of the training targets, weighted by how
 * often they share its leaf.
 *
 * @module
 */
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { Matrix, type Rng, rng } from '@fletch/linalg';
import { breathe } from '../../../estimator.js';
import type { FittedQuantiles } from '../model.js';
import { weightedQuantiles } from '../sample-quantiles.js';
import { columnsOf, growTree, leafOf, type Splitter, type Tree } from './grow.js';

/** Options of both forests. */
export interface ForestOptions {
  /** Default 40 (extra trees: 50). */
  readonly trees?: number;
  /** Fewest training rows of a leaf. Default 10 (extra trees: 8). */
  readonly minLeaf?: number;
  /** Columns that a node looks at. Default: a third of them (extra trees: all). */
  readonly features?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** A tree, and which training rows stand in its leaves. */
interface LeafyTree extends Tree {
  /** Ranks of the targets of leaf i: `ranks[starts[i] … starts[i + 1])`. */
  readonly starts: readonly number[];
  readonly ranks: readonly number[];
}

/** A forest as plain numbers. */
export interface ForestJson {
  readonly tau: readonly number[];
  /** Training targets, ascending. */
  readonly sorted: readonly number[];
  readonly trees: readonly LeafyTree[];
}

/** @throws FletchError `INVALID_ARGUMENT` for what is not a whole number from 1 */
export function requireCounts(options: { readonly [name: string]: number | undefined }): void {
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 1))
      throw new FletchError('INVALID_ARGUMENT', `${name} must be a whole number from 1, not ${value}.`);
}

/** Grows the trees of a forest. */
export async function growForest(
  X: Matrix<Float64Array>,
  y: Float64Array,
  tau: readonly number[],
  grow: {
    readonly trees: number;
    readonly minLeaf: number;
    readonly seed: number;
    /** Draw the rows of each tree anew, with replacement. */
    readonly bootstrap: boolean;
    readonly splitter: (columns: readonly Float64Array[], random: Rng) => Splitter;
  },
  { signal }: LongWork,
): Promise<FittedQuantiles> {
  const columns = columnsOf(X);
  const byTarget = Int32Array.from(y, (_, i) => i).sort((a, b) => y[a]! - y[b]!);
  const rankOf = new Int32Array(y.length);
  byTarget.forEach((row, rank) => {
    rankOf[row] = rank;
  });
  const random = rng(grow.seed);
  const trees: LeafyTree[] = [];
  for (let t = 0; t < grow.trees; t++) {
    throwIfAborted(signal);
    if (t % 10 === 9) await breathe();
    const own = random.split(t);
    const order = Int32Array.from(y, (_, i) => (grow.bootstrap ? Math.floor(own.uniform() * y.length) : i));
    const split = grow.splitter(columns, own.split());
    const tree = growTree({ columns, order, split, minSplit: 2 * grow.minLeaf });
    trees.push(withLeaves(tree, X, rankOf));
  }
  return fittedForest({ tau: [...tau], sorted: Array.from(byTarget, (row) => y[row]!), trees });
}

/** Sends all training rows down a tree. */
function withLeaves(tree: Tree, X: Matrix<Float64Array>, rankOf: Int32Array): LeafyTree {
  const leaves = Int32Array.from(rankOf, (_, row) => leafOf(tree, X, row));
  const starts = new Array<number>(tree.feature.length + 1).fill(0);
  for (const leaf of leaves) starts[leaf + 1]!++;
  for (let i = 1; i < starts.length; i++) starts[i]! += starts[i - 1]!;
  const next = [...starts];
  const ranks = new Array<number>(leaves.length);
  leaves.forEach((leaf, row) => {
    ranks[next[leaf]!++] = rankOf[row]!;
  });
  return { ...tree, starts, ranks };
}

export function fittedForest(json: ForestJson): FittedQuantiles {
  const { tau, trees } = json;
  const sorted = Float64Array.from(json.sorted);
  return {
    predict(X) {
      const result = new Matrix(new Float64Array(X.rows * tau.length), X.rows, tau.length);
      const weights = new Float64Array(sorted.length);
      const touched = new Int32Array(sorted.length);
      const values = new Float64Array(sorted.length);
      const shares = new Float64Array(sorted.length);
      for (let row = 0; row < X.rows; row++) {
        let count = 0;
        for (const tree of trees) {
          const leaf = leafOf(tree, X, row);
          const from = tree.starts[leaf]!;
          const to = tree.starts[leaf + 1]!;
          for (let i = from; i < to; i++) {
            const rank = tree.ranks[i]!;
            if (weights[rank] === 0) touched[count++] = rank;
            weights[rank]! += 1 / (to - from);
          }
        }
        const ranks = touched.subarray(0, count).sort();
        ranks.forEach((rank, i) => {
          values[i] = sorted[rank]!;
          shares[i] = weights[rank]!;
          weights[rank] = 0;
        });
        weightedQuantiles(values, shares, count, tau, result.row(row));
      }
      return result;
    },
    toJSON: () => json,
  };
}
