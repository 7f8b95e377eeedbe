/**
 * Predictions of any estimator as named columns.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Matrix } from '@fletch/linalg';
import type { Classifier, Estimator, QuantileRegressor } from './estimator.js';
import type { Table } from './frame/frame.js';
import type { Label } from './frame/target.js';

/** Columns by name, in order. */
export type PredictionColumns = readonly (readonly [name: string, values: readonly Label[]])[];

/**
 * What an estimator predicts: `prediction`; `q0.05`, `q0.5`, … for quantiles; with `proba` also `P(class)` for each class.
 *
 * @throws FletchError `INVALID_ARGUMENT` when probabilities are asked of what has none, and what predicting throws
 */
export async function predictionColumns(
  estimator: Estimator,
  X: Table,
  { proba = false }: { readonly proba?: boolean } = {},
): Promise<PredictionColumns> {
  const predicted = await estimator.predict(X);
  const columns: [string, readonly Label[]][] =
    predicted instanceof Matrix
      ? (estimator as QuantileRegressor).levels.map((level, j) => [`q${level}`, [...predicted.column(j)]])
      : [['prediction', Array.from(predicted as ArrayLike<Label>)]];
  if (!proba) return columns;
  const { predictProba, classes } = estimator as Partial<Classifier>;
  if (!predictProba || !classes)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `A "${estimator.kind}" model predicts no probabilities of classes.`,
    );
  const probs = await predictProba.call(estimator, X);
  return [
    ...columns,
    ...classes.map((label, k): [string, number[]] => [`P(${label})`, [...probs.column(k)]]),
  ];
}
