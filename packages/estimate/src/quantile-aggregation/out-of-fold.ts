/**
 * Predictions of base models for rows that they were not trained on.
 *
 * @module
 */
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { Matrix } from '@fletch/linalg';
import { takeTable } from '../frame/frame.js';
import type { BaseQuantileModel, FittedQuantiles } from './base/model.js';
import { requireLevels } from './levels.js';
import { type QuantileTensor, requirePredictions, stackPredictions } from './predictions.js';

/** What {@link outOfFold} gives. */
export interface OutOfFold {
  /** N × L × m: each row by models that were fitted without it. */
  readonly zTrain: QuantileTensor;
  /** Fits every model on all rows. */
  fitFull(work?: LongWork): Promise<FittedQuantiles[]>;
}

/** Options of {@link outOfFold}. */
export interface OutOfFoldOptions extends LongWork {
  /** Consecutive parts of the rows. Default 5. */
  readonly folds?: number;
}

/**
 * Fits each model as often as there are folds, on all rows but one fold, and predicts that fold. An aggregator that saw
 * predictions for training rows would choose the model that overfits most.
 *
 * @param X - n × d, in random order: folds are consecutive
 * @param y - n numbers that differ
 * @throws FletchError `INVALID_ARGUMENT` for levels, folds or a constant y; `DIMENSION_MISMATCH`; `NON_FINITE` naming the model
 *   and row of a prediction that is none; `ABORTED`
 */
export async function outOfFold(
  models: readonly BaseQuantileModel[],
  X: Matrix<Float64Array>,
  y: Float64Array,
  tau: readonly number[],
  { folds = 5, signal, onProgress }: OutOfFoldOptions = {},
): Promise<OutOfFold> {
  requireLevels(tau);
  requireTargets(X, y);
  if (models.length === 0) throw new FletchError('INVALID_ARGUMENT', 'There are no base models.');
  if (!Number.isSafeInteger(folds) || folds < 2 || folds > X.rows)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `folds must be a whole number from 2 to the ${X.rows} rows, not ${folds}.`,
      { details: { folds, rows: X.rows } },
    );
  const work: LongWork = signal ? { signal } : {};
  const m = tau.length;
  const predictions = models.map(() => new Matrix(new Float64Array(X.rows * m), X.rows, m));
  const total = folds * models.length;
  for (let fold = 0; fold < folds; fold++) {
    const from = Math.floor((fold * X.rows) / folds);
    const to = Math.floor(((fold + 1) * X.rows) / folds);
    const everyRow = Int32Array.from({ length: X.rows }, (_, i) => i);
    const rows = everyRow.filter((row) => row < from || row >= to);
    const train = takeTable(X, rows) as Matrix<Float64Array>;
    const targets = Float64Array.from(rows, (row) => y[row]!);
    const held = takeTable(X, everyRow.subarray(from, to)) as Matrix<Float64Array>;
    for (const [l, model] of models.entries()) {
      throwIfAborted(signal);
      const fitted = await model.fit(train, targets, tau, work);
      predictions[l]!.data.set(fitted.predict(held).data, from * m);
      onProgress?.({ done: fold * models.length + l + 1, total, stage: `${model.name}, fold ${fold + 1}` });
    }
  }
  const zTrain = stackPredictions(predictions);
  const names = models.map(({ name }) => name);
  requirePredictions(zTrain, m, names);
  return {
    zTrain,
    async fitFull(full: LongWork = {}) {
      const fitted: FittedQuantiles[] = [];
      for (const model of models) {
        throwIfAborted(full.signal);
        fitted.push(await model.fit(X, y, tau, full));
        full.onProgress?.({ done: fitted.length, total: models.length, stage: `${model.name}, all rows` });
      }
      return fitted;
    },
  };
}

/** @throws FletchError `DIMENSION_MISMATCH`, `NON_FINITE` with the row, `INVALID_ARGUMENT` when all targets are one number */
export function requireTargets(X: Matrix, y: ArrayLike<number>): void {
  if (y.length !== X.rows || y.length === 0)
    throw new FletchError('DIMENSION_MISMATCH', `X has ${X.rows} rows, but there are ${y.length} targets.`);
  let constant = true;
  for (let i = 0; i < y.length; i++) {
    if (!Number.isFinite(y[i]))
      throw new FletchError('NON_FINITE', `Target ${i} is ${y[i]}.`, { details: { row: i } });
    if (y[i] !== y[0]) constant = false;
  }
  if (constant)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `All ${y.length} targets are ${y[0]}: there is nothing to predict.`,
    );
}
