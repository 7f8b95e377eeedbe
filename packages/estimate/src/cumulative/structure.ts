/**
 * How the K − 1 slopes of a cumulative model are made of its parameters.
 *
 * The slopes of boundary k are β_k = Σ_l C_kl θ_l, each θ_l with one entry for each column of X. Everything
 * about a model but its penalty is in the matrix C.
 *
 * @module
 */
import { Matrix } from '@fletch/linalg';

/** C: boundaries × blocks. */
export type Structure = Matrix<Float64Array>;

function structure(boundaries: number, blocks: number, entry: (k: number, l: number) => number): Structure {
  const data = Float64Array.from({ length: boundaries * blocks }, (_, i) =>
    entry(Math.floor(i / blocks), i % blocks),
  );
  return new Matrix(data, boundaries, blocks);
}

/** One β for all boundaries: proportional odds. */
export const parallel = (boundaries: number): Structure => structure(boundaries, 1, () => 1);

/** A β of its own for each boundary. */
export const nonParallel = (boundaries: number): Structure =>
  structure(boundaries, boundaries, (k, l) => (k === l ? 1 : 0));

/** A common β, and what each boundary adds to it. */
export const semiParallel = (boundaries: number): Structure =>
  structure(boundaries, boundaries + 1, (k, l) => (l === 0 || l === k + 1 ? 1 : 0));

/** The first β, and the difference of each from the one before: β_k = Σ_{l ≤ k} ψ_l. */
export const adjacentDifferences = (boundaries: number): Structure =>
  structure(boundaries, boundaries, (k, l) => (l <= k ? 1 : 0));
