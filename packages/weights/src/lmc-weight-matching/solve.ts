/**
 * Which units belong together, when it is known how alike they are.
 *
 * @module
 */
import { linearSumAssignment, type Matrix } from '@fletch/linalg';
import type { Costs, Target } from './costs.js';
import { countTo, groupFrom } from './perms.js';
import type { HeadFamily, Perms, SpecFacts } from './spec.js';

/** Sum of the entries that a permutation takes. */
export function takenFrom(costs: Matrix<Float64Array>, p: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += costs.data[i * costs.cols + p[i]!]!;
  return sum;
}

/** A part of a square matrix, as one that is dense. */
function blockAt(
  { data, cols }: Matrix<Float64Array>,
  row: number,
  column: number,
  size: number,
  into: Float64Array,
) {
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) into[i * size + j]! += data[(row + i) * cols + column + j]!;
}

/** How one group of heads becomes another. */
interface Pairing {
  readonly value: number;
  /** Of the heads in the group. */
  readonly heads: Int32Array;
  /** By the name of the inner permutation, of the elements of a head. */
  readonly inner: readonly (readonly [name: string, p: Int32Array])[];
}

/** Finds the best pairing of one group with another, the heads and what is inside in turn, beginning with some order. */
class Pairer {
  readonly #family: HeadFamily;
  readonly #costs: Costs;

  constructor(family: HeadFamily, costs: Costs) {
    this.#family = family;
    this.#costs = costs;
  }

  /** Products of the elements of heads, summed over the heads of a group as they are ordered. */
  #elements(name: string, to: number, from: number, heads: Int32Array): Float64Array {
    const { each, group } = this.#family;
    const sum = new Float64Array(each * each);
    const rows = this.#costs.get(name);
    if (rows) blockAt(rows, to * each, from * each, each, sum);
    const wide = this.#costs.get(`${name}/wide`);
    if (wide)
      heads.forEach((head, i) => {
        blockAt(wide, (to * group + i) * each, (from * group + head) * each, each, sum);
      });
    return sum;
  }

  /** The best order of the elements; that which there is, when nothing is known of them. */
  #order(name: string, to: number, from: number, heads: Int32Array): Int32Array {
    const { each } = this.#family;
    const isKnown = this.#costs.has(name) || this.#costs.has(`${name}/wide`);
    return isKnown ? linearSumAssignment(this.#elements(name, to, from, heads), each, true) : countTo(each);
  }

  /** Products of heads, when their elements are ordered. */
  #heads(to: number, from: number, inner: Pairing['inner']): Float64Array {
    const { perm, each, group } = this.#family;
    const sum = new Float64Array(group * group);
    const units = this.#costs.get(perm);
    if (units) blockAt(units, to * group, from * group, group, sum);
    for (const [name, p] of inner) {
      const wide = this.#costs.get(`${name}/wide`);
      if (!wide) continue;
      for (let i = 0; i < group; i++)
        for (let j = 0; j < group; j++)
          for (let e = 0; e < each; e++)
            sum[i * group + j]! +=
              wide.data[((to * group + i) * each + e) * wide.cols + (from * group + j) * each + p[e]!]!;
    }
    return sum;
  }

  pair(to: number, from: number, start: Int32Array): Pairing {
    const { perm, each, group, inner: names } = this.#family;
    const shared = this.#costs.get(`${perm}/groups`)?.at(to, from) ?? 0;
    const own = names.map((name) => this.#costs.get(name));
    let best: Pairing | undefined;
    for (let heads = start; ; ) {
      const inner = names.map((name) => [name, this.#order(name, to, from, heads)] as const);
      const between = this.#heads(to, from, inner);
      heads = linearSumAssignment(between, group, true);
      let value = shared;
      for (let i = 0; i < group; i++) value += between[i * group + heads[i]!]!;
      inner.forEach(([, p], k) => {
        const rows = own[k];
        if (rows)
          for (let e = 0; e < each; e++)
            value += rows.data[(to * each + e) * rows.cols + from * each + p[e]!]!;
      });
      if (best && value <= best.value * (1 + 1e-12 * Math.sign(best.value))) return best;
      best = { value, heads, inner };
      if (group === 1) return best;
    }
  }
}

/** Heads and what is inside of them together: every pair of groups is matched inside, then the groups. */
function solveHeads(family: HeadFamily, costs: Costs, current: Perms): Perms {
  const { perm, heads, each, group } = family;
  const groups = heads / group;
  const pairer = new Pairer(family, costs);
  const pairings: Pairing[] = [];
  const values = new Float64Array(groups * groups);
  const now = current[perm]!;
  for (let to = 0; to < groups; to++)
    for (let from = 0; from < groups; from++) {
      const isCurrent = groupFrom(now, group, to) === from;
      const start = Int32Array.from({ length: group }, (_, i) =>
        isCurrent ? now[to * group + i]! % group : i,
      );
      const pairing = pairer.pair(to, from, start);
      values[to * groups + from] = pairing.value;
      pairings.push(pairing);
    }
  const chosen = linearSumAssignment(values, groups, true);
  const result: Record<string, Int32Array> = { [perm]: new Int32Array(heads) };
  for (const name of family.inner) result[name] = new Int32Array(groups * each);
  chosen.forEach((from, to) => {
    const { heads: order, inner } = pairings[to * groups + from]!;
    order.forEach((head, i) => {
      result[perm]![to * group + i] = from * group + head;
    });
    for (const [name, p] of inner)
      p.forEach((element, e) => {
        result[name]![to * each + e] = from * each + element;
      });
  });
  return result;
}

/** The value of a target's permutations. */
export function targetValue(target: Target, facts: SpecFacts, costs: Costs, perms: Perms): number {
  const family = facts.families.get(target.name);
  if (!family) return takenFrom(costs.get(target.name)!, perms[target.name]!);
  const { perm, group, each } = family;
  const heads = perms[perm]!;
  let value = 0;
  const add = (name: string, p: ArrayLike<number>) => {
    const own = costs.get(name);
    if (own) value += takenFrom(own, p);
  };
  add(perm, heads);
  add(
    `${perm}/groups`,
    Array.from({ length: heads.length / group }, (_, g) => groupFrom(heads, group, g)),
  );
  for (const name of family.inner) {
    const p = perms[name]!;
    add(name, p);
    add(
      `${name}/wide`,
      Array.from({ length: heads.length * each }, (_, i) => {
        const head = Math.floor(i / each);
        return heads[head]! * each + (p[Math.floor(head / group) * each + (i % each)]! % each);
      }),
    );
  }
  return value;
}

/** The permutations of a target whose value is largest (of heads in groups: not less than the current ones). */
export function solveTarget(target: Target, facts: SpecFacts, costs: Costs, current: Perms): Perms {
  const family = facts.families.get(target.name);
  if (family) return solveHeads(family, costs, current);
  const own = costs.get(target.name)!;
  return { [target.name]: linearSumAssignment(own.data, own.rows, true) };
}
