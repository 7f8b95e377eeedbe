/**
 * System 18, first part: what rising numbers of bindings do to lengths and cosines.
 *
 * @module
 */
import { Matrix, rng } from '@fletch/linalg';
import { type MatrixKind, VSA } from '@fletch/search';
import type { Row } from '../experiment.js';

const DEPTHS = [1, 2, 4, 8, 16, 32];
/** Pairs that are bound by the same matrices: a spread over vectors alone is not the one of the theory. */
const TOGETHER = 10;
const KINDS = ['haar', 'hadamard', 'gaussian', 'rademacher'] as const;

/** What the claims are about. */
export interface Stability {
  /** Largest | ‖v‖ − 1 | under Haar matrices. */
  readonly length_error: number;
  /** Largest change of a cosine under Haar matrices. */
  readonly cosine_error: number;
  /** Largest relative distance of the spread of log ‖v‖² under Gaussian matrices from √(2L/D). */
  readonly spread_error: number;
  /** The spread after 16 Gaussian matrices, D = 256. */
  readonly spread_16: number;
  readonly curve: readonly Row[];
}

/** Binds pairs of vectors up to 32 times, each time with another matrix; every few pairs have matrices of their own. */
export function stability(dims: readonly number[], pairs: number, seed: number): Stability {
  const curve: Row[] = [];
  let [lengthError, cosineError, spreadError, spread16] = [0, 0, 0, 0];
  for (const dim of dims)
    for (const matrices of KINDS)
      for (const [depth, { logs, drift }] of bindings(matrices, dim, pairs, seed)) {
        const spread = deviation(logs);
        const theory = Math.sqrt((2 * depth) / dim);
        if (matrices === 'haar') {
          lengthError = Math.max(lengthError, ...logs.map((log) => Math.abs(Math.exp(log / 2) - 1)));
          cosineError = Math.max(cosineError, ...drift);
        } else if (matrices === 'gaussian') {
          spreadError = Math.max(spreadError, Math.abs(spread / theory - 1));
          if (depth === 16 && (dim === 256 || dims.length === 1)) spread16 = spread;
        }
        curve.push({
          matrices,
          dim,
          depth,
          drift: round(mean(drift)),
          spread: round(spread),
          theory: round(theory),
        });
      }
  return {
    length_error: lengthError,
    cosine_error: cosineError,
    spread_error: spreadError,
    spread_16: spread16,
    curve,
  };
}

interface Bound {
  /** log ‖v‖² of every vector. */
  readonly logs: number[];
  /** Change of the cosine of every pair. */
  readonly drift: number[];
}

/** What there is at each of the depths. */
function bindings(matrices: MatrixKind, dim: number, pairs: number, seed: number): Map<number, Bound> {
  const found = new Map(DEPTHS.map((depth): [number, Bound] => [depth, { logs: [], drift: [] }]));
  for (let group = 0; group * TOGETHER < pairs; group++) {
    const count = Math.min(TOGETHER, pairs - group * TOGETHER);
    const vsa = new VSA({ dim, matrices, seed: seed * 1000 + group });
    let vectors = startingPairs(dim, count, vsa.seed);
    const before = cosines(vectors, count);
    for (let depth = 1; depth <= DEPTHS.at(-1)!; depth++) {
      vectors = vsa.role(`level ${depth}`).bind(vectors);
      const bound = found.get(depth);
      bound?.logs.push(...lengthsOf(vectors).map((length) => 2 * Math.log(length)));
      bound?.drift.push(...cosines(vectors, count).map((value, i) => Math.abs(value - before[i]!)));
    }
  }
  return found;
}

/** Rows 2i and 2i + 1 are a pair with a cosine of about 0.9, all of length 1. */
function startingPairs(dim: number, pairs: number, seed: number): Matrix<Float32Array> {
  const random = rng(seed, dim);
  const vectors = new Matrix(random.fillNormal(new Float32Array(2 * pairs * dim)), 2 * pairs, dim);
  for (let i = 0; i < pairs; i++)
    for (let j = 0; j < dim; j++) {
      const at = 2 * i * dim + j;
      vectors.data[at + dim] = 0.9 * vectors.data[at]! + Math.sqrt(1 - 0.81) * vectors.data[at + dim]!;
    }
  for (const [row, length] of lengthsOf(vectors).entries())
    for (let j = 0; j < dim; j++) vectors.data[row * dim + j]! /= length;
  return vectors;
}

function lengthsOf({ data, rows, cols }: Matrix<Float32Array>): number[] {
  return Array.from({ length: rows }, (_, i) => Math.sqrt(dot(data, i * cols, i * cols, cols)));
}

function cosines(vectors: Matrix<Float32Array>, pairs: number): number[] {
  const { data, cols } = vectors;
  const lengths = lengthsOf(vectors);
  return Array.from(
    { length: pairs },
    (_, i) => dot(data, 2 * i * cols, (2 * i + 1) * cols, cols) / (lengths[2 * i]! * lengths[2 * i + 1]!),
  );
}

function dot(data: Float32Array, a: number, b: number, count: number): number {
  let sum = 0;
  for (let j = 0; j < count; j++) sum += data[a + j]! * data[b + j]!;
  return sum;
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}

const round = (value: number) => Number(value.toPrecision(4));
