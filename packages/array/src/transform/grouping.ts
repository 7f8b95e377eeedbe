/**
 * Groups operations that can run together on parts of their rows.
 *
 * @module
 */
import { sizeOf } from '../core/shape.js';
import { Node, type Tensor, type TensorType } from '../core/tensor.js';
import { type Rowwise, rowwise } from './rowwise.js';

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));

const largest = (tensors: readonly TensorType[]) => Math.max(0, ...tensors.map(({ shape }) => sizeOf(shape)));

/** Operations that will run together on parts of their rows. */
export class Group {
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
}

/** What may be grouped. */
export interface GroupingRules {
  /** Elements of a node's largest tensor from which it may begin a group. */
  readonly large: number;
  /** Whether a group whose rows can be cut into any divisor of `divisor` parts is of use. */
  readonly admits: (divisor: number, size: number) => boolean;
}

/** A graph's nodes with the groups that they were put into: each can run as one, before and after all others. */
export class Grouping {
  readonly groupOf = new Map<Node, Group>();
  readonly ways = new Map<Node, Rowwise>();

  constructor(
    readonly nodes: readonly Node[],
    readonly rules: GroupingRules,
  ) {
    for (const node of nodes) this.#place(node);
  }

  /** The values of each group that are needed outside of it. */
  results(outputs: readonly Tensor[]): Map<Group, Tensor[]> {
    const needed = new Set<Tensor>(outputs);
    for (const node of this.nodes) {
      const own = this.groupOf.get(node);
      for (const given of node.inputs)
        if (own === undefined || this.groupOf.get(given.node) !== own) needed.add(given);
    }
    return new Map(
      [...new Set(this.groupOf.values())].map((group) => [
        group,
        [...group.members].flatMap(({ outputs: own }) => own).filter((tensor) => needed.has(tensor)),
      ]),
    );
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
      if (size < this.rules.large) return;
      candidates = new Set([new Group()]);
    }
    // Joined with all groups that it takes from where that is possible, else with the first that takes it.
    const single = candidates.size > 1 ? [...candidates].map((group) => [group]) : [];
    for (const chosen of [[...candidates], ...single]) {
      const divisor = [...chosen.map((group) => group.divisor), ...rows].reduce(greatestDivisor);
      const extent = Math.max(size, ...chosen.map((group) => group.size));
      if (!this.rules.admits(divisor, extent)) continue;
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
    // Nothing has come back to a single group so far, and the node's results are not used yet.
    if (groups.size > 1) for (const group of groups) for (const member of group.members) leave(member.inputs);
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

/**
 * The graph of `outputs` with groups replaced by what `make` gives in their place; placeholders stay the same.
 *
 * @param results - the groups to be replaced, each with the values that are needed of it
 * @param make - equivalents of the results; `get` tells what an input of the group has become
 */
export function regroup(
  outputs: readonly Tensor[],
  grouping: Grouping,
  results: ReadonlyMap<Group, readonly Tensor[]>,
  make: (group: Group, results: readonly Tensor[], get: (tensor: Tensor) => Tensor) => readonly Tensor[],
): Tensor[] {
  const map = new Map<Tensor, Tensor>();
  const get = (tensor: Tensor) => map.get(tensor) ?? tensor;
  const done = new Set<Node | Group>();
  const unitOf = (node: Node): Node | Group => {
    const group = grouping.groupOf.get(node);
    return group !== undefined && results.has(group) ? group : node;
  };
  const needs = (unit: Node | Group): Node[] =>
    (unit instanceof Group ? [...unit.members] : [unit])
      .flatMap(({ inputs }) => inputs.map(({ node }) => node))
      .filter((node) => unitOf(node) !== unit && !done.has(unitOf(node)));
  const build = (unit: Node | Group): void => {
    if (unit instanceof Group) {
      const wanted = results.get(unit)!;
      for (const [i, made] of make(unit, wanted, get).entries()) map.set(wanted[i]!, made);
    } else if (unit.inputs.some((given) => map.has(given))) {
      const made = new Node(unit.operation, unit.inputs.map(get), unit.attributes, unit.outputs);
      for (const [i, output] of unit.outputs.entries()) map.set(output, made.outputs[i]!);
    }
    done.add(unit);
  };
  for (const node of grouping.nodes) {
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
