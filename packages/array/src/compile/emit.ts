/**
 * Writes expression graphs as ONNX.
 *
 * @module
 */
import { type DType, dtypes } from '../core/dtype.js';
import { fromNumbers, type NDArray } from '../core/ndarray.js';
import type { Emitter } from '../core/operation.js';
import type { ConstantAttributes, Tensor, TensorType } from '../core/tensor.js';
import { type AttributeValue, GraphBuilder, type ValueName } from '../onnx/graph-builder.js';
import { nodesOf } from '../transform/graph.js';
import { simplify } from '../transform/simplify.js';

/** Emits nodes into one graph; bodies of loops get emitters of their own that see the names around them. */
class GraphEmitter implements Emitter {
  readonly #names: Map<Tensor, ValueName>;
  readonly #constants = new Map<string, ValueName>();
  readonly #taken = new Set<Tensor>();

  constructor(
    readonly graph: GraphBuilder,
    readonly portable: boolean,
    names: ReadonlyMap<Tensor, ValueName> = new Map(),
  ) {
    this.#names = new Map(names);
  }

  node(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): string {
    return this.graph.node(operator, inputs, attributes);
  }

  nodes(
    operator: string,
    inputs: readonly string[],
    outputs: number,
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): string[] {
    return this.graph.nodes(operator, inputs, outputs, attributes);
  }

  ints(values: readonly number[]): string {
    return this.graph.ints(...values);
  }

  scalar(value: number, dtype: DType): string {
    return this.constant(fromNumbers([value], [], dtype));
  }

  constant(value: NDArray): string {
    const make = () => this.graph.constant('constant', value.data, value.shape, value.dtype);
    if (value.size > 8) return make();
    const key = `${value.dtype} ${value.shape} ${value.data}`;
    const name = this.#constants.get(key) ?? make();
    this.#constants.set(key, name);
    return name;
  }

  body(
    parameters: readonly Tensor[],
    results: readonly Tensor[],
    outside: ReadonlyMap<Tensor, ValueName>,
  ): AttributeValue {
    const inner = new GraphEmitter(this.graph.body('body'), this.portable, outside);
    const simplified = simplify(results);
    inner.declare(parameters, 'step');
    inner.emit(simplified);
    const exposed = new Set<ValueName>(parameters.map((parameter) => inner.nameOf(parameter)));
    for (const name of [...outside.values()]) exposed.add(name);
    for (const result of simplified) {
      let name = inner.nameOf(result);
      // A parameter, a constant or a value that is a result already needs a node of its own.
      if (exposed.has(name) || result.node.operation.name === 'constant')
        name = inner.graph.node('Identity', [name]);
      exposed.add(name);
      inner.graph.expose(name, result.dtype, result.shape);
    }
    return { body: inner.graph };
  }

  isUsed(output: Tensor): boolean {
    return this.#taken.has(output);
  }

  /** Declares placeholders as inputs called `prefix0`, `prefix1`, … (made unique). */
  declare(placeholders: readonly Tensor[], prefix: string, names?: readonly string[]): string[] {
    return placeholders.map((placeholder, i) => {
      const name = this.graph.input(
        names?.[i] ?? `${prefix}${placeholder.node.id}_${i}`,
        placeholder.dtype,
        placeholder.shape,
      );
      this.#names.set(placeholder, name);
      return name;
    });
  }

  /** Writes all nodes on which `outputs` depend. */
  emit(outputs: readonly Tensor[]): void {
    const nodes = nodesOf(outputs, (tensor) => this.#names.has(tensor));
    for (const output of outputs) this.#taken.add(output);
    for (const node of nodes) for (const input of node.inputs) this.#taken.add(input);
    for (const node of nodes) {
      this.graph.label = node.operation.name;
      const made =
        node.operation.name === 'constant'
          ? [this.constant((node.attributes as ConstantAttributes).value)]
          : node.operation.lower(
              this,
              node.inputs.map((input) => this.nameOf(input)),
              node,
            );
      for (const [i, output] of node.outputs.entries()) this.#names.set(output, made[i]!);
    }
  }

  nameOf(tensor: Tensor): string {
    const name = this.#names.get(tensor);
    if (name === undefined)
      throw new Error(`${String(tensor)} (${tensor.node.operation.name}) was not emitted.`);
    return name;
  }
}

/** An emitted model and the names of what goes in and out. */
export interface EmittedModel {
  readonly bytes: Uint8Array;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** How a model is written. */
export interface EmitOptions {
  readonly name: string;
  /** Only standard ONNX operators. Default: false. */
  readonly portable?: boolean;
  /** Default: `x0`, `x1`, … */
  readonly inputNames?: readonly string[];
  /** Default: names of the values inside. */
  readonly outputNames?: readonly string[];
}

/** Writes the graph that computes `outputs` from `inputs` as an ONNX model. */
export function emitModel(
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  options: EmitOptions,
): EmittedModel {
  const emitter = new GraphEmitter(new GraphBuilder(options.name), options.portable ?? false);
  const given = emitter.declare(inputs, 'x', options.inputNames ?? inputs.map((_, i) => `x${i}`));
  emitter.emit(outputs);
  const exposed = new Set<string>(given);
  const names = outputs.map((output, i) => {
    const name = emitter.nameOf(output);
    const wanted = options.outputNames?.[i];
    // An input, a constant or a value that is an output already needs a node of its own.
    if (wanted !== undefined || exposed.has(name) || output.node.operation.name === 'constant') {
      const own = wanted ?? `out${i}`;
      emitter.graph.output(own, name, output.dtype, output.shape);
      return own;
    }
    exposed.add(name);
    emitter.graph.expose(name, output.dtype, output.shape);
    return name;
  });
  return { bytes: emitter.graph.build(), inputs: given, outputs: names };
}

/** Bytes that an array of this type takes. */
export function bytesOf({ shape, dtype }: TensorType): number {
  return shape.reduce((a, b) => a * b, 1) * dtypes[dtype].bytes;
}
