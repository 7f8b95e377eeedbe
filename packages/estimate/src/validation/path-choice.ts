/**
 * Choosing a penalty from cross-validated scores.
 *
 * @module
 */

/** Mean and standard error of the scores of the folds. */
export interface MeanScore {
  readonly mean: number;
  /** Sample standard deviation over √folds; NaN for one fold. */
  readonly standardError: number;
}

/** Mean and standard error of a sample. */
export function meanScore(scores: ArrayLike<number>): MeanScore {
  const count = scores.length;
  const mean = Array.from(scores).reduce((sum, score) => sum + score / count, 0);
  const squares = Array.from(scores).reduce((sum, score) => sum + (score - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares / (count - 1) / count) };
}

/**
 * Which point of a path to take, from the strongest penalty to the weakest: the lowest mean (ties: the strongest), or by
 * the one-standard-error rule the strongest penalty whose mean is within one standard error of the lowest (Breiman and
 * others, Classification and Regression Trees, 1984, section 3.4.3).
 *
 * @param points - losses, lower is better
 */
export function chooseOnPath(points: readonly MeanScore[], rule: 'min' | 'one-se' = 'min'): number {
  const best = points.reduce((least, { mean }, i) => (mean < points[least]!.mean ? i : least), 0);
  if (rule === 'min') return best;
  const limit = points[best]!.mean + points[best]!.standardError;
  const within = points.findIndex(({ mean }) => mean <= limit);
  return within < 0 ? best : within;
}
