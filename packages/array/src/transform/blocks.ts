/**
 * Keeps the values between neighbouring operations in the processor's cache: groups of operations that work row
 * by row become one loop over blocks of rows.
 *
 * Element by element, a large tensor costs the time to carry it to memory and back, three times what it costs from
 * the second-level cache. The runtime hands a loop's slices over without copying them.
 *
 * @module
 */
import { sizeOf } from '../core/shape.js';
import { constantOf, input, Node, type Tensor, type TensorType } from '../core/tensor.js';
import { sum } from '../operations/reduce.js';
import { scanOperations } from '../operations/scan.js';
import { reshape } from '../operations/shape.js';
import { nodesOf } from './graph.js';
import { type Rowwise, rowwise } from './rowwise.js';

/** Elements of a tensor from which it is worth a loop. */
const LARGE = Number(process.env.FL_LARGE ?? 131_072);
/** Elements of the largest tensor of a block: with two or three neighbours it fits the second-level cache. */
const BLOCK = Number(process.env.FL_BLOCK ?? 65_536);
/** Fewer large values that stay inside do not repay the loop. */
const WORTH = 2;

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));

const largest = (tensors: readonly TensorType[]) => Math.max(0, ...tensors.map(({ shape }) => sizeOf(shape)));

/** Operations that will become one loop. */
class Group {
  readonly members = new Set<Node>();
  /** Every number of blocks that divides it cuts all the group's tensors. */
  divisor = 0;
  /** Elements of the largest tensor. */
  size = 0;
  /** Ids of the first and the last member. */
  oldest = Infinity;
  youngest = 0;

  add(node: Node): void {
    this.members.add(node);
    this.oldest = Math.min(this.oldest, node.id);
    this.youngest = Math.max(this.youngest, node.id);
  }

  /** Number of blocks: as few as make them small enough. */
  static blocks(divisor: number, size: number): number {
    const wanted = size / BLOCK;
    let best = divisor;
    for (let n = 1; n <= divisor; n++)
      if (divisor % n === 0 && n >= wanted) {
        best = n;
        break;
      }
    return best;
  }
}

/** A graph's nodes with the groups that they were put into. */
class Grouping {
  readonly groupOf = new Map<Node, Group>();
  readonly ways = new Map<Node, Rowwise>();

  constructor(readonly nodes: readonly Node[]) {
    for (const node of nodes) this.#place(node);
  }

  #place(node: Node): void {
    const way = rowwise(node);
    if (way === undefined) return;
    const cut = node.inputs.filter((_, i) => way.cut[i]);
    const rows = [...cut, ...(way.added ? [] : node.outputs)].map(({ shape }) => shape[0]!);
    const size = largest([...cut, ...node.outputs]);
    let candidates = new Set(
      cut.flatMap(({ node: maker }) => {
        const group = this.groupOf.get(maker);
        return group === undefined || this.ways.get(maker)!.added ? [] : [group];
      }),
    );
    if (candidates.size === 0) {
      if (size < LARGE) return;
      candidates = new Set([new Group()]);
    }
    // Joined with all groups that it takes from where that is possible, else with the first that takes it.
    for (const chosen of candidates.size > 1
      ? [[...candidates], ...[...candidates].map((g) => [g])]
      : [[...candidates]]) {
      const divisor = [...chosen.map((group) => group.divisor), ...rows].reduce(greatestDivisor);
      const extent = Math.max(size, ...chosen.map((group) => group.size));
      if (divisor < 2 || extent / Group.blocks(divisor, extent) > 8 * BLOCK) continue;
      if (!this.#fits(node, way, new Set(chosen))) continue;
      const [group, ...others] = chosen as [Group, ...Group[]];
      for (const other of others)
        for (const member of other.members) {
          group.add(member);
          this.groupOf.set(member, group);
        }
      group.add(node);
      group.divisor = divisor;
      group.size = extent;
      this.groupOf.set(node, group);
      this.ways.set(node, way);
      return;
    }
  }

