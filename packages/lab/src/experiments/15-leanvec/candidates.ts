/**
 * Which of the true neighbours are candidates when vectors are compared in fewer dimensions or bytes.
 *
 * @module
 */
import {
  cast,
  encodeProduct,
  Matrix,
  matmul,
  productDotTable,
  scoreProduct,
  trainProductQuantizer,
} from '@fletch/linalg';
import {
  type LvqBits,
  learnFromMoments,
  lvqEncode,
  momentsOf,
  optimalProjection,
  type ProjectionMethod,
  projectionLoss,
  randomProjection,
} from '@fletch/search';
import type { Row } from '../../experiment.js';
import type { SearchTask } from './data.js';
import { byProduct, type Neighbours, recallOf, topOf } from './neighbours.js';

/** Numbers of candidates that are drawn. */
const CANDIDATES = [10, 15, 20, 30, 50, 75, 100];
const MOST = 100;

/** A way to compare: what stands for rows and for queries. */
interface Method {
  readonly name: string;
  readonly A: Matrix<Float32Array>;
  readonly B: Matrix<Float32Array>;
  readonly steps?: number;
  readonly beta?: number;
  /** Quantize what stands for the rows. */
  readonly bits?: LvqBits;
}

/** What of a method is kept. */
export interface Measured {
  readonly name: string;
  readonly dim: number;
  /** recall10@20 */
  readonly recall: number;
  readonly loss: number;
  readonly row: Row;
  readonly curve: readonly Row[];
}

export interface Candidates {
  /** The least loss of all pairs of matrices. */
  readonly optimum: number;
  readonly methods: readonly Measured[];
}

/** Of {@link measureCandidates}. */
interface CandidateOptions {
  /** Of the task. */
  readonly name: string;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Whether product quantization is measured too. */
  readonly product: boolean;
}

/**
 * What is learned from queries, and measured with others of the same kind.
 *
 * @param truth - the ten nearest rows of each of those
 */
export function measureCandidates(
  task: SearchTask,
  dim: number,
  truth: Neighbours,
  options: CandidateOptions,
): Candidates {
  const { name, seed, signal, product } = options;
  const { rows, learned, test } = task;
  const moments = momentsOf(rows, { dim, method: 'ood-fw', queries: learned, seed, signal });
  const learn = (method: ProjectionMethod) => learnFromMoments(moments, { dim, method, signal });
  const optimal = optimalProjection(moments, dim);
  const random = randomProjection(rows.cols, dim, seed);
  const [id, fw, es, both] = [learn('id'), learn('ood-fw'), learn('ood-es'), learn('ood-es-fw')];
  const methods: Method[] = [
    { name: 'ID', ...id },
    { name: 'OOD, Frank-Wolfe', ...fw, steps: fw.loss.length },
    { name: 'OOD, eigenvector search', ...es },
    { name: 'OOD, both', ...both, steps: both.loss.length },
    { name: 'closed form', A: cast(optimal.A, 'float32'), B: cast(optimal.B, 'float32') },
    { name: 'random', A: random, B: random },
    { name: 'OOD, Frank-Wolfe, 8 bits', ...fw, bits: 8 },
    { name: 'OOD, Frank-Wolfe, 4 bits', ...fw, bits: 4 },
  ];
  const measured = methods.map((method): Measured => {
    const { A, B, bits, steps, beta } = method;
    const reduced = matmul(rows, B);
    const found = byProduct(bits ? coded(reduced, bits) : reduced, matmul(test, A), MOST);
    const loss = projectionLoss(moments, { A: cast(A, 'float64'), B: cast(B, 'float64') });
    const extra = {
      loss_ratio: loss / optimal.loss,
      bytes: bits ? bytesOf(dim, bits) : 4 * dim,
      steps: steps ?? null,
      beta: beta ?? null,
    };
    return judged(method.name, found, truth, { dim, name, loss, extra });
  });
  if (!product) return { optimum: optimal.loss, methods: measured };
  const found = productCandidates(rows, test, { parts: dim, seed, signal });
  const extra = { loss_ratio: null, bytes: dim, steps: null, beta: null };
  measured.push(
    judged('product quantization', found, truth, { dim, name, loss: Number.POSITIVE_INFINITY, extra }),
  );
  return { optimum: optimal.loss, methods: measured };
}

/** Bytes of the codes and their range, without padding. */
const bytesOf = (dim: number, bits: LvqBits) => Math.ceil((dim * bits) / 8) + 4;

function judged(
  method: string,
  found: Neighbours,
  truth: Neighbours,
  facts: { readonly dim: number; readonly name: string; readonly loss: number; readonly extra: Row },
): Measured {
  const { dim, name, loss, extra } = facts;
  const at = (candidates: number) => recallOf(found, truth, candidates);
  return {
    name: method,
    dim,
    recall: at(20),
    loss,
    row: {
      task: name,
      method,
      dimensions: String(dim),
      recall_10: at(10),
      recall_20: at(20),
      recall_50: at(50),
      ...extra,
    },
    curve: CANDIDATES.map((candidates) => ({ task: name, method, dim, candidates, recall: at(candidates) })),
  };
}

/** The rows as their codes have them. */
function coded(rows: Matrix<Float32Array>, bits: LvqBits): Matrix<Float32Array> {
  const codes = lvqEncode(rows, { bits });
  const data = new Float32Array(rows.data.length);
  for (let i = 0; i < rows.rows; i++) data.set(codes.decode(i), i * rows.cols);
  return new Matrix(data, rows.rows, rows.cols);
}

/** Codes of one byte for each of some parts, compared through tables of the query. */
function productCandidates(
  rows: Matrix<Float32Array>,
  queries: Matrix<Float32Array>,
  options: { readonly parts: number; readonly seed: number; readonly signal: AbortSignal },
): Neighbours {
  const quantizer = trainProductQuantizer(rows, options);
  const codes = encodeProduct(quantizer, rows);
  const scores = new Float32Array(rows.rows);
  return Array.from({ length: queries.rows }, (_, i) => {
    scoreProduct(quantizer, productDotTable(quantizer, queries.row(i)), codes, scores);
    return topOf(scores, MOST);
  });
}
