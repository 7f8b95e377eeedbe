/**
 * How fast graphs over short codes are built and searched, against the same graph over whole vectors.
 *
 * Time is processor time: what else the machine does leaves it nearly alone. One thread links, one searches.
 *
 * @module
 */
import {
  encodeProduct,
  Matrix,
  matmul,
  productDistanceTable,
  scoreProduct,
  trainProductQuantizer,
} from '@fletch/linalg';
import {
  createHnswIndex,
  createLeanVecIndex,
  LeanVecIndex,
  learnProjection,
  meanRow,
  randomProjection,
  type VectorIndex,
} from '@fletch/search';
import type { Row } from '../../experiment.js';
import type { SearchTask } from './data.js';
import { byDistance, type Neighbours, recallOf, topOf } from './neighbours.js';

/** The two that the claims are about, codes of other kinds, or reductions of other kinds: each is measured by itself. */
export type ContenderGroup = 'main' | 'codes' | 'reductions';

/** How much is measured. */
export interface SpeedPlan {
  /** Dimensions that are kept. */
  readonly dim: number;
  readonly contenders: ContenderGroup;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly report: (stage: string) => void;
}

/** What answers, and what it took to build. */
interface Contender {
  readonly name: string;
  readonly seconds: number;
  /** Of a vector that a walk visits. */
  readonly bytes: number;
  readonly windows: readonly number[];
  search(query: Float32Array, window: number): Uint32Array;
  close(): Promise<void>;
}

/** A contender's figures. */
export interface SpeedFigures {
  readonly name: string;
  readonly seconds: number;
  readonly bytes: number;
  /** By rising window. */
  readonly points: readonly { readonly window: number; readonly recall: number; readonly qps: number }[];
}

const WINDOWS = [10, 14, 20, 30, 45, 70, 110, 160];
/** Most links of a node, and candidates while linking. */
const DEGREE = 32;
const BUILD_WINDOW = 100;
/** Of each window the fastest of so many rounds counts, in which the contenders take turns. */
const ROUNDS = 3;
/** Bytes beside the codes of a row: its range and norm. */
const RANGE = 16;

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

export async function measureSpeed(task: SearchTask, plan: SpeedPlan): Promise<SpeedFigures[]> {
  const truth = byDistance(task.rows, task.test, 10);
  const contenders: Contender[] = [];
  try {
    for (const make of contendersOf(task, plan)) contenders.push(await make());
    plan.report('searching');
    const figures = contenders.map((one) => ({
      one,
      points: one.windows.map(() => ({ recall: 0, seconds: Infinity })),
    }));
    for (let round = 0; round < ROUNDS; round++)
      for (let at = 0; at < WINDOWS.length; at++)
        for (const { one, points } of figures) {
          if (at >= one.windows.length) continue;
          const { found, seconds } = answer(one, task.test, one.windows[at]!);
          const point = points[at]!;
          point.seconds = Math.min(point.seconds, seconds);
          point.recall = recallOf(found, truth, 10);
        }
    return figures.map(({ one, points }) => ({
      name: one.name,
      seconds: one.seconds,
      bytes: one.bytes,
      points: points.map(({ recall, seconds }, at) => ({
        window: one.windows[at]!,
        recall,
        qps: task.test.rows / seconds,
      })),
    }));
  } finally {
    for (const one of contenders) await one.close();
  }
}

function answer(one: Contender, queries: Matrix<Float32Array>, window: number) {
  const found: Uint32Array[] = [];
  const start = cpu();
  for (let i = 0; i < queries.rows; i++) found.push(one.search(queries.row(i), window));
  return { found: found satisfies Neighbours, seconds: cpu() - start };
}

/** Those that take part, each made when its turn comes. */
function contendersOf({ rows }: SearchTask, plan: SpeedPlan): (() => Promise<Contender>)[] {
  const { dim, seed, signal } = plan;
  const l2 = {
    metric: 'l2',
    dim,
    seed,
    threads: 1,
    signal,
    graph: { maxDegree: DEGREE, window: BUILD_WINDOW },
  } as const;
  const lean = (name: string, options: { readonly dim?: number; readonly primaryBits?: 4 | 8 }) =>
    graph(name, plan, bytesOf(options.dim ?? dim, options.primaryBits ?? 8), async () => {
      const { index } = await LeanVecIndex.build(rows, { ...l2, ...options });
      return index;
    });
  if (plan.contenders === 'main')
    return [
      graph('float32', plan, 4 * rows.cols, () => linked(rows, seed)),
      lean(`LeanVec, ${dim} × 8 bits`, {}),
    ];
  if (plan.contenders === 'reductions') return [principal(rows, plan), product(rows, plan)];
  const random = randomProjection(rows.cols, dim, seed);
  return [
    lean(`LeanVec, ${dim} × 4 bits`, { primaryBits: 4 }),
    lean(`LVQ alone, ${rows.cols} × 8 bits`, { dim: rows.cols }),
    graph(`random projection, ${dim} × 8 bits`, plan, bytesOf(dim, 8), async () => {
      const index = await createLeanVecIndex({
        ...{
          dimension: rows.cols,
          distance: 'Euclid',
          projection: { A: random, B: random, mean: Float32Array.from(meanRow(rows)) },
          threads: 1,
          seed,
        },
        ...{ m: DEGREE / 2, efConstruction: BUILD_WINDOW },
      });
      return filled(index, rows);
    }),
  ];
}

