/**
 * Vectors in 64-bit numbers, and how alike two features are.
 *
 * @module
 */
import { FletchError } from '@fletch/base';

type Vector = ArrayLike<number>;

export function dot(a: Vector, b: Vector): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

export const length = (a: Vector) => Math.sqrt(dot(a, a));

/** `a + factor · b`, a new vector. */
export function plus(a: Vector, b: Vector, factor = 1): Float64Array {
  return Float64Array.from(a, (value, i) => value + factor * b[i]!);
}

/** The point at share `t` of the way from `a` to `b`. */
export const between = (a: Vector, b: Vector, t: number) =>
  Float64Array.from(a, (value, i) => value + t * (b[i]! - value));

function checkPair(name: string, a: Vector, b: Vector): void {
  if (a.length !== b.length)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `${name}: the vectors have ${a.length} and ${b.length} entries.`,
    );
}

function nonzero(name: string, a: Vector): number {
  const square = dot(a, a);
  if (!Number.isFinite(square)) throw new FletchError('NON_FINITE', `${name}: a vector is not finite.`);
  if (square === 0) throw new FletchError('ZERO_VECTOR', `${name}: a vector is all zeros.`);
  return square;
}

/**
 * By how much the score of feature 2 moves when that of feature 1 moves by one, for inputs that are isotropic around
 * feature 1: `y₁·y₂ / ‖y₁‖²` (Dunefsky and Cohan, theorem 2). It is the slope of the regression of score 2 on score 1,
 * whose r² is the square of {@link cosine}.
 *
 * @throws FletchError `DIMENSION_MISMATCH`, `ZERO_VECTOR`, `NON_FINITE`
 */
export function couplingCoefficient(y1: Vector, y2: Vector): number {
  checkPair('couplingCoefficient', y1, y2);
  return dot(y1, y2) / nonzero('couplingCoefficient', y1);
}

/**
 * Cosine of the angle between two features.
 *
 * @throws FletchError `DIMENSION_MISMATCH`, `ZERO_VECTOR`, `NON_FINITE`
 */
export function cosine(y1: Vector, y2: Vector): number {
  checkPair('cosine', y1, y2);
  return dot(y1, y2) / Math.sqrt(nonzero('cosine', y1) * nonzero('cosine', y2));
}

/** The regression of b on a: its slope, intercept, and r², the squared correlation. */
export interface Regression {
  readonly slope: number;
  readonly intercept: number;
  readonly r2: number;
}

/**
 * Regresses `b` on `a`.
 *
 * @throws FletchError `DIMENSION_MISMATCH`; `INVALID_ARGUMENT` when one of them does not vary
 */
export function regression(a: Vector, b: Vector): Regression {
  checkPair('regression', a, b);
  const mean = (values: Vector) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let aa = 0;
  let ab = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    aa += (a[i]! - meanA) ** 2;
    ab += (a[i]! - meanA) * (b[i]! - meanB);
    bb += (b[i]! - meanB) ** 2;
  }
  if (!(aa > 0 && bb > 0))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `regression: ${aa > 0 ? 'the second' : 'the first'} of the ${a.length} scores do not vary.`,
    );
  const slope = ab / aa;
  return { slope, intercept: meanB - slope * meanA, r2: (ab * ab) / (aa * bb) };
}
