/**
 * How much tasks stand in each other's way in a matrix.
 *
 * @module
 */
import type { NDArray } from '@fletch/array';
import { FletchError } from '@fletch/base';
import { shapeText } from '../state-dict.js';
import { singularInterference } from './singular/merge-singular.js';

/**
 * The interference of task vectors of one matrix: 0 when their leading singular directions are orthogonal to each other
 * (Gargiulo et al., CVPR 2025, equation 5: the sum of the sizes of `(UᵀU − I) S (VᵀV − I)`).
 *
 * @param tensors - task vectors `[out, in]`, all of one shape
 * @throws FletchError `DIMENSION_MISMATCH` for other shapes, `INVALID_ARGUMENT` for none or more than min(out, in)
 */
export function taskSingularInterference(tensors: readonly NDArray[]): number {
  const shape = tensors[0]?.shape ?? [];
  const bad = tensors.find(
    (tensor) => shapeText(tensor.shape) !== shapeText(shape) || tensor.shape.length !== 2,
  );
  if (bad)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `Interference is of matrices of one shape, not of ${shapeText(shape)} and ${shapeText(bad.shape)}.`,
    );
  if (tensors.length === 0 || Math.min(...shape) < tensors.length)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Interference is of at least one and at most min(out, in) matrices, not of ${tensors.length}.`,
    );
  return singularInterference(
    tensors.map(({ data }) => Float32Array.from(data as Float32Array)),
    shape as [number, number],
  );
}
