/**
 * Recall by intrinsic dimension: data that fill 2 to 256 of 256 dimensions.
 *
 * @module
 */
import { cast, type Matrix, pca, rng } from '@fletch/linalg';
import {
  exactNeighbours,
  HNSW,
  lidMLE,
  lidProfile,
  meanAndError,
  measure,
  presets,
  spearman,
  syntheticIntrinsic,
} from '@fletch/search';
import type { Profile, Row, TrialContext } from '../../experiment.js';

const plans: Readonly<
  Record<Profile, { readonly n: number; readonly queries: number; readonly dimensions: readonly number[] }>
> = {
  smoke: { n: 300, queries: 20, dimensions: [4, 8, 128] },
  quick: { n: 10_000, queries: 1000, dimensions: [4, 8, 32, 128] },
  full: { n: 10_000, queries: 1000, dimensions: [2, 4, 8, 16, 32, 64, 128, 256] },
};

/** Dimensions of the space. */
const SPACE = 256;
/** Points whose local dimension is looked at. */
const SAMPLE = 1000;
const FREE = presets.study;
/** What it costs to cure the loss. */
const WIDER = [50, 200, 2000];

/** What one intrinsic dimension gave. */
interface Measured {
  readonly d: number;
  readonly lid: number;
  readonly participation: number;
  readonly recall: number;
  readonly visited: number;
  readonly wider: readonly { readonly ef: number; readonly recall: number; readonly visited: number }[];
}

/** (Σ λ)² / Σ λ² of the covariance's eigenvalues. */
function participationRatio(x: Matrix<Float32Array>): number {
  const { variances } = pca(cast(x, 'float64'), Math.min(x.cols, x.rows - 1));
  const sum = variances.reduce((total, value) => total + value, 0);
  return sum ** 2 / variances.reduce((total, value) => total + value ** 2, 0);
}

function measureDimension(d: number, { profile, seed, signal }: TrialContext): Measured {
  const { n, queries } = plans[profile];
  const { X, Q } = syntheticIntrinsic({ n, D: SPACE, d, queries, seed });
  const sample = rng(seed).sample(n, Math.min(n, SAMPLE));
  const lid = lidMLE(X, { metric: 'cosine', k: Math.min(100, n - 1), sample, signal });
  const truth = exactNeighbours(X, { k: 10, metric: 'cosine', queries: Q, signal });
  const graph = new HNSW({ dim: SPACE, metric: 'cosine', seed, ...FREE });
  graph.addAll(X);
  const at = (ef: number) => {
    const { recalls, visited } = measure(graph, Q, truth, ef);
    return { ef, recall: meanAndError(recalls).mean, visited };
  };
  return {
    d,
    lid: lidProfile(lid).mean,
    participation: participationRatio(X),
    ...at(FREE.ef),
    wider: profile === 'full' && seed === 0 ? WIDER.map(at) : [],
  };
}

/** Graphs of all dimensions. */
export async function byDimension(context: TrialContext) {
  const { dimensions } = plans[context.profile];
  const measured: Measured[] = [];
  for (const [i, d] of dimensions.entries()) {
    context.report({ done: i, total: dimensions.length, stage: `${d} intrinsic dimensions` });
    measured.push(await context.once(`dimension ${d}`, async () => measureDimension(d, context)));
  }
  const ordered = measured.filter(({ d }) => d >= 4);
  const at = (wanted: number) => measured.find(({ d }) => d === wanted)!.recall;
  const recalls = ordered.map(({ recall }) => recall);
  const row = ({ d, lid, participation }: Measured, ef: number, recall: number, visited: number): Row => ({
    part: 'dimension',
    data: `${d} of ${SPACE} dimensions`,
    order: 'as drawn',
    lid,
    participation,
    ef: String(ef),
    recall,
    visited,
  });
  return {
    metrics: {
      least_fall: Math.min(...recalls.slice(1).map((recall, i) => recalls[i]! - recall)),
      lid_recall_spearman: spearman(
        ordered.map(({ lid }) => lid),
        recalls,
      ),
      dimension_drop: at(8) - at(128),
    },
    rows: measured.flatMap((one) => [
      row(one, FREE.ef, one.recall, one.visited),
      ...one.wider.map(({ ef, recall, visited }) => row(one, ef, recall, visited)),
    ]),
    curve: measured.flatMap(({ d, lid, recall, wider }) => [
      { d, lid, recall, ef: `ef ${FREE.ef}` },
      ...wider.map((one) => ({ d, lid, recall: one.recall, ef: `ef ${one.ef}` })),
    ]),
  };
}
