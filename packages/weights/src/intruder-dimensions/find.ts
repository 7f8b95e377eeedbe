/**
 * Intruder dimensions of a whole model.
 *
 * @module
 */
import type { NDArray } from '@fletch/array';
import { FletchError } from '@fletch/base';
import { checkSameStates, type StateDict } from '../state-dict.js';
import { readTarget, type SpectralTarget, spectralTargets, type TargetOptions } from '../targets.js';
import { compareMatrices, type IntruderCriteria, type MatrixComparison, readCriteria } from './compare.js';

/** Options of {@link findIntruderDimensions}. */
export interface IntruderOptions extends IntruderCriteria, TargetOptions {}

/** One matrix of a report. */
export interface IntruderLayer extends MatrixComparison {
  /** Of the target. */
  readonly name: string;
  readonly target: SpectralTarget;
}

/** What {@link findIntruderDimensions} finds. */
export interface IntruderReport {
  /** Intruders of all matrices. */
  readonly total: number;
  /** Vectors that were looked at. */
  readonly vectors: number;
  readonly layers: readonly IntruderLayer[];
  /** Matrices with fewer vectors than `k`, in words. */
  readonly warnings: readonly string[];
}

/** The numbers of a tensor; what is quantized or counts has no spectrum. */
export function numbersOf(state: StateDict, name: string, model: string): Float32Array {
  const { dtype, data } = state[name] as NDArray;
  if (dtype === 'float32') return data as Float32Array;
  throw new FletchError(
    'INVALID_ARGUMENT',
    `"${name}" of ${model} is ${dtype}, not float32: dequantize or convert it first.`,
    { details: { tensor: name, dtype } },
  );
}

/**
 * Finds the high-ranking singular vectors of a tuned model that its base does not have: {@link compareMatrices} of every
 * matrix. An adapter is merged into its base first: unmerged, the base would be compared with itself.
 *
 * @throws FletchError `DIMENSION_MISMATCH` naming the tensors that differ, `INVALID_ARGUMENT` for options out of range,
 *   when no tensor is a matrix to look at, and for tensors that are not float32, `NON_FINITE` naming the tensor
 * @example
 * ```ts
 * const report = findIntruderDimensions(base, merged, { k: 10, epsilon: 0.5 });
 * const repaired = scaleIntruders(merged, report, 0.75);
 * ```
 */
export function findIntruderDimensions(
  base: StateDict,
  tuned: StateDict,
  options: IntruderOptions = {},
): IntruderReport {
  const { k } = readCriteria(options);
  checkSameStates(base, tuned, ['the base', 'the tuned model']);
  const shapes = new Map(Object.entries(base).map(([name, { shape }]) => [name, shape]));
  const layers = spectralTargets(shapes, options).map(
    (target): IntruderLayer => ({
      name: target.name,
      target,
      ...compareMatrices(
        readTarget(numbersOf(base, target.tensor, 'the base'), target),
        readTarget(numbersOf(tuned, target.tensor, 'the tuned model'), target),
        options,
      ),
    }),
  );
  return reportOf(layers, k);
}

/** Sums up what was found matrix by matrix, for models that are read one tensor at a time. */
export function reportOf(layers: readonly IntruderLayer[], k: number): IntruderReport {
  const small = layers.filter(({ sigma }) => sigma.length < k);
  return {
    total: layers.reduce((sum, { indices }) => sum + indices.length, 0),
    vectors: layers.reduce((sum, { sigma }) => sum + Math.min(k, sigma.length), 0),
    layers,
    warnings: small.map(
      ({ name, sigma }) =>
        `"${name}" has only ${sigma.length} singular vectors: all were looked at, not ${k}.`,
    ),
  };
}

/** How many of the k largest vectors of each matrix would be intruders for another epsilon. */
export function countIntruders({ layers }: IntruderReport, epsilon: number, k = 10): number {
  readCriteria({ k, epsilon });
  return layers.reduce(
    (sum, { maxCosine }) => sum + maxCosine.subarray(0, k).filter((cosine) => cosine < epsilon).length,
    0,
  );
}
