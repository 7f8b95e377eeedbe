/**
 * What a base model is: anything that predicts quantiles of a number from numbers.
 *
 * @module
 */
import type { LongWork } from '@fletch/base';
import type { Matrix } from '@fletch/linalg';

/** A model that can be fitted, again and again: each fit stands for itself. */
export interface BaseQuantileModel {
  /** In tables, and of saved models. */
  readonly name: string;
  /**
   * Learns from rows.
   *
   * @param X - n × d, finite
   * @param y - n
   * @param tau - levels, ascending
   * @throws FletchError `ABORTED`, `NON_FINITE` when training runs away
   */
  fit(
    X: Matrix<Float64Array>,
    y: Float64Array,
    tau: readonly number[],
    work?: LongWork,
  ): Promise<FittedQuantiles>;
  /** Gives back what fitting keeps between fits. */
  close?(): Promise<void>;
}

/** A fitted base model. */
export interface FittedQuantiles {
  /**
   * Quantiles of rows; they may cross.
   *
   * @param X - n × d
   * @returns n × m
   */
  predict(X: Matrix<Float64Array>): Matrix<Float64Array>;
  /** Plain numbers, from which {@link BaseKind.fromJSON} makes the same model. */
  toJSON(): object;
}

/** How a kind of base model is made, and read. */
export interface BaseKind {
  create(options: { readonly seed: number }): BaseQuantileModel;
  fromJSON(json: never): FittedQuantiles;
}

/** A matrix as plain numbers. */
export interface MatrixJson {
  readonly rows: number;
  readonly cols: number;
  readonly data: readonly number[];
}
