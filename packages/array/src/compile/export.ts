/**
 * Writes a function as an ONNX model for other runtimes.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { constantOf, Tensor } from '../core/tensor.js';
import { tree } from '../core/tree.js';
import type { Feed } from './compile.js';
import { emitModel } from './emit.js';
import { trace } from './plan.js';
import { skeletonOf } from './signature.js';

/** How {@link exportOnnx} names things. */
export interface ExportOptions {
  /** Name of the graph. Default: the function's own. */
  readonly name?: string;
  /**
   * Names of the arguments: the inputs are called by them, trees with dots (`params.w1`). Default: `0`, `1`, …,
   * written `arg0`, `arg1`.
   */
  readonly argumentNames?: readonly string[];
  /** Arguments, by position, whose arrays are stored in the model: trained parameters. Default: none. */
  readonly fixed?: readonly number[];
}

/**
 * The ONNX model (standard operators, opset 21) of a function for arguments of these shapes.
 *
 * Inputs are named after the arguments, outputs after the keys of the returned tree (`output` when it is a
 * single tensor).
 *
 * @param fn - a function as `compile` takes it
 * @param example - arguments of the shapes and element types wanted
 * @throws FletchError whatever tracing throws; `INVALID_ARGUMENT` when nothing is computed
 */
export function exportOnnx<Args extends unknown[], Result>(
  fn: (...args: Args) => Result,
  example: Feed<Args>,
  options: ExportOptions = {},
): Uint8Array {
  const fixed = options.fixed ?? [];
  const free = (example as readonly unknown[]).map((argument, i) => (fixed.includes(i) ? null : argument));
  const called = (...args: never[]) =>
    fn(...((args as unknown[]).map((argument, i) => (fixed.includes(i) ? example[i] : argument)) as Args));
  const made = trace(called, skeletonOf(free, ''));
  const names = Object.keys(tree.flatten(made.result));
  const outputs: Tensor[] = [];
  const outputNames: string[] = [];
  for (const [i, leaf] of made.leaves.entries())
    if (leaf instanceof Tensor) {
      outputs.push(leaf);
      outputNames.push(names[i] === '' ? 'output' : names[i]!);
    }
  if (outputs.every((output) => constantOf(output) !== undefined))
    throw new FletchError(
      'INVALID_ARGUMENT',
      'exportOnnx: the function computes nothing from its arguments.',
    );
  const inputNames = made.paths.map((path) => {
    const [first, ...rest] = path.split('.');
    return [options.argumentNames?.[Number(first)] ?? `arg${first}`, ...rest].join('.');
  });
  const clash = outputNames.find((name) => inputNames.includes(name));
  if (clash !== undefined)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `exportOnnx: "${clash}" names an input and an output: rename one.`,
    );
  return emitModel(made.placeholders, outputs, {
    name: options.name ?? (fn.name || 'function'),
    portable: true,
    inputNames,
    outputNames,
  }).bytes;
}
