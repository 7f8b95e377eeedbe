/**
 * Writes ONNX models: inputs, constants, nodes, outputs.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { type ElementType, elementTypeOf, elementTypes, type TensorData } from './elements.js';
import { WireWriter } from './wire.js';

/** Name of a value inside a graph: what one node puts out and others take in. */
export type ValueName = string;

/** A fixed length, or the name of a dimension that is known only when the graph runs. */
export type Dimension = number | string;

/**
 * A node's attribute. Whole numbers are written as integers; write `{ float: 1 }` for a floating-point one. A
 * body of a loop is a builder made by {@link GraphBuilder.body}.
 */
export type AttributeValue =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly body: GraphBuilder };

/** Operator sets: the standard one, and the extensions that ONNX Runtime itself brings. */
const OPSET = 21;
const IR_VERSION = 10;
const EXTENSIONS = 'com.microsoft';

/**
 * Collects one graph and writes it as an ONNX model (opset 21).
 *
 * @example
 * ```ts
 * const graph = new GraphBuilder('double');
 * const x = graph.input('x', 'float32', ['n']);
 * graph.output('y', graph.node('Add', [x, x]), 'float32', ['n']);
 * const session = await Session.load(graph.build());
 * ```
 */
export class GraphBuilder {
  readonly #name: string;
  readonly #root: GraphBuilder;
  /** Names are unique in the whole model, bodies included: then each may use the values around it. */
  readonly #taken: Set<string>;
  readonly #graph = new WireWriter();
  readonly #constants = new Map<string, ValueName>();
  #usesExtensions = false;
  #outputs = 0;
  /** Prefix of the names of nodes made from here on: the runtime's messages then name it. Default `node`. */
  label = 'node';

  constructor(name: string, parent?: GraphBuilder) {
    this.#name = name;
    this.#root = parent === undefined ? this : parent.#root;
    this.#taken = parent === undefined ? new Set() : parent.#taken;
  }

  /** A graph within this one: the body of a loop. */
  body(name: string): GraphBuilder {
    return new GraphBuilder(name, this);
  }

  /** A name like `base` that no value has yet. */
  #unique(base: string): ValueName {
    let name = base;
    for (let i = 1; this.#taken.has(name); i++) name = `${base}_${i}`;
    this.#taken.add(name);
    return name;
  }

  /** Declares an input under exactly this name. Throws `INVALID_ARGUMENT` when it is taken. */
  input(name: string, type: ElementType, dims: readonly Dimension[]): ValueName {
    if (this.#taken.has(name))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `The graph has a value "${name}" already: name the input differently.`,
      );
    this.#taken.add(name);
    this.#graph.message(11, valueInfo(name, type, dims));
    return name;
  }

