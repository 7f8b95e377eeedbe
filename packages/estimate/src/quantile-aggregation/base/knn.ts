/**
 * Quantiles of the nearest neighbours.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Matrix } from '@fletch/linalg';
import type { BaseKind, BaseQuantileModel, FittedQuantiles, MatrixJson } from './model.js';
import { weightedQuantiles } from './sample-quantiles.js';
import { type Scaling, scaleRows, scalingOf } from './scaling.js';

interface KnnJson {
  readonly k: number;
  readonly x: Scaling;
  /** Scaled features of the training rows. */
  readonly points: MatrixJson;
  readonly y: readonly number[];
  readonly tau: readonly number[];
}

/** Keeps the k least keys with what belongs to them: a heap with the largest on top. */
class Nearest {
  readonly distances: Float64Array;
  readonly values: Float64Array;
  size = 0;

  constructor(k: number) {
    this.distances = new Float64Array(k);
    this.values = new Float64Array(k);
  }

  get worst(): number {
    return this.size < this.distances.length ? Number.POSITIVE_INFINITY : this.distances[0]!;
  }

  push(distance: number, value: number): void {
    const { distances, values } = this;
    if (this.size < distances.length) {
      let at = this.size++;
      for (let parent = (at - 1) >> 1; at > 0 && distances[parent]! < distance; parent = (at - 1) >> 1) {
        distances[at] = distances[parent]!;
        values[at] = values[parent]!;
        at = parent;
      }
      distances[at] = distance;
      values[at] = value;
      return;
    }
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.size) break;
      if (child + 1 < this.size && distances[child + 1]! > distances[child]!) child++;
      if (distances[child]! <= distance) break;
      distances[at] = distances[child]!;
      values[at] = values[child]!;
      at = child;
    }
    distances[at] = distance;
    values[at] = value;
  }
}

function fitted(json: KnnJson): FittedQuantiles {
  const points = Float64Array.from(json.points.data);
  const { rows: n, cols: d } = json.points;
  const y = Float64Array.from(json.y);
  const ones = new Float64Array(json.k).fill(1);
  return {
    predict(X) {
      const scaled = scaleRows(X, json.x);
      const result = new Matrix(new Float64Array(X.rows * json.tau.length), X.rows, json.tau.length);
      for (let i = 0; i < X.rows; i++) {
        const x = scaled.row(i);
        const nearest = new Nearest(json.k);
        for (let p = 0, at = 0; p < n; p++) {
          let distance = 0;
          for (let j = 0; j < d; j++) {
            const gap = points[at++]! - x[j]!;
            distance += gap * gap;
          }
          if (distance < nearest.worst) nearest.push(distance, y[p]!);
        }
        weightedQuantiles(nearest.values.toSorted(), ones, json.k, json.tau, result.row(i));
      }
      return result;
    },
    toJSON: () => json,
  };
}

/** Quantiles of the targets of the k nearest training rows, on scaled features. */
export class KnnQuantile implements BaseQuantileModel {
  readonly name = 'knn';
  readonly #k: number;

  /**
   * @param options.k - default 40; all rows where there are fewer
   * @throws FletchError `INVALID_ARGUMENT`
   */
  constructor({ k = 40 }: { readonly k?: number } = {}) {
    if (!Number.isSafeInteger(k) || k < 1)
      throw new FletchError('INVALID_ARGUMENT', `k must be a whole number from 1, not ${k}.`);
    this.#k = k;
  }

  async fit(X: Matrix<Float64Array>, y: Float64Array, tau: readonly number[]): Promise<FittedQuantiles> {
    const x = scalingOf(X);
    const { data, rows, cols } = scaleRows(X, x);
    return fitted({
      k: Math.min(this.#k, rows),
      x,
      points: { rows, cols, data: Array.from(data) },
      y: Array.from(y),
      tau: [...tau],
    });
  }
}

export const knnKind: BaseKind = {
  create: () => new KnnQuantile(),
  fromJSON: (json: KnnJson) => fitted(json),
};
