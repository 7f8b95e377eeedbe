/**
 * Takes from the second model only what matters most: differences times the divergence of their row, above the median
 * and 1.5 interquartile ranges. As mergekit defines it, but with exact quartiles in place of those of a sample.
 *
 * @module
 */
import { RankFinder } from '../sparsify/ranks.js';
import { type Piece, sizeOf, type TensorMerge, type TensorTask } from '../tensor-merge.js';

const EPSILON = 1e-8;

/** Softmax of a row. */
function softmax(row: Float32Array): Float64Array {
  let peak = Number.NEGATIVE_INFINITY;
  for (const value of row) if (value > peak) peak = value;
  const out = new Float64Array(row.length);
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += out[i] = Math.exp(row[i]! - peak);
  for (let i = 0; i < row.length; i++) out[i]! /= sum;
  return out;
}

function importance({ models: [a, b] }: Piece, width: number): Float32Array {
  const out = new Float32Array(a!.length);
  for (let at = 0; at < out.length; at += width) {
    const p = softmax(b!.subarray(at, at + width));
    const q = softmax(a!.subarray(at, at + width));
    let divergence = 0;
    for (let i = 0; i < width; i++)
      divergence += (p[i]! + EPSILON) * Math.log((p[i]! + EPSILON) / (q[i]! + EPSILON));
    for (let i = 0; i < width; i++) out[at + i] = Math.abs(b![at + i]! - a![at + i]!) * divergence;
  }
  return out;
}

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);
function sizeOfKey(key: number): number {
  word[0] = key;
  return float[0]!;
}

export function arceeFusion({ shape }: TensorTask): TensorMerge {
  const width = shape.at(-1) ?? 1;
  const size = sizeOf(shape);
  const finder = new RankFinder([0.25, 0.5, 0.75].map((share) => Math.trunc(share * (size - 1))));
  let threshold: number | undefined;
  return {
    looks: RankFinder.looks,
    look: (round, piece) => finder.look(round, importance(piece, width)),
    combine(piece, out) {
      if (threshold === undefined) {
        const [q1, median, q3] = finder.found().map(({ key }) => sizeOfKey(key)) as [number, number, number];
        threshold = median + 1.5 * (q3 - q1);
      }
      const scores = importance(piece, width);
      const [a, b] = piece.models;
      for (let i = 0; i < out.length; i++) out[i] = scores[i]! >= threshold ? b![i]! : a![i]!;
    },
  };
}
