/**
 * Walking and rebuilding expression graphs.
 *
 * @module
 */
import type { Attributes, Operation } from '../core/operation.js';
import { Node, type Tensor } from '../core/tensor.js';

/** All nodes on which `outputs` depend, inputs before users. `stop` cuts the walk at tensors already known. */
export function nodesOf(outputs: readonly Tensor[], stop?: (tensor: Tensor) => boolean): Node[] {
  const seen = new Set<Node>();
  const stack = outputs.filter((tensor) => !stop?.(tensor)).map((tensor) => tensor.node);
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (seen.has(node)) continue;
    seen.add(node);
    for (const input of node.inputs) if (!seen.has(input.node) && !stop?.(input)) stack.push(input.node);
  }
  // Ids grow with creation, and inputs are created before their users.
  return [...seen].sort((a, b) => a.id - b.id);
}

/** Makes a node like `node` on other inputs. */
export type Rebuild = (
  operation: Operation,
  inputs: readonly Tensor[],
  attributes: Attributes,
  node: Node,
) => readonly Tensor[];

const plain: Rebuild = (operation, inputs, attributes, node) =>
  new Node(operation, inputs, attributes, node.outputs).outputs;

/**
 * The graph of `outputs` with some tensors replaced; nodes that do not depend on a replaced tensor are shared
 * unless `rebuild` is given.
 */
export function substitute(
  outputs: readonly Tensor[],
  replaced: ReadonlyMap<Tensor, Tensor>,
  rebuild?: Rebuild,
): Tensor[] {
  const map = new Map<Tensor, Tensor>(replaced);
  const get = (tensor: Tensor) => map.get(tensor) ?? tensor;
  for (const node of nodesOf(outputs, (tensor) => map.has(tensor))) {
    if (node.inputs.length === 0 && rebuild === undefined) continue;
    const inputs = node.inputs.map(get);
    if (rebuild === undefined && inputs.every((tensor, i) => tensor === node.inputs[i])) continue;
    const made = (rebuild ?? plain)(node.operation, inputs, node.attributes, node);
    for (const [i, output] of node.outputs.entries()) if (!map.has(output)) map.set(output, made[i]!);
  }
  return outputs.map(get);
}
