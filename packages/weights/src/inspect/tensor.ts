/**
 * One tensor of one model or two, in full.
 *
 * @module
 */
import { array } from '@fletch/array';
import { FletchError } from '@fletch/base';
import { type Checkpoint, findTensor } from '../checkpoint/checkpoint.js';
import { layoutOf } from '../checkpoint/layouts.js';
import { similarityMatrix } from '../intruder-dimensions/compare.js';
import {
  type CompareOptions,
  compareCheckpoints,
  type IntruderComparison,
  type TensorComparison,
} from './compare.js';
import { inspectCheckpoint, type TensorReport } from './inspect.js';
import { matrixShape, type SpectrumOptions } from './spectrum.js';

/** A checkpoint of which one tensor is seen. */
function pick(checkpoint: Checkpoint, name: string): Checkpoint {
  const tensor = findTensor(checkpoint, name);
  return { ...checkpoint, size: tensor.size, tensors: new Map([[name, tensor]]) };
}

/**
 * Statistics and spectrum of one tensor.
 *
 * @throws FletchError `NOT_FOUND`, what reading throws
 */
export async function inspectTensor(
  checkpoint: Checkpoint,
  name: string,
  spectra: SpectrumOptions = {},
): Promise<TensorReport> {
  const { tensors } = await inspectCheckpoint(pick(checkpoint, name), { spectra });
  return { ...tensors[0]!, ...layoutOf(checkpoint).roles.get(name)! };
}

/** One tensor in a base and in a tuned model. */
export interface TensorDetail {
  readonly tensor: TensorComparison;
  /** Null for what is no matrix, has not changed, or is too large. */
  readonly intruders: IntruderComparison | null;
  /**
   * Absolute cosines of the leading left singular vectors, base in rows, tuned in columns, row by row; null with `intruders`.
   */
  readonly similarity: { readonly size: number; readonly values: readonly number[] } | null;
}

/**
 * What changed in one tensor, with its spectra and how its singular vectors turned.
 *
 * @throws FletchError `NOT_FOUND`, `DIMENSION_MISMATCH` for another shape, what reading throws
 */
export async function compareTensor(
  base: Checkpoint,
  tuned: Checkpoint,
  name: string,
  { top = 24, ...options }: Pick<CompareOptions, 'exactUpTo'> & { readonly top?: number } = {},
): Promise<TensorDetail> {
  const [before, after] = [pick(base, name), pick(tuned, name)];
  const { tensors } = await compareCheckpoints(before, [after]);
  const [tensor] = tensors;
  if (!tensor)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `"${name}" is ${findTensor(base, name).dtype}, whose numbers are not read.`,
    );
  const { layer, slot, kind } = layoutOf(base).roles.get(name)!;
  const compared = { ...tensor, layer, slot, kind };
  const { norm, nonFinite } = tensor.changes[0]!;
  const { shape } = findTensor(base, name);
  if (shape.length !== 2 || matrixShape(shape) === null || norm === 0 || nonFinite > 0)
    return { tensor: compared, intruders: null, similarity: null };
  const { intruders } = await compareCheckpoints(before, [after], {
    ...options,
    intruders: { targetModules: /(?:)/ },
  });
  const [found] = intruders!;
  if (!found) return { tensor: compared, intruders: null, similarity: null };
  const [a, b] = [await base.readFloat32(name), await tuned.readFloat32(name)].map((values) =>
    array(values, 'float32', shape),
  );
  // Outputs are the columns of a Conv1D: there its right vectors are what is left elsewhere.
  const {
    data,
    shape: [size = 0],
  } = similarityMatrix(a!, b!, { top, side: kind === 'conv1d' ? 'right' : 'left' });
  return {
    tensor: compared,
    intruders: { ...found, layer },
    similarity: { size, values: Array.from(data as Float32Array) },
  };
}
