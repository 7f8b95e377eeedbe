/**
 * Data that almost have proportional odds: the simulations of the PRESTO paper.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Matrix, rng } from '@fletch/linalg';
import { predictProbs } from '../cumulative/likelihood.js';
import type { CumulativeModel } from '../cumulative/problem.js';

export interface RelaxedPOOptions {
  /** Rows. Default 2500. */
  readonly n?: number;
  /** Columns, uniform from −1 to 1. Default 10. */
  readonly p?: number;
  /** Intercepts, ascending: K − 1 of them. Default 0, 3.5, 5.5. */
  readonly alpha?: readonly number[];
  /**
   * `sparse` (default): β_1j is `size` with probability `density`, else 0, and so is each difference, with a random sign.
   * `dense`: β_1j and each difference uniform from −size to size.
   */
  readonly kind?: 'sparse' | 'dense';
  /** Default 1/3. */
  readonly density?: number;
  /** Default 0.5. */
  readonly size?: number;
  readonly seed?: number;
}

/** Simulated rows with what they were made from. */
export interface RelaxedPO extends CumulativeModel {
  readonly X: Matrix<Float64Array>;
  /** Classes 1 … K. */
  readonly y: Int32Array;
  /** True probability of the last class for each row. */
  readonly rare: Float64Array;
}

/** Redraws before it gives up. */
const TRIES = 1000;

/**
 * Draws a model and rows from it; draws again while boundaries cross in some row or a class is missing.
 *
 * @throws FletchError `INVALID_ARGUMENT` for sizes that are no whole numbers, intercepts that do not ascend, or when a
 *   thousand draws would not do
 */
export function simulateRelaxedPO(options: RelaxedPOOptions = {}): RelaxedPO {
  const { n = 2500, p = 10, alpha = [0, 3.5, 5.5], seed = 0 } = options;
  for (const [name, value] of Object.entries({ n, p }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new FletchError('INVALID_ARGUMENT', `${name} must be a positive whole number, not ${value}.`);
  if (alpha.length < 2 || alpha.some((value, k) => !(value > (alpha[k - 1] ?? Number.NEGATIVE_INFINITY))))
    throw new FletchError('INVALID_ARGUMENT', `alpha must be at least two ascending numbers, not ${alpha}.`);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const drawn = draw(options, n, p, alpha, rng(seed, attempt));
    if (drawn) return drawn;
  }
  throw new FletchError(
    'INVALID_ARGUMENT',
    `In ${TRIES} draws some probability was negative or some class had no row: take more rows, a smaller size or other alpha.`,
  );
}

function draw(
  { kind = 'sparse', density = 1 / 3, size = 0.5 }: RelaxedPOOptions,
  n: number,
  p: number,
  alpha: readonly number[],
  random: ReturnType<typeof rng>,
): RelaxedPO | undefined {
  const count = alpha.length;
  const beta = new Matrix(new Float64Array(p * count), p, count);
  for (let j = 0; j < p; j++)
    for (let k = 0; k < count; k++) {
      const step =
        kind === 'dense'
          ? size * (2 * random.uniform() - 1)
          : random.uniform() < density
            ? size * (k > 0 && random.uniform() < 0.5 ? -1 : 1)
            : 0;
      beta.data[j * count + k] = step + (k > 0 ? beta.data[j * count + k - 1]! : 0);
    }
  const X = new Matrix(
    random.fillUniform(new Float64Array(n * p)).map((value) => 2 * value - 1),
    n,
    p,
  );
  const model = { alpha: Float64Array.from(alpha), beta };
  const probs = predictProbs(model, X);
  if (probs.data.some((value) => value < 0)) return undefined;
  const y = Int32Array.from({ length: n }, (_, i) => {
    const row = probs.row(i);
    let u = random.uniform();
    let k = 0;
    while (k < count && u >= row[k]!) u -= row[k++]!;
    return k + 1;
  });
  if (new Set(y).size <= count) return undefined;
  return { ...model, X, y, rare: Float64Array.from(probs.column(count)) };
}
