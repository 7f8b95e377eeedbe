/**
 * Symbolic tensors: the nodes of an expression graph, and how an operation is applied.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { callerLine } from './caller.js';
import { type DType, dtypes, isFloating } from './dtype.js';
import { fromNumbers, NDArray } from './ndarray.js';
import type { Attributes, Operation } from './operation.js';
import { Mismatch, type Shape, show } from './shape.js';

/** Shape and element type. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** What every operation takes: a tensor, a concrete array (a constant of the graph), or a number. */
export type Value = Tensor | NDArray | number;

let created = 0;

/** One application of an operation. Inputs are always created before the node: ids sort topologically. */
export class Node<A extends Attributes = Attributes> {
  readonly id = created++;
  readonly outputs: readonly Tensor[];

  constructor(
    readonly operation: Operation<A>,
    readonly inputs: readonly Tensor[],
    readonly attributes: A,
    types: readonly TensorType[],
  ) {
    this.outputs = types.map((type, i) => new Tensor(this as unknown as Node, i, type.shape, type.dtype));
  }
}

/** A value that a compiled graph will compute: known shape and element type, no data. */
export class Tensor implements TensorType {
  constructor(
    readonly node: Node,
    readonly index: number,
    readonly shape: Shape,
    readonly dtype: DType,
  ) {}

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return this.shape.reduce((a, b) => a * b, 1);
  }

  toString(): string {
    return `Tensor ${this.dtype}${show(this.shape)}`;
  }
}

/** The attribute of a {@link constant} node. */
export interface ConstantAttributes extends Attributes {
  readonly value: NDArray;
}

const leaf = {
  infer: () => [],
  gradient: () => [],
  lower: () => [],
  evaluate: () => [],
  derivative: '',
};

/** A placeholder: an argument of a traced function. Bound when the graph runs. */
export const inputOperation: Operation<Attributes> = { ...leaf, name: 'input', summary: 'an argument' };

/** A concrete array stored in the graph. */
export const constantOperation: Operation<ConstantAttributes> = {
  ...leaf,
  name: 'constant',
  summary: 'a constant',
};

/** A placeholder of the given type. */
export function input(shape: Shape, dtype: DType): Tensor {
  return new Node(inputOperation, [], {}, [{ shape, dtype }]).outputs[0]!;
}

/** A tensor whose value is fixed: the array is stored in the graph. */
export function constant(value: NDArray): Tensor {
  return new Node(constantOperation, [], { value }, [value]).outputs[0]!;
}

/** The array of a constant tensor, or `undefined` when `tensor` is computed. */
export function constantOf(tensor: Tensor): NDArray | undefined {
  if (tensor.node.operation.name !== 'constant') return undefined;
  return (tensor.node.attributes as ConstantAttributes).value;
}

/** A floating-point or integer constant of one number. */
export function scalar(value: number, dtype: DType = 'float32'): Tensor {
  return constant(fromNumbers([value], [], dtype));
}

/** An error of a function of this library: its name, what was wrong, and the line that called it. */
export function callError(
  name: string,
  message: string,
  code: 'DIMENSION_MISMATCH' | 'INVALID_ARGUMENT' = 'INVALID_ARGUMENT',
): FletchError {
  const at = callerLine();
  return new FletchError(code, `${name}: ${message}${at === undefined ? '' : ` (at ${at})`}.`, {
    details: { operation: name, ...(at === undefined ? {} : { at }) },
  });
}

/**
 * The tensors of `values`. Numbers take the element type of the first tensor or array among them (`float32`
 * when there is none).
 *
 * @throws FletchError `INVALID_ARGUMENT` when a value is missing or a number does not fit the element type
 */
export function tensors(name: string, values: readonly Value[]): Tensor[] {
  const typed = values.find((value) => value instanceof Tensor || value instanceof NDArray);
  const dtype = (typed as TensorType | undefined)?.dtype ?? 'float32';
  return values.map((value, i) => {
    if (value instanceof Tensor) return value;
    if (value instanceof NDArray) return constant(value);
    if (typeof value !== 'number')
      throw callError(
        name,
        `argument ${i + 1} is ${value === undefined ? 'undefined: is a parameter missing from the tree?' : `no tensor but ${typeof value}`}`,
      );
    if (!isFloating(dtype) && dtypes[dtype].round(value) !== value)
      throw callError(name, `the number ${value} is not ${dtype}: cast the tensor first`);
    return scalar(value, dtype);
  });
}

/** {@link tensors} of one value. */
export function tensor(value: Value, dtype?: DType): Tensor {
  if (typeof value === 'number') return scalar(value, dtype);
  return tensors('tensor', [value])[0]!;
}

/**
 * Applies an operation, checking shapes and element types.
 *
 * @returns all of its outputs
 * @throws FletchError `DIMENSION_MISMATCH` naming the operation, the shapes and the caller's line
 */
export function applyAll<A extends Attributes>(
  operation: Operation<A>,
  values: readonly Value[],
  attributes: A,
): readonly Tensor[] {
  const inputs = tensors(operation.name, values);
  let types: readonly TensorType[];
  try {
    types = operation.infer(inputs, attributes);
  } catch (cause) {
    if (!(cause instanceof Mismatch)) throw cause;
    const shown = inputs.map((input) => `${input.dtype}${show(input.shape)}`).join(', ');
    throw callError(operation.name, `${cause.message}; given ${shown || 'nothing'}`, 'DIMENSION_MISMATCH');
  }
  return new Node(operation, inputs, attributes, types).outputs;
}

/** {@link applyAll} for operations with one output. */
export function apply<A extends Attributes>(
  operation: Operation<A>,
  values: readonly Value[],
  attributes: A,
): Tensor {
  return applyAll(operation, values, attributes)[0]!;
}
