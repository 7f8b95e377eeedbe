/**
 * What an operation is: one entry with its shape rule, gradient rule, lowering and reference implementation.
 *
 * @module
 */
import type { AttributeValue } from '../onnx/graph-builder.js';
import type { DType } from './dtype.js';
import type { NDArray } from './ndarray.js';
import type { Shape } from './shape.js';
import type { Node, Tensor, TensorType } from './tensor.js';

/** Facts of one application that are fixed while tracing. */
export interface Attributes {
  readonly [name: string]: unknown;
}

/** An array inside the interpreter: its elements as 64-bit numbers, whatever the element type. */
export interface Reference extends TensorType {
  readonly values: Float64Array;
}

/** Where lowering rules put ONNX nodes. Values are handed around by name. */
export interface Emitter {
  /** Whether only standard operators may be written (a model for other runtimes). */
  readonly portable: boolean;
  /** A node with one output. Operators of ONNX Runtime's own are written `com.microsoft:Name`. */
  node(
    operator: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, AttributeValue>>,
  ): string;
  /** A node with several outputs. */
  nodes(
    operator: string,
    inputs: readonly string[],
    outputs: number,
    attributes?: Readonly<Record<string, AttributeValue>>,
  ): string[];
  /** A one-dimensional `int64` constant: shapes, axes. */
  ints(values: readonly number[]): string;
  constant(value: NDArray): string;
  /** A number of element type `dtype`. */
  scalar(value: number, dtype: DType): string;
  /**
   * The body of a loop as an attribute.
   *
   * @param outside - parameters whose values are those of names in the graph around it
   */
  body(
    parameters: readonly Tensor[],
    results: readonly Tensor[],
    outside: ReadonlyMap<Tensor, string>,
  ): AttributeValue;
  /** Whether anything takes in this output of a node. */
  isUsed(output: Tensor): boolean;
}

/** One operation of the table. Rules take attributes and types from the node. */
export interface Operation<A extends Attributes = Attributes> {
  readonly name: string;
  /** One line for the documentation: what it computes. */
  readonly summary: string;
  /** The gradient as a formula for the documentation; empty when there is none. */
  readonly derivative: string;
  /** Element types for which ONNX Runtime's CPU kernels lack the lowering: those graphs are interpreted. */
  readonly interpreted?: readonly DType[];
  /** Types of the outputs. Throws `Mismatch` when the inputs do not fit. */
  infer(inputs: readonly TensorType[], attributes: A): readonly TensorType[];
  /** Cotangents of the inputs from those of the outputs; `undefined` where none flows. */
  gradient(cotangents: readonly (Tensor | undefined)[], node: Node<A>): readonly (Tensor | undefined)[];
  /** Writes ONNX nodes; returns the names of the outputs. */
  lower(emitter: Emitter, inputs: readonly string[], node: Node<A>): readonly string[];
  /** Computes the outputs in 64-bit arithmetic; the interpreter rounds them to their element type. */
  evaluate(inputs: readonly Reference[], node: Node<A>): readonly ArrayLike<number>[];
}

/** An operation with one output, its rules in short form. */
export interface SingleOperation<A extends Attributes> {
  readonly name: string;
  readonly summary: string;
  readonly derivative: string;
  readonly interpreted?: readonly DType[];
  infer(inputs: readonly TensorType[], attributes: A): TensorType;
  /** `null`: not differentiable, no gradient flows. */
  readonly gradient: null | ((g: Tensor, node: Node<A>) => readonly (Tensor | undefined)[]);
  lower(emitter: Emitter, inputs: readonly string[], node: Node<A>): string;
  evaluate(inputs: readonly Reference[], node: Node<A>): ArrayLike<number>;
}

/** Makes a table entry from the short form. */
export function single<A extends Attributes>(rules: SingleOperation<A>): Operation<A> {
  const { gradient } = rules;
  return {
    name: rules.name,
    summary: rules.summary,
    derivative: rules.derivative,
    ...(rules.interpreted ? { interpreted: rules.interpreted } : {}),
    infer: (inputs, attributes) => [rules.infer(inputs, attributes)],
    gradient: (cotangents, node) => {
      const g = cotangents[0];
      return gradient === null || g === undefined ? [] : gradient(g, node);
    },
    lower: (emitter, inputs, node) => [rules.lower(emitter, inputs, node)],
    evaluate: (inputs, node) => [rules.evaluate(inputs, node)],
  };
}

/** An element type and shape, as rules return them. */
export function typed(shape: Shape, dtype: DType): TensorType {
  return { shape, dtype };
}
