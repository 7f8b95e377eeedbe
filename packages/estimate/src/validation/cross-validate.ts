/**
 * Cross-validated scores of any estimator.
 *
 * @module
 */
import { type LongWork, throwIfAborted } from '@fletch/base';
import type { Estimator } from '../estimator.js';
import { sortedLabels } from '../frame/column.js';
import { Frame, normalized, type Table, takeTable } from '../frame/frame.js';
import { classTarget, type Target, takeTarget } from '../frame/target.js';
import { type FoldOptions, kFold, stratifiedFolds } from './folds.js';
import { type MeanScore, meanScore } from './path-choice.js';

export interface CrossValidateOptions extends FoldOptions, LongWork {
  /** Deal each class apart, so that every fold has its share. Default false. */
  readonly stratify?: boolean;
}

/** A fold that was held out, and the estimator that has not seen it. */
export interface HeldOut {
  readonly estimator: Estimator;
  readonly X: Table;
  readonly y: Target;
}

/** Scores of the held-out folds. */
export interface CrossValidation extends MeanScore {
  readonly scores: readonly number[];
  readonly heldOut: readonly HeldOut[];
}

/** Categories with the levels of all rows, so that a rare one may be missing from a fold. */
function withLevels<T>(table: T): T | Frame {
  if (!(table instanceof Frame)) return table;
  return new Frame(
    table.columns.map((column) => {
      if (column.kind === 'number' || column.levels) return column;
      return { ...column, levels: sortedLabels(column.values.filter((value) => value !== null)) };
    }),
  );
}

/**
 * Fits a fresh estimator on all folds but one and scores it on that one, for each.
 *
 * @param create - makes an estimator that is not fitted
 * @throws FletchError `INVALID_ARGUMENT` for folds that cannot be made, `ABORTED`, and what fitting throws
 */
export async function crossValidate(
  create: () => Estimator,
  X: Table,
  y: Target,
  options: CrossValidateOptions = {},
): Promise<CrossValidation> {
  const { stratify = false, signal, onProgress } = options;
  const table = withLevels(normalized(X));
  const folds = stratify
    ? stratifiedFolds(classTarget(y, table.rows).codes, options)
    : kFold(table.rows, options);
  const scores: number[] = [];
  const heldOut: HeldOut[] = [];
  for (const { train, test } of folds) {
    throwIfAborted(signal);
    const estimator = await create().fit(
      takeTable(table, train),
      takeTarget(y, train),
      signal ? { signal } : {},
    );
    const part = { estimator, X: takeTable(table, test), y: takeTarget(y, test) };
    heldOut.push(part);
    scores.push(await estimator.score(part.X, part.y));
    onProgress?.({ done: scores.length, total: folds.length, stage: 'cross-validation' });
  }
  return { scores, heldOut, ...meanScore(scores) };
}
