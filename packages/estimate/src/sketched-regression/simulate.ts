/**
 * Problems on which sketches differ.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Matrix, rng } from '@fletch/linalg';

/** Least squares to be solved. */
export interface Problem {
  readonly A: Matrix<Float64Array>;
  readonly b: Float64Array;
}

/**
 * The instance that defeats sparse sketches: A = [I; 0], b = 0 but for k trailing entries 1/√k. A tail row that falls into the
 * bucket of a signal row moves that one coordinate by 1/√k.
 *
 * @param k - default 2 m / d for a sketch of m rows: about one collision
 * @throws FletchError `INVALID_ARGUMENT` when it does not fit
 */
export function hardInstance(n: number, d: number, k: number): Problem {
  if (!(k >= 1 && d >= 1 && n >= d + k))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `${n} rows cannot hold ${d} of the identity and ${k} of the tail.`,
    );
  const A = new Matrix(new Float64Array(n * d), n, d);
  for (let i = 0; i < d; i++) A.data[i * d + i] = 1;
  return { A, b: new Float64Array(n).fill(1 / Math.sqrt(k), n - k) };
}

/**
 * Independent entries, standard normal or Student's t with 1.5 degrees of freedom; b = A 1 + normal noise.
 *
 * @param tails - default `normal`
 */
export function randomInstance(
  n: number,
  d: number,
  seed: number,
  tails: 'normal' | 'heavy' = 'normal',
): Problem {
  const random = rng(seed);
  const A = new Matrix(random.fillNormal(new Float64Array(n * d)), n, d);
  if (tails === 'heavy')
    // t = normal / √(χ²_ν / ν); χ² of 1.5 degrees of freedom is a gamma of shape 0.75.
    for (let i = 0; i < A.data.length; i++) A.data[i]! /= Math.sqrt((2 * gamma(0.75, random)) / 1.5);
  const b = random.fillNormal(new Float64Array(n));
  for (let i = 0; i < n; i++) for (const value of A.row(i)) b[i]! += value;
  return { A, b };
}

/** A gamma variate of a shape below 1, scale 1 (Ahrens and Dieter, 1974). */
function gamma(shape: number, random: { uniform(): number }): number {
  const bound = 1 + shape / Math.E;
  for (;;) {
    const p = bound * random.uniform();
    const x = p <= 1 ? p ** (1 / shape) : -Math.log((bound - p) / shape);
    const accept = p <= 1 ? Math.exp(-x) : x ** (shape - 1);
    if (x > 0 && random.uniform() <= accept) return x;
  }
}
