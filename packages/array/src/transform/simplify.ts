/**
 * Makes graphs smaller before they are emitted: common subexpressions once, constants computed, operations that
 * change nothing removed, transpositions folded into products.
 *
 * @module
 */
import type { NDArray } from '../core/ndarray.js';
import type { Attributes, Operation } from '../core/operation.js';
import { broadcastShapes, sameShape, sizeOf } from '../core/shape.js';
import { type ConstantAttributes, constant, constantOf, Node, type Tensor } from '../core/tensor.js';
import { substitute } from './graph.js';
import { evaluateNode, toArray, toReference } from './interpret.js';
import { rules } from './rules.js';

/** Constants up to this many elements are computed while compiling; larger ones would bloat the model. */
const FOLD_LIMIT = 65_536;

let objects = 0;
const identities = new WeakMap<object, number>();

function identityOf(object: object): number {
  const known = identities.get(object) ?? objects++;
  identities.set(object, known);
  return known;
}

/** Attributes as a string: lists and numbers by value, anything else by identity. */
function keyOf(attributes: Attributes): string {
  let key = '';
  for (const name of Object.keys(attributes)) {
    const value = attributes[name];
    const plain = typeof value !== 'object' || value === null || Array.isArray(value);
    key += `|${name}=${plain ? String(value) : `#${identityOf(value as object)}`}`;
  }
  return key;
}

/** Small constants are equal when their elements are. */
function constantKey(value: NDArray): string {
  if (value.size > 64) return `constant #${identityOf(value.data)} ${value.dtype} ${value.shape}`;
  return `constant ${value.dtype} [${value.shape}] ${Array.from(value.data as ArrayLike<number>, (x) => (Object.is(x, -0) ? '-0' : String(x)))}`;
}

const commutative = new Set(['add', 'mul', 'maximum', 'minimum', 'equal', 'and', 'or']);
const transparent = new Set(['identity', 'stopGradient', 'custom']);
const stretching = new Set([...commutative, ...['sub', 'div', 'pow', 'mod', 'less', 'lessEqual', 'where']]);

/** Inputs that were stretched only to fit the others: the operation stretches by itself. */
function unstretched(inputs: readonly Tensor[], node: Node): readonly Tensor[] {
  let current = inputs;
  for (const [i, input] of inputs.entries()) {
    if (input.node.operation.name !== 'broadcast') continue;
    const candidate = current.with(i, input.node.inputs[0]!);
    if (sameShape(broadcastShapes(...candidate.map(({ shape }) => shape)), node.outputs[0]!.shape))
      current = candidate;
  }
  return current;
}

/** An equivalent graph with fewer nodes; placeholders stay the same. */
export function simplify(outputs: readonly Tensor[]): Tensor[] {
  const known = new Map<string, readonly Tensor[]>();
  const keyOfNode = (operation: Operation, inputs: readonly Tensor[], attributes: Attributes) =>
    operation.name === 'constant'
      ? constantKey((attributes as ConstantAttributes).value)
      : `${operation.name}${keyOf(attributes)}(${inputs.map((input) => `${input.node.id}.${input.index}`)})`;
  const once = (key: string, outputs: () => readonly Tensor[]): readonly Tensor[] => {
    const found = known.get(key) ?? outputs();
    known.set(key, found);
    return found;
  };
  const unique = (node: Node): readonly Tensor[] =>
    once(keyOfNode(node.operation, node.inputs, node.attributes), () => node.outputs);

  const make = (node: Node, given: readonly Tensor[]): readonly Tensor[] => {
    const { operation, attributes } = node;
    if (operation.name === 'input') return node.outputs;
    if (transparent.has(operation.name)) return given.slice(0, node.outputs.length);
    let inputs = stretching.has(operation.name) ? unstretched(given, node) : given;
    if (commutative.has(operation.name) && inputs[0]!.node.id > inputs[1]!.node.id)
      inputs = [inputs[1]!, inputs[0]!];
    const rule = rules[operation.name as keyof typeof rules];
    const better = rule?.(inputs, attributes as never, node);
    if (better !== undefined) return [settle(better)];
    const size = node.outputs.reduce((n, { shape }) => n + sizeOf(shape), 0);
    const constants = inputs.map(constantOf);
    // Stretched constants stay small.
    if (
      inputs.length > 0 &&
      size <= FOLD_LIMIT &&
      operation.name !== 'broadcast' &&
      constants.every((value) => value !== undefined)
    ) {
      // Folded once: two large constants would not be known for the same.
      return once(keyOfNode(operation, inputs, attributes), () => {
        const shaped = new Node(operation, inputs, attributes, node.outputs);
        const values = evaluateNode(
          shaped,
          constants.map((value) => toReference(value!)),
        );
        return values.flatMap((value) => unique(constant(toArray(value)).node));
      });
    }
    return unique(new Node(operation, inputs, attributes, node.outputs));
  };
  /** Simplifies what a rule has made: its new nodes were not seen yet. */
  const settle = (tensor: Tensor): Tensor => {
    const { node } = tensor;
    if (settled.has(node)) return tensor;
    if (node.inputs.length === 0)
      return node.operation.name === 'input' ? tensor : unique(node)[tensor.index]!;
    const made = make(node, node.inputs.map(settle));
    for (const output of made) settled.add(output.node);
    return made[tensor.index]!;
  };
  const settled = new Set<Node>();
  return substitute(outputs, new Map(), (_operation, inputs, _attributes, node) => {
    const made = make(node, inputs);
    for (const output of made) settled.add(output.node);
    return made;
  });
}
