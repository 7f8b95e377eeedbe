/**
 * Data of a chosen intrinsic dimension.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { cast, Matrix, matmul, randomOrthogonal, rng } from '@fletch/linalg';

export interface SyntheticOptions {
  readonly n: number;
  /** Dimensions of the space. */
  readonly D: number;
  /** Dimensions that the data fill; at most D. */
  readonly d: number;
  /** Default: 1000. */
  readonly queries?: number;
  /** Default: 0. */
  readonly seed?: number;
}

/**
 * Points U z of unit length with z ~ N(0, I_d) and U a random D x d orthonormal basis; queries of the same law.
 *
 * @throws FletchError `INVALID_ARGUMENT`
 */
export function syntheticIntrinsic({ n, D, d, queries = 1000, seed = 0 }: SyntheticOptions): {
  readonly X: Matrix<Float32Array>;
  readonly Q: Matrix<Float32Array>;
  readonly basis: Matrix<Float32Array>;
} {
  if (![n, D, d, queries].every((value) => Number.isInteger(value) && value >= 1) || d > D)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `There are no ${n} points of ${d} dimensions in a space of ${D}.`,
    );
  const random = rng(seed);
  const basis = cast(randomOrthogonal(random, D, d), 'float32');
  const draw = (count: number) => {
    const z = new Matrix(random.fillNormal(new Float32Array(count * d)), count, d);
    for (let i = 0; i < count; i++) {
      const row = z.data.subarray(i * d, (i + 1) * d);
      const length = Math.hypot(...row);
      for (let j = 0; j < d; j++) row[j]! /= length;
    }
    return matmul(z, basis, { transposeB: true });
  };
  return { X: draw(n), Q: draw(queries), basis };
}
