/**
 * Runs graphs in JavaScript, number by number: for one-off expressions, for element types that the runtime
 * lacks, and as the reference that tests compare with.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { dtypes } from '../core/dtype.js';
import { fromNumbers, type NDArray } from '../core/ndarray.js';
import type { Reference } from '../core/operation.js';
import { type ConstantAttributes, type Node, Tensor } from '../core/tensor.js';
import { type Concrete, tree } from '../core/tree.js';
import { nodesOf } from './graph.js';

/** The array as the rules of operations take it. */
export function toReference(array: NDArray): Reference {
  return {
    shape: array.shape,
    dtype: array.dtype,
    values: Float64Array.from(array.data as ArrayLike<number>, Number),
  };
}

/** One node's outputs, rounded to their element types. */
export function evaluateNode(node: Node, inputs: readonly Reference[]): Reference[] {
  const made = node.operation.evaluate(inputs, node);
  return node.outputs.map(({ shape, dtype }, i) => {
    const values = Float64Array.from(made[i]!);
    if (dtype !== 'float64') {
      const { round } = dtypes[dtype];
      for (let k = 0; k < values.length; k++) values[k] = round(values[k]!);
    }
    return { shape, dtype, values };
  });
}

/** The values of `outputs` when the placeholders have the values `bound`. */
export function interpret(outputs: readonly Tensor[], bound: ReadonlyMap<Tensor, Reference>): Reference[] {
  const values = new Map<Tensor, Reference>(bound);
  for (const node of nodesOf(outputs, (tensor) => bound.has(tensor))) {
    if (node.operation.name === 'constant') {
      values.set(node.outputs[0]!, toReference((node.attributes as ConstantAttributes).value));
      continue;
    }
    if (node.operation.name === 'input')
      throw new FletchError(
        'INVALID_ARGUMENT',
        `${String(node.outputs[0])} is an argument of a traced function and has no value here: ` +
          'it may only be used inside that function.',
      );
    let made: Reference[];
    try {
      made = evaluateNode(
        node,
        node.inputs.map((input) => values.get(input)!),
      );
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new FletchError('INVALID_ARGUMENT', `${node.operation.name}: ${cause.message}.`, { cause });
    }
    for (const [i, output] of node.outputs.entries()) if (!values.has(output)) values.set(output, made[i]!);
  }
  return outputs.map((output) => values.get(output)!);
}

/** The array of a reference value. */
export function toArray({ values, shape, dtype }: Reference): NDArray {
  return fromNumbers(values, shape, dtype);
}

/**
 * The arrays of a tree of tensors, computed in JavaScript: for one-off expressions and tests, not for training.
 *
 * @throws FletchError `INVALID_ARGUMENT` when a tensor depends on an argument of a traced function
 * @example
 * ```ts
 * evaluate(sum(square(array([3, 4])))).item() // 25
 * ```
 */
export function evaluate<T>(value: T): Concrete<T> {
  const leaves = tree.leaves<unknown>(value);
  const wanted = leaves.filter((leaf) => leaf instanceof Tensor);
  const computed = new Map(interpret(wanted, new Map()).map((result, i) => [wanted[i], toArray(result)]));
  return tree.fill(
    value,
    leaves.map((leaf) => (leaf instanceof Tensor ? computed.get(leaf)! : leaf)),
  ) as Concrete<T>;
}