const bytesOf = (dim: number, bits: 4 | 8) => Math.ceil((dim * bits) / 8) + RANGE;

/** An index whose candidates are re-ranked by the index itself. */
function graph(
  name: string,
  { report }: SpeedPlan,
  bytes: number,
  build: () => Promise<VectorIndex>,
): () => Promise<Contender> {
  return async () => {
    report(`building ${name}`);
    const start = cpu();
    const index = await build();
    const seconds = cpu() - start;
    const search = (query: Float32Array, ef: number) => index.search(query, 10, { ef }).rows;
    return { name, seconds, bytes, windows: WINDOWS, search, close: () => index.close() };
  };
}

async function linked(rows: Matrix<Float32Array>, seed: number): Promise<VectorIndex> {
  const index = await createHnswIndex({
    ...{
      dimension: rows.cols,
      distance: 'Euclid',
      m: DEGREE / 2,
      efConstruction: BUILD_WINDOW,
      threads: 1,
      seed,
    },
  });
  return filled(index, rows);
}

async function filled(index: VectorIndex, { rows, data }: Matrix<Float32Array>): Promise<VectorIndex> {
  await index.add(
    Uint32Array.from({ length: rows }, (_, i) => i),
    data,
  );
  await index.settled();
  return index;
}

/** Principal components as float32 numbers; candidates are re-ranked by the whole vectors. */
function principal(rows: Matrix<Float32Array>, plan: SpeedPlan): () => Promise<Contender> {
  const { dim, seed, signal, report } = plan;
  const name = `principal components, ${dim} × float32`;
  return async () => {
    report(`building ${name}`);
    const start = cpu();
    const sample = 8 * rows.cols;
    const { B } = learnProjection(rows, { dim, method: 'id', center: true, sample, seed, signal });
    const index = await linked(matmul(rows, B), seed);
    const seconds = cpu() - start;
    const search = (query: Float32Array, ef: number) => {
      const short = matmul(new Matrix(query, 1, query.length), B).data;
      return reranked(rows, query, index.search(short, ef, { ef }).rows);
    };
    return { name, seconds, bytes: 4 * dim, windows: WINDOWS, search, close: () => index.close() };
  };
}

/** Codes of one byte for 16 dimensions each, all of which are looked at; candidates are re-ranked by the whole vectors. */
function product(rows: Matrix<Float32Array>, { seed, signal, report }: SpeedPlan): () => Promise<Contender> {
  return async () => {
    report('building product quantization');
    const start = cpu();
    const parts = Math.ceil(rows.cols / 16);
    const quantizer = trainProductQuantizer(rows, {
      parts,
      sample: Math.min(rows.rows, 4096),
      iterations: 8,
      seed,
      signal,
    });
    const codes = encodeProduct(quantizer, rows);
    const seconds = cpu() - start;
    const scores = new Float32Array(rows.rows);
    const search = (query: Float32Array, window: number) => {
      scoreProduct(quantizer, productDistanceTable(quantizer, query), codes, scores);
      for (let i = 0; i < scores.length; i++) scores[i] = -scores[i]!;
      return reranked(rows, query, topOf(scores, window));
    };
    const name = `product quantization, ${parts} bytes, scan`;
    return { name, seconds, bytes: parts, windows: [110], search, close: async () => undefined };
  };
}

/** The ten nearest of some candidates. */
function reranked(rows: Matrix<Float32Array>, query: Float32Array, candidates: Uint32Array): Uint32Array {
  const scores = Float64Array.from(candidates, (row) => {
    const vector = rows.row(row);
    let sum = 0;
    for (let j = 0; j < vector.length; j++) sum -= (vector[j]! - query[j]!) ** 2;
    return sum;
  });
  return topOf(scores, 10).map((place) => candidates[place]!);
}

/** Queries a second at a recall, between the points of the curve; at its ends those of the ends. */
export function qpsAt({ points }: SpeedFigures, recall: number): number {
  const above = points.findIndex((point) => point.recall >= recall);
  if (above < 0) return 0;
  if (above === 0) return points[0]!.qps;
  const [a, b] = [points[above - 1]!, points[above]!];
  const share = (recall - a.recall) / (b.recall - a.recall);
  return Math.exp(Math.log(a.qps) * (1 - share) + Math.log(b.qps) * share);
}

export function speedRows(figures: readonly SpeedFigures[]): Row[] {
  return figures.map((one) => ({
    task: 'pictures',
    method: one.name,
    build_cpu_seconds: one.seconds,
    bytes_per_visit: one.bytes,
    qps_at_95: qpsAt(one, 0.95),
    qps_at_98: qpsAt(one, 0.98),
    least_recall: one.points[0]!.recall,
    most_recall: Math.max(...one.points.map(({ recall }) => recall)),
  }));
}
