/**
 * Keeps the values between neighbouring operations in the processor's cache: groups of operations that work row
 * by row become one loop over blocks of rows.
 *
 * Element by element, a large tensor costs the time to carry it to memory and back, three times what it costs from
 * the second-level cache. The runtime hands a loop's slices over without copying them.
 *
 * @module
 */
import { constantOf, input, Node, type Tensor } from '../core/tensor.js';
import { sum } from '../operations/reduce.js';
import { scanOperations } from '../operations/scan.js';
import { reshape } from '../operations/shape.js';
import { nodesOf } from './graph.js';
import { type Group, Grouping, regroup } from './grouping.js';

/** From where on a loop is worth it. */
export interface BlockSizes {
  /** Elements of a tensor that is carried to memory and back. */
  readonly large: number;
  /** Elements of the largest tensor of a block: with two or three neighbours it fits the second-level caches. */
  readonly block: number;
  /** Large tensors that must stay inside; fewer do not repay the loop. */
  readonly inside: number;
}

/**
 * Sizes for so many threads. Each has a cache of its own, and they meet after every operation: fewer, larger blocks
 * then.
 */
export function blockSizes(threads: number): BlockSizes {
  return { large: 131_072, block: threads > 1 ? 262_144 : 65_536, inside: 2 };
}

/** Number of blocks: as few as make them small enough. */
function blocksOf(divisor: number, size: number, { block }: BlockSizes): number {
  for (let n = 1; n < divisor; n++) if (divisor % n === 0 && n >= size / block) return n;
  return divisor;
}

/** One loop in the place of a group; `get` gives what its inputs have become. */
function loop(
  group: Group,
  results: readonly Tensor[],
  grouping: Grouping,
  get: (tensor: Tensor) => Tensor,
  blocks: number,
): Tensor[] {
  const whole = new Map<Tensor, Tensor>();
  const cut = new Map<Tensor, Tensor>();
  const inner = new Map<Tensor, Tensor>();
  const parameter = (given: Tensor, isCut: boolean): Tensor => {
    const made = inner.get(given);
    if (made !== undefined) return made;
    if (!isCut && (constantOf(given)?.size ?? Infinity) <= 8) return given;
    const known = isCut ? cut : whole;
    const found = known.get(given);
    if (found !== undefined) return found;
    const shape = isCut ? given.shape.with(0, given.shape[0]! / blocks) : given.shape;
    const placeholder = input(shape, given.dtype);
    known.set(given, placeholder);
    return placeholder;
  };
  // A reshape at the border of a loop would copy its block; outside it costs nothing.
  const isReshape = ({ node }: Tensor) => node.operation.name === 'reshape' && group.members.has(node);
  const source = (given: Tensor): Tensor => (isReshape(given) ? source(given.node.inputs[0]!) : given);
  const isInside = (given: Tensor) => group.members.has(source(given).node);
  for (const node of [...group.members].sort((a, b) => a.id - b.id)) {
    if (isReshape(node.outputs[0]!) && !isInside(node.outputs[0]!)) continue;
    const way = grouping.ways.get(node)!;
    const inputs = node.inputs.map((given, i) => parameter(given, way.cut[i]!));
    const attributes = way.attributes?.(blocks) ?? node.attributes;
    const made = new Node(node.operation, inputs, attributes, node.operation.infer(inputs, attributes));
    for (const [i, output] of node.outputs.entries()) inner.set(output, made.outputs[i]!);
  }
  const inside = results.map((result) => parameter(isInside(result) ? source(result) : result, true));
  const body = { parameters: [...whole.values(), ...cut.values()], results: inside };
  const slices = [...cut].map(([given, { shape }]) => reshape(get(source(given)), [blocks, ...shape]));
  const attributes = { body, carried: 0, captured: whole.size, length: blocks, reverse: false };
  const inputs = [...[...whole.keys()].map(get), ...slices];
  const made = new Node(
    scanOperations.scan,
    inputs,
    attributes,
    scanOperations.scan.infer(inputs, attributes),
  );
  return results.map((result, i) => {
    const stacked = made.outputs[i]!;
    return reshape(grouping.ways.get(result.node)!.added ? sum(stacked, { axes: 0 }) : stacked, result.shape);
  });
}

/**
 * The graph of `outputs` with groups of row-wise operations on large tensors as loops over blocks of rows.
 * Placeholders stay the same.
 */
export function blockRows(outputs: readonly Tensor[], sizes: BlockSizes): Tensor[] {
  const { large, block, inside } = sizes;
  const grouping = new Grouping(nodesOf(outputs), {
    large,
    admits: (divisor, size) => divisor > 1 && size / blocksOf(divisor, size, sizes) <= 8 * block,
  });
  const results = grouping.results(outputs);
  for (const [group, needed] of results) {
    const known = new Set(needed);
    const kept = [...group.members]
      .flatMap(({ outputs: made }) => made)
      .filter((tensor) => tensor.size >= large && !known.has(tensor));
    if (kept.length < inside || needed.length === 0) results.delete(group);
  }
  return regroup(outputs, grouping, results, (group, needed, get) =>
    loop(group, needed, grouping, get, blocksOf(group.divisor, group.size, sizes)),
  );
}
