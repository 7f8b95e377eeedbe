/**
 * Applies the cases of the table to random inputs, with their gradients.
 *
 * @module
 */
import { type DType, isFloating } from '../core/dtype.js';
import { fromNumbers, type NDArray } from '../core/ndarray.js';
import { sizeOf } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { mul, sum } from '../operations/index.js';
import { backward } from '../transform/gradient.js';
import { type Case, type Given, operationCases } from './cases.js';
import { compositionCases } from './compositions.js';
import { numbers } from './numbers.js';

/** Every case of the table and of the compositions. */
export const rows: readonly { readonly name: string; readonly row: Case }[] = [
  ...Object.entries(operationCases),
  ...Object.entries(compositionCases),
].flatMap(([name, cases]) => cases.map((row, i) => ({ name: `${name} ${i}`, row })));

/** Random inputs; no two elements closer than a central difference, so that no kink lies within a step. */
function draw(given: Given, float: DType, seed: number): NDArray {
  const { shape, low = -2, high = 2 } = given;
  const dtype = given.dtype ?? float;
  const next = numbers(seed);
  const values = Array.from({ length: sizeOf(shape) }, () => low + next() * (high - low));
  return fromNumbers(isFloating(dtype) ? values : values.map(Math.floor), shape, dtype);
}

/** Random inputs of a case. */
export function inputsOf(row: Case, float: DType): NDArray[] {
  return row.inputs.map((given, i) => draw(given, float, 17 * i + 5));
}

/** The output, and the gradients of its sum weighted with uneven numbers. */
export function withGradients(row: Case, inputs: readonly Tensor[]): Tensor[] {
  const y = row.f(...inputs);
  if (row.differentiable === false || !isFloating(y.dtype)) return [y];
  const next = numbers(99);
  const weights = fromNumbers(
    Array.from({ length: y.size }, () => 0.5 + next()),
    y.shape,
    y.dtype,
  );
  const sources = inputs.filter(({ dtype }) => isFloating(dtype));
  const gradients = backward([sum(mul(y, weights))], [sum(fromNumbers([1], [1], y.dtype) as never)], sources);
  return [y, ...gradients.map((g, i) => g ?? mul(sources[i]!, 0))];
}