  /**
   * A tensor stored in the model.
   *
   * @param name - wished name; a number is appended when it is taken
   * @param dims - its product is `data.length`, or the call throws `INVALID_ARGUMENT`
   */
  constant(name: string, data: TensorData, dims: readonly number[], type = elementTypeOf(data)): ValueName {
    const size = dims.reduce((a, b) => a * b, 1);
    if (size !== data.length)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `The constant "${name}" has ${data.length} elements, its shape [${dims.join(', ')}] needs ${size}.`,
      );
    const unique = this.#unique(name);
    const tensor = new WireWriter();
    for (const dim of dims) tensor.int(1, dim);
    tensor
      .int(2, elementTypes[type].code)
      .string(8, unique)
      .bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    this.#graph.message(5, tensor);
    return unique;
  }

  /** A one-dimensional `int64` constant: shapes, axes, lengths. Equal lists are stored once. */
  ints(...values: number[]): ValueName {
    return this.#shared(`ints_${values.join('_')}`, (name) =>
      this.constant(name, BigInt64Array.from(values, BigInt), [values.length]),
    );
  }

  /** A `float32` number. Equal numbers are stored once. */
  scalar(value: number): ValueName {
    return this.#shared(`scalar_${value}`, (name) => this.constant(name, Float32Array.of(value), []));
  }

  #shared(name: string, make: (name: string) => ValueName): ValueName {
    const made = this.#constants.get(name) ?? make(name);
    this.#constants.set(name, made);
    return made;
  }

  /** Applies an operator with one output. Operators of ONNX Runtime's own are written `com.microsoft:Name`. */
  node(
    operator: string,
    inputs: readonly ValueName[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): ValueName {
    return this.nodes(operator, inputs, 1, attributes)[0]!;
  }

  /** {@link node} for operators with several outputs. An input that is left out is the empty string. */
  nodes(
    operator: string,
    inputs: readonly ValueName[],
    outputCount: number,
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): ValueName[] {
    const [domain, type] = operator.includes(':')
      ? (operator.split(':') as [string, string])
      : ['', operator];
    if (domain === EXTENSIONS) this.#root.#usesExtensions = true;
    const message = new WireWriter();
    for (const input of inputs) {
      if (input !== '' && !this.#taken.has(input))
        throw new FletchError(
          'INVALID_ARGUMENT',
          `${operator} takes in "${input}", which the graph does not have.`,
        );
      message.string(1, input);
    }
    const outputs = Array.from({ length: outputCount }, () => this.#unique(type));
    for (const output of outputs) message.string(2, output);
    message.string(3, `${this.label}_${outputs[0]}`).string(4, type);
    for (const [name, value] of Object.entries(attributes)) message.message(5, attribute(name, value));
    if (domain) message.string(7, domain);
    this.#graph.message(1, message);
    return outputs;
  }

  /** Declares `value` as an output under exactly this name. */
  output(name: string, value: ValueName, type: ElementType, dims: readonly Dimension[]): void {
    if (this.#taken.has(name))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `The graph has a value "${name}" already: name the output differently.`,
      );
    this.#taken.add(name);
    const identity = new WireWriter().string(1, value).string(2, name).string(3, `node_${name}`);
    this.#graph.message(1, identity.string(4, 'Identity')).message(12, valueInfo(name, type, dims));
    this.#outputs++;
  }

  /** Declares a node's output as an output of the graph under its own name, without another node. */
  expose(value: ValueName, type: ElementType, dims: readonly Dimension[]): void {
    this.#graph.message(12, valueInfo(value, type, dims));
    this.#outputs++;
  }

  /** The graph alone, for an attribute. */
  message(): WireWriter {
    return this.#graph.string(2, this.#name);
  }

  /** The model's bytes. Throws `INVALID_ARGUMENT` when no output was declared. */
  build(): Uint8Array {
    if (this.#outputs === 0)
      throw new FletchError('INVALID_ARGUMENT', `The graph "${this.#name}" has no output: declare one.`);
    const graph = new WireWriter().message(7, this.message());
    const model = new WireWriter().int(1, IR_VERSION).string(2, 'fletch').message(8, operatorSet('', OPSET));
    if (this.#usesExtensions) model.message(8, operatorSet(EXTENSIONS, 1));
    return concat(model.finish(), graph.finish());
  }
}

/** Two halves of one message are that message (protobuf merges fields). */
function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const result = new Uint8Array(a.length + b.length);
  result.set(a);
  result.set(b, a.length);
  return result;
}

function operatorSet(domain: string, version: number): WireWriter {
  return new WireWriter().string(1, domain).int(2, version);
}

function valueInfo(name: string, type: ElementType, dims: readonly Dimension[]): WireWriter {
  const shape = new WireWriter();
  for (const dim of dims) {
    const written = new WireWriter();
    if (typeof dim === 'number') written.int(1, dim);
    else written.string(2, dim);
    shape.message(1, written);
  }
  const tensor = new WireWriter().int(1, elementTypes[type].code).message(2, shape);
  return new WireWriter().string(1, name).message(2, new WireWriter().message(1, tensor));
}

function attribute(name: string, value: AttributeValue): WireWriter {
  const message = new WireWriter().string(1, name);
  if (typeof value === 'string') return message.string(4, value).int(20, 3);
  if (typeof value === 'number')
    return Number.isInteger(value) ? message.int(3, value).int(20, 2) : message.float(2, value).int(20, 1);
  if ('body' in value) return message.message(6, value.body.message()).int(20, 5);
  if ('float' in value) return message.float(2, value.float).int(20, 1);
  const whole = value.every(Number.isInteger);
  for (const item of value) {
    if (whole) message.int(8, item);
    else message.float(7, item);
  }
  return message.int(20, whole ? 7 : 6);
}
