/**
 * Linear probes: how much a linear read-out of frozen features knows about labels.
 *
 * @module
 */
import type { NDArray } from '@fletch/array';
import { FletchError, type LongWork } from '@fletch/base';
import { Matrix } from '@fletch/linalg';
import { logisticWeights } from './probe/logistic.js';
import { ridgeWeights } from './probe/ridge.js';
import { scalingOf } from './probe/scaling.js';

/** Rows of features: an array `[rows, width]` or a matrix. */
export type Features = NDArray | Matrix;

export interface ProbeOptions extends LongWork {
  /** `ridge`: least squares on ±1; `logistic`: cross-entropy. Default `ridge`. */
  readonly kind?: 'ridge' | 'logistic';
  /**
   * Penalty on the weights, beside the mean loss of a row. Of several the best is taken: by the leave-one-out error of
   * ridge, by five-fold cross-validation of logistic. Default 1e-3.
   */
  readonly l2?: number | readonly number[];
  /** How many classes there are, 0 … classes − 1. Default: one more than the greatest label. */
  readonly classes?: number;
  /** Bring each feature to mean 0 and variance 1 over the given rows first. Default true. */
  readonly standardize?: boolean;
}

/** A trained read-out. */
export interface Probe {
  readonly classes: number;
  /** The penalty that was used. */
  readonly l2: number;
  /** `rows × classes`: the greatest is the prediction. */
  scores(features: Features): Matrix<Float64Array>;
  predict(features: Features): Int32Array;
  /** Share of the rows that are predicted right. */
  accuracy(features: Features, labels: ArrayLike<number>): number;
}

/**
 * Trains a linear read-out with a bias on labelled rows of features.
 *
 * @param features - finite
 * @param labels - whole numbers from 0 on, one a row; every class needs a row
 * @throws FletchError `INVALID_ARGUMENT` naming the class without a row, for labels out of range and penalties that
 *   are not positive; `DIMENSION_MISMATCH`; `NON_FINITE` with row and column; `ABORTED`
 */
export async function linearProbe(
  features: Features,
  labels: ArrayLike<number>,
  options: ProbeOptions = {},
): Promise<Probe> {
  const { kind = 'ridge', standardize = true, l2 = 1e-3 } = options;
  const penalties = typeof l2 === 'number' ? [l2] : l2;
  if (penalties.length === 0 || !penalties.every((value) => value > 0 && Number.isFinite(value)))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `l2 must be positive, but is ${penalties.join(', ') || 'nothing'}.`,
    );
  const raw = rowsOf(features);
  const classes = checkLabels(raw.rows, labels, options.classes);
  const scaling = scalingOf(raw, standardize);
  const x = scaling.apply(raw);
  const fit = kind === 'ridge' ? ridgeWeights : logisticWeights;
  const { weights, bias, penalty } = await fit(x, Int32Array.from(labels), classes, penalties, options);

  const scores = (given: Features): Matrix<Float64Array> => {
    const rows = rowsOf(given);
    if (rows.cols !== raw.cols)
      throw new FletchError(
        'DIMENSION_MISMATCH',
        `The probe reads ${raw.cols} features a row, not ${rows.cols}.`,
      );
    const scaled = scaling.apply(rows);
    const result = new Float64Array(rows.rows * classes);
    for (let i = 0; i < rows.rows; i++)
      for (let k = 0; k < classes; k++) {
        let sum = bias[k]!;
        for (let j = 0; j < rows.cols; j++)
          sum += scaled.data[i * rows.cols + j]! * weights.data[j * classes + k]!;
        result[i * classes + k] = sum;
      }
    return new Matrix(result, rows.rows, classes);
  };
  const predict = (given: Features) => greatest(scores(given));
  return {
    classes,
    l2: penalty,
    scores,
    predict,
    accuracy(given, truth) {
      const predicted = predict(given);
      if (truth.length !== predicted.length)
        throw new FletchError(
          'DIMENSION_MISMATCH',
          `There are ${predicted.length} rows, but ${truth.length} labels.`,
        );
      return accuracyOf(predicted, truth);
    },
  };
}

/** Share of the predictions that are right. */
export function accuracyOf(predicted: ArrayLike<number>, labels: ArrayLike<number>): number {
  let right = 0;
  for (let i = 0; i < labels.length; i++) if (predicted[i] === labels[i]) right++;
  return right / labels.length;
}

/** Position of the greatest score in every row. */
export function greatest({ data, rows, cols }: Matrix): Int32Array {
  return Int32Array.from({ length: rows }, (_, i) => {
    let best = 0;
    for (let k = 1; k < cols; k++) if (data[i * cols + k]! > data[i * cols + best]!) best = k;
    return best;
  });
}

/** The features as numbers in 64 bits. */
function rowsOf(features: Features): Matrix<Float64Array> {
  const matrix = features instanceof Matrix;
  const shape = matrix ? [features.rows, features.cols] : features.shape;
  if (shape.length !== 2)
    throw new FletchError('DIMENSION_MISMATCH', `Features are rows of numbers, not [${shape.join(', ')}].`);
  const [rows, cols] = shape as [number, number];
  const data = Float64Array.from(features.data as Float32Array);
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new FletchError(
      'NON_FINITE',
      `Feature ${bad % cols} of row ${Math.floor(bad / cols)} is ${data[bad]}.`,
      { details: { row: Math.floor(bad / cols), column: bad % cols } },
    );
  return new Matrix(data, rows, cols);
}

/**
 * The number of classes.
 *
 * @throws FletchError `DIMENSION_MISMATCH`, `INVALID_ARGUMENT` naming a label that is out of range or the class that no
 *   row has
 */
export function checkLabels(rows: number, labels: ArrayLike<number>, given?: number): number {
  if (labels.length !== rows)
    throw new FletchError('DIMENSION_MISMATCH', `There are ${rows} rows, but ${labels.length} labels.`);
  if (rows === 0)
    throw new FletchError('INVALID_ARGUMENT', 'There are no labelled rows: give at least one a class.');
  const classes = given ?? Array.from(labels).reduce((most, label) => Math.max(most, label), 0) + 1;
  const seen = new Set<number>();
  for (let i = 0; i < rows; i++) {
    const label = labels[i]!;
    if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `The label of row ${i} is ${label}: labels are whole numbers from 0 to ${classes - 1}.`,
        { details: { row: i, label } },
      );
    seen.add(label);
  }
  for (let k = 0; k < classes; k++)
    if (!seen.has(k))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `None of the ${rows} labelled rows has class ${k} of ${classes}: label at least one row of every class.`,
        { details: { class: k } },
      );
  return classes;
}
