/**
 * System 20, after training: how well a compressed base of vectors is searched.
 *
 * @module
 */
import { loadFashionMnist, loadWordVectors } from '@fletch/data';
import { compressVectors, recallAtTen, type VectorMethod } from '@fletch/learn';
import { Matrix, rng } from '@fletch/linalg';
import type { Profile, Row, TrialContext } from '../experiment.js';

/** Base and queries that are not in it. */
interface Vectors {
  readonly base: Matrix<Float32Array>;
  readonly queries: Matrix<Float32Array>;
}

export type RetrievalSet = 'Fashion-MNIST' | 'word vectors';

/** The share of the bytes that PQ gets in each: parts of a few dimensions, codebooks counted. */
const PQ_SHARE: { readonly [P in 'quick' | 'full']: { readonly [S in RetrievalSet]: number } } = {
  quick: { 'Fashion-MNIST': 0.05, 'word vectors': 0.08 },
  full: { 'Fashion-MNIST': 0.04, 'word vectors': 0.08 },
};

async function load(set: RetrievalSet, rows: number, count: number, seed: number): Promise<Vectors> {
  const [all, dim, total] =
    set === 'word vectors'
      ? await loadWordVectors().then(({ vectors, dimension }) => [vectors, dimension, 60_000] as const)
      : await loadFashionMnist().then(({ train }) => [train.images, 784, train.count] as const);
  const chosen = rng(seed, 20).sample(total, rows + count);
  const scale = set === 'word vectors' ? 1 : 1 / 255;
  const data = new Float32Array((rows + count) * dim);
  chosen.forEach((from, to) => {
    for (let j = 0; j < dim; j++) data[to * dim + j] = scale * all[from * dim + j]!;
  });
  return {
    base: new Matrix(data.subarray(0, rows * dim), rows, dim),
    queries: new Matrix(data.subarray(rows * dim), count, dim),
  };
}

const sizes = {
  smoke: { rows: 600, queries: 20, sample: 512 },
  quick: { rows: 8000, queries: 100, sample: 4096 },
  full: { rows: 20_000, queries: 200, sample: 4096 },
} as const;

/** What is measured on a set; those that no claim is about on the smaller one of a full run only. */
function cellsOf(set: RetrievalSet, profile: Profile): readonly (readonly [VectorMethod, number])[] {
  const claimed = [
    ['int8', 0.25],
    ['svd', 0.25],
    ['prune', 0.25],
    ['svd', 0.1],
    // Of few rows the codebooks alone are more.
    ['pq', profile === 'smoke' ? 0.6 : PQ_SHARE[profile][set]],
  ] as const;
  if (profile !== 'full' || set !== 'word vectors') return claimed;
  return [...claimed, ['magsvd', 0.25], ['tt', 0.25], ['magpq', 0.1]];
}

/** Recall of every method on one set, one row each. */
export async function measureRetrieval(set: RetrievalSet, context: TrialContext): Promise<Row[]> {
  const { profile, seed, signal, report, once } = context;
  const { rows, queries: count, sample } = sizes[profile];
  let loaded: Vectors | undefined;
  const found: Row[] = [];
  for (const [method, cr] of cellsOf(set, profile)) {
    const name = `${set}: ${method} at ${cr}`;
    const measure = async (): Promise<Row> => {
      loaded ??= await load(set, rows, count, seed);
      const { base, queries } = loaded;
      report({ done: 0, total: 1, stage: name });
      const before = process.cpuUsage();
      const compressed = compressVectors(base, { method, cr, seed, sample, signal });
      const { user, system } = process.cpuUsage(before);
      const back = new Matrix(compressed.decompress(), base.rows, base.cols);
      return {
        what: set,
        // With its share: rows of one name would be averaged.
        method: `${method} at ${cr}`,
        cr,
        ratio: compressed.ratio,
        'recall@10': recallAtTen(base, back, queries),
        cpu_seconds: (user + system) / 1e6,
      };
    };
    found.push(await once(name, measure));
  }
  return found;
}

/** The recall of a method, at a share when it is given, or NaN. */
export function recallOf(rows: readonly Row[], method: VectorMethod, cr?: number): number {
  const found = rows.find(
    (row) => String(row.method).startsWith(`${method} at `) && (cr === undefined || row.cr === cr),
  );
  return found ? Number(found['recall@10']) : Number.NaN;
}
