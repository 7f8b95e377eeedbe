/**
 * Merges matrices by their singular directions: TSV-M and R-TSVM.
 *
 * @module
 */
import { Matrix, matmul, randomizedSVD, svd } from '@fletch/linalg';
import { columns, NEGLIGIBLE, orthogonalize, rankOf, rows } from './orthogonalize.js';

type Real = Matrix<Float32Array>;

/** Above this smaller side only the leading directions are computed, by random projection. */
const EXACT = 1024;

/** A part of a matrix's singular value decomposition. */
export interface Directions {
  /** `[out, k]`. */
  readonly u: Real;
  readonly s: Float32Array;
  /** `[k, in]`. */
  readonly vt: Real;
}

/** The leading directions of a matrix; fewer when it has no more. */
export function leadingDirections(a: Real, count: number): Directions {
  const least = Math.min(a.rows, a.cols);
  if (count < 1 || a.data.every((value) => value === 0))
    return { u: columns(a, 0, 0), s: new Float32Array(0), vt: rows(a, 0, 0) };
  const all = least > EXACT && count + 10 < least ? randomizedSVD(a, count) : svd(a);
  const kept = Math.min(count, rankOf(all.s, NEGLIGIBLE));
  return { u: columns(all.u, 0, kept), s: all.s.slice(0, kept), vt: rows(all.vt, 0, kept) };
}

/** Matrices of equally many rows side by side. */
function beside(parts: readonly Real[], rowCount: number): Real {
  const cols = parts.reduce((sum, part) => sum + part.cols, 0);
  const data = new Float32Array(rowCount * cols);
  let at = 0;
  for (const part of parts) {
    for (let i = 0; i < rowCount; i++) data.set(part.row(i), i * cols + at);
    at += part.cols;
  }
  return new Matrix(data, rowCount, cols);
}

function transposed(a: Real): Real {
  const data = new Float32Array(a.data.length);
  for (let i = 0; i < a.rows; i++)
    for (let j = 0; j < a.cols; j++) data[j * a.rows + i] = a.data[i * a.cols + j]!;
  return new Matrix(data, a.cols, a.rows);
}

/** How the parts become one. */
export interface RecomposeOptions {
  /** Factors of the tasks' singular values. Default: 1 each. */
  readonly weights?: readonly number[];
  readonly variant?: 'svd' | 'eigen';
}

/**
 * `U⊥ S V⊥ᵀ` of all tasks' directions side by side, `U⊥` and `V⊥` their nearest orthonormal factors (Gargiulo et al.,
 * Task singular vectors, CVPR 2025).
 */
export function recompose(
  parts: readonly Directions[],
  shape: readonly [number, number],
  { weights, variant = 'svd' }: RecomposeOptions = {},
): Float32Array {
  const [out, inner] = shape;
  const used = parts.map(({ s }, task) => s.map((value) => value * (weights?.[task] ?? 1)));
  const count = used.reduce((sum, { length }) => sum + length, 0);
  if (count === 0) return new Float32Array(out * inner);
  const u = orthogonalize(
    beside(
      parts.map((part) => part.u),
      out,
    ),
    variant,
  );
  const v = orthogonalize(
    beside(
      parts.map(({ vt }) => transposed(vt)),
      inner,
    ),
    variant,
  );
  const s = used.flatMap((values) => Array.from(values));
  const scaled = u.data.slice();
  for (let i = 0; i < out; i++) for (let j = 0; j < count; j++) scaled[i * count + j]! *= s[j]!;
  return matmul(new Matrix(scaled, out, count), v, { transposeB: true }).data;
}

/**
 * How far the tasks' directions are from orthogonal to each other: the sum of the sizes of
 * `(UᵀU − I) S (VᵀV − I)`, the interference of Gargiulo et al. (their equation 5).
 *
 * @param deltas - task vectors of one matrix, flattened
 */
export function singularInterference(
  deltas: readonly Float32Array[],
  shape: readonly [number, number],
): number {
  const count = Math.floor(Math.min(...shape) / deltas.length);
  const parts = deltas.map((delta) => leadingDirections(new Matrix(delta, ...shape), count));
  const u = beside(
    parts.map((part) => part.u),
    shape[0],
  );
  const v = beside(
    parts.map(({ vt }) => transposed(vt)),
    shape[1],
  );
  const s = parts.flatMap((part) => Array.from(part.s));
  if (s.length === 0) return 0;
  const off = (a: Real) => {
    const product = matmul(a, a, { transposeA: true });
    for (let i = 0; i < product.rows; i++) product.data[i * product.cols + i]! -= 1;
    return product;
  };
  const left = off(u);
  for (let i = 0; i < left.rows; i++)
    for (let j = 0; j < left.cols; j++) left.data[i * left.cols + j]! *= s[j]!;
  return matmul(left, off(v)).data.reduce((sum, value) => sum + Math.abs(value), 0);
}
