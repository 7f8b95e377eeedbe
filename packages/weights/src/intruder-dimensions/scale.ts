/**
 * Scales intruders down, or up, without data.
 *
 * @module
 */
import { array } from '@fletch/array';
import { FletchError } from '@fletch/base';
import { svd } from '@fletch/linalg';
import type { StateDict } from '../state-dict.js';
import { readTarget, type SpectralTarget, writeTarget } from '../targets.js';
import { type IntruderReport, numbersOf } from './find.js';

/** Singular vectors of matrices of a model: of each, positions in the order of its singular values. */
export interface ChosenVectors {
  readonly layers: readonly { readonly target: SpectralTarget; readonly indices: readonly number[] }[];
}

/**
 * Scales the intruders of a report: `W ← W + (lambda − 1) · s_j · u_j · v_jᵀ` for each. The other tensors of the result
 * are the very arrays that were given, not copies; `tuned` is not changed.
 *
 * @param report - of {@link findIntruderDimensions}, or any {@link ChosenVectors}
 * @param lambda - 0 removes them, 1 leaves them bit for bit; not negative
 * @throws FletchError `INVALID_ARGUMENT` for another lambda, `NOT_FOUND` or `DIMENSION_MISMATCH` when the report is of
 *   another model, `NON_FINITE`
 */
export function scaleIntruders(tuned: StateDict, report: ChosenVectors, lambda: number): StateDict {
  if (!(lambda >= 0 && Number.isFinite(lambda)))
    throw new FletchError(
      'INVALID_ARGUMENT',
      `lambda is what intruders are multiplied by, 0 or more, not ${lambda}.`,
    );
  if (lambda === 1) return { ...tuned };
  const scaled: Record<string, StateDict[string]> = { ...tuned };
  for (const { target, indices } of report.layers) {
    if (indices.length === 0) continue;
    const given = scaled[target.tensor];
    if (given === undefined)
      throw new FletchError(
        'NOT_FOUND',
        `The report is of another model: "${target.tensor}" is not in this one.`,
        { details: { tensor: target.tensor } },
      );
    const data = numbersOf(scaled, target.tensor, 'the tuned model').slice();
    scaleVectors(data, target, indices, lambda);
    scaled[target.tensor] = array(data, 'float32', given.shape);
  }
  return scaled;
}

/** {@link scaleIntruders} of one tensor, in place. */
export function scaleVectors(
  data: Float32Array,
  target: SpectralTarget,
  indices: readonly number[],
  lambda: number,
): void {
  const matrix = readTarget(data, target);
  const { u, s, vt } = svd(matrix);
  const bad = indices.find((j) => !(j >= 0 && j < s.length));
  if (bad !== undefined)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `"${target.name}" has ${s.length} singular vectors, counted from 0: there is none at ${bad}.`,
    );
  const next = Float64Array.from(matrix.data);
  for (const j of indices) {
    const row = vt.row(j);
    for (let i = 0; i < u.rows; i++) {
      const factor = (lambda - 1) * s[j]! * u.data[i * u.cols + j]!;
      for (let column = 0; column < row.length; column++)
        next[i * row.length + column]! += factor * row[column]!;
    }
  }
  matrix.data.set(next);
  writeTarget(data, target, matrix);
}

/**
 * A control for {@link scaleIntruders}: for every intruder the vector of the same matrix that is nearest in rank, is like
 * one of the base, and was not taken yet. Where a matrix has too few, all are taken.
 *
 * @param leastCosine - from which a vector is like one of the base. Default 0.8
 */
export function pretrainedLikeVectors({ layers }: IntruderReport, leastCosine = 0.8): ChosenVectors {
  return {
    layers: layers.map(({ target, indices, maxCosine }) => {
      const taken = new Set<number>();
      for (const intruder of indices) {
        const free = Array.from(maxCosine.keys()).filter(
          (j) => maxCosine[j]! >= leastCosine && !taken.has(j) && !indices.includes(j),
        );
        const [nearest] = free.sort((a, b) => Math.abs(a - intruder) - Math.abs(b - intruder));
        if (nearest !== undefined) taken.add(nearest);
      }
      return { target, indices: [...taken] };
    }),
  };
}