  /** Whether no value leaves the united groups and comes back to them, which a loop could not wait for. */
  #fits(node: Node, way: Rowwise, groups: ReadonlySet<Group>): boolean {
    const inside = (maker: Node) => {
      const group = this.groupOf.get(maker);
      return group !== undefined && groups.has(group);
    };
    const oldest = Math.min(...[...groups].map((group) => group.oldest), node.id);
    const stack: Node[] = [];
    const seen = new Set<Node>();
    const leave = (given: readonly Tensor[]) => {
      for (const { node: maker } of given) if (!inside(maker) && !seen.has(maker)) stack.push(maker);
    };
    for (const [i, given] of node.inputs.entries()) {
      if (!inside(given.node)) stack.push(given.node);
      else if (!way.cut[i] || this.ways.get(given.node)!.added) return false;
    }
    if (groups.size > 1 || groups.values().next().value!.members.size > 0)
      for (const group of groups) for (const member of group.members) leave(member.inputs);
    while (stack.length > 0) {
      const current = stack.pop()!;
      if (seen.has(current)) continue;
      // A group runs as one: whatever any of its members waits for, all wait for.
      const own = this.groupOf.get(current);
      for (const member of own?.members ?? [current]) {
        seen.add(member);
        for (const { node: maker } of member.inputs) {
          if (inside(maker)) return false;
          if (!seen.has(maker) && this.#youngest(maker) >= oldest) stack.push(maker);
        }
      }
    }
    return true;
  }

  #youngest(node: Node): number {
    return this.groupOf.get(node)?.youngest ?? node.id;
  }
}

/** Groups that are worth a loop, with the values that others need of them. */
function worthwhile(grouping: Grouping, outputs: readonly Tensor[]): Map<Group, Tensor[]> {
  const needed = new Set<Tensor>(outputs);
  for (const node of grouping.nodes) {
    const own = grouping.groupOf.get(node);
    for (const given of node.inputs)
      if (own === undefined || grouping.groupOf.get(given.node) !== own) needed.add(given);
  }
  const result = new Map<Group, Tensor[]>();
  for (const group of new Set(grouping.groupOf.values())) {
    const made = [...group.members].flatMap(({ outputs: own }) => own);
    const results = made.filter((tensor) => needed.has(tensor));
    const kept = made.filter((tensor) => !needed.has(tensor) && tensor.size >= LARGE);
    if (kept.length >= WORTH && results.length > 0) result.set(group, results);
  }
  return result;
}

/** One loop in the place of a group; `get` gives what its inputs have become. */
function loop(
  group: Group,
  results: readonly Tensor[],
  grouping: Grouping,
  get: (tensor: Tensor) => Tensor,
): Tensor[] {
  const blocks = Group.blocks(group.divisor, group.size);
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
  const body = {
    parameters: [...whole.values(), ...cut.values()],
    results: results.map((result) => parameter(isInside(result) ? source(result) : result, true)),
  };
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
export function blockRows(outputs: readonly Tensor[]): Tensor[] {
  const nodes = nodesOf(outputs);
  const grouping = new Grouping(nodes);
  const groups = worthwhile(grouping, outputs);
  if (groups.size === 0) return [...outputs];
  const map = new Map<Tensor, Tensor>();
  const get = (tensor: Tensor) => map.get(tensor) ?? tensor;
  const done = new Set<Node | Group>();
  const unitOf = (node: Node): Node | Group => {
    const group = grouping.groupOf.get(node);
    return group !== undefined && groups.has(group) ? group : node;
  };
  const needs = (unit: Node | Group): Node[] =>
    (unit instanceof Group ? [...unit.members] : [unit])
      .flatMap(({ inputs }) => inputs.map(({ node }) => node))
      .filter((node) => unitOf(node) !== unit && !done.has(unitOf(node)));
  const build = (unit: Node | Group): void => {
    if (unit instanceof Group) {
      const results = groups.get(unit)!;
      for (const [i, made] of loop(unit, results, grouping, get).entries()) map.set(results[i]!, made);
    } else if (unit.inputs.some((given) => map.has(given))) {
      const made = new Node(unit.operation, unit.inputs.map(get), unit.attributes, unit.outputs);
      for (const [i, output] of unit.outputs.entries()) map.set(output, made.outputs[i]!);
    }
    done.add(unit);
  };
  for (const node of nodes) {
    const stack: (Node | Group)[] = [unitOf(node)];
    while (stack.length > 0) {
      const unit = stack.at(-1)!;
      if (done.has(unit)) {
        stack.pop();
        continue;
      }
      const missing = needs(unit);
      if (missing.length === 0) build(unit);
      else stack.push(...missing.map(unitOf));
    }
  }
  return outputs.map(get);
}
