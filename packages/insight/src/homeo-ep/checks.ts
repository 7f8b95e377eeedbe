/**
 * What inputs and labels must be.
 *
 * @module
 */
import { fromNumbers, type NDArray } from '@fletch/array';
import { FletchError } from '@fletch/base';
import type { EPLayout } from './layout.js';

/** @throws FletchError `INVALID_ARGUMENT` unless `value` is a positive integer */
export function checkSteps(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1)
    throw new FletchError('INVALID_ARGUMENT', `${name} must be a positive integer, not ${value}.`);
}

/**
 * Checks a batch.
 *
 * @param x - `[batch, inputs]`
 * @returns the labels as an array
 * @throws FletchError `DIMENSION_MISMATCH` for a wrong width or number of labels, `INVALID_ARGUMENT` for inputs outside
 *   [0, 1] or labels that are no class
 */
export function checkBatch({ inputs, sizes }: EPLayout, x: NDArray, y: ArrayLike<number>): NDArray {
  const [batch, width] = x.shape;
  if (x.shape.length !== 2 || width !== inputs)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `The network takes inputs of ${inputs} numbers, given [${x.shape.join(', ')}].`,
    );
  checkPixels(x.data as Float32Array, inputs);
  if (y.length !== batch)
    throw new FletchError('DIMENSION_MISMATCH', `${batch} inputs have ${y.length} labels.`);
  checkLabels(y, sizes.at(-1)!);
  return fromNumbers(y, [y.length], 'int32');
}

/** @throws FletchError `INVALID_ARGUMENT` naming the first number outside [0, 1] */
export function checkPixels(data: ArrayLike<number>, width: number): void {
  for (let i = 0; i < data.length; i++)
    if (!(data[i]! >= 0 && data[i]! <= 1))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Input ${i % width} of sample ${Math.floor(i / width)} is ${data[i]}: inputs lie in [0, 1]. Divide pixels by 255.`,
      );
}

/** @throws FletchError `INVALID_ARGUMENT` naming the first label that is no class */
export function checkLabels(labels: ArrayLike<number>, classes: number): void {
  for (let i = 0; i < labels.length; i++)
    if (!Number.isSafeInteger(labels[i]) || labels[i]! < 0 || labels[i]! >= classes)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Label ${i} is ${labels[i]}: the classes are 0 to ${classes - 1}.`,
      );
}
