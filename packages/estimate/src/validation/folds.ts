/**
 * Folds of cross-validation.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { rng } from '@fletch/linalg';

/** One split of the rows. */
export interface Fold {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

export interface FoldOptions {
  /** Default 5. */
  readonly folds?: number | undefined;
  /** Default 0. */
  readonly seed?: number | undefined;
}

/**
 * Rows in random order, dealt to `folds` folds of as equal size as can be.
 *
 * @throws FletchError `INVALID_ARGUMENT` unless 2 ≤ folds ≤ rows
 */
export function kFold(rows: number, options: FoldOptions = {}): Fold[] {
  return stratifiedFolds(new Int32Array(rows), options);
}

/**
 * The same for every class apart, so that each fold has its share of each. Rare classes with fewer rows than folds
 * are missing from some test parts, but only a class of one row can be missing from a training part.
 *
 * @param codes - class of each row, from 0
 * @throws FletchError `INVALID_ARGUMENT` unless 2 ≤ folds ≤ rows
 */
export function stratifiedFolds(codes: ArrayLike<number>, options: FoldOptions = {}): Fold[] {
  const { folds = 5, seed = 0 } = options;
  const rows = codes.length;
  if (!Number.isSafeInteger(folds) || folds < 2 || folds > rows)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `folds must be a whole number from 2 to the ${rows} rows, not ${folds}.`,
      { details: { folds, rows } },
    );
  const order = Array.from(rng(seed).permutation(rows)).sort((a, b) => codes[a]! - codes[b]!);
  const foldOf = new Int32Array(rows);
  // Dealing goes on from class to class, so that the sizes of folds differ by one at most.
  order.forEach((row, i) => {
    foldOf[row] = i % folds;
  });
  const everyRow = Int32Array.from({ length: rows }, (_, row) => row);
  return Array.from({ length: folds }, (_, fold) => ({
    train: everyRow.filter((row) => foldOf[row] !== fold),
    test: everyRow.filter((row) => foldOf[row] === fold),
  }));
}
