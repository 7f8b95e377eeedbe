/**
 * Candidates in order of their distance: binary heaps of pairs of a distance and a node. Equal distances are ordered by node.
 *
 * @module
 */

/** Whether the first pair comes before the second. */
export function isBefore(distance: number, node: number, otherDistance: number, otherNode: number): boolean {
  return distance < otherDistance || (distance === otherDistance && node < otherNode);
}

/** A heap whose top is the nearest pair, or the farthest. */
export class PairHeap {
  readonly #sign: 1 | -1;
  readonly #distances: number[] = [];
  readonly #nodes: number[] = [];

  /** @param order - what is on top */
  constructor(order: 'nearest' | 'farthest') {
    this.#sign = order === 'nearest' ? 1 : -1;
  }

  get size(): number {
    return this.#nodes.length;
  }

  /** Of the top pair; there must be one. */
  get topDistance(): number {
    return this.#distances[0]!;
  }

  get topNode(): number {
    return this.#nodes[0]!;
  }

  #isAbove(a: number, b: number): boolean {
    const [distances, nodes] = [this.#distances, this.#nodes];
    return this.#sign === 1
      ? isBefore(distances[a]!, nodes[a]!, distances[b]!, nodes[b]!)
      : isBefore(distances[b]!, nodes[b]!, distances[a]!, nodes[a]!);
  }

  #swap(a: number, b: number): void {
    const [distance, node] = [this.#distances[a]!, this.#nodes[a]!];
    this.#distances[a] = this.#distances[b]!;
    this.#nodes[a] = this.#nodes[b]!;
    this.#distances[b] = distance;
    this.#nodes[b] = node;
  }

  push(distance: number, node: number): void {
    let at = this.#nodes.push(node) - 1;
    this.#distances.push(distance);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!this.#isAbove(at, above)) return;
      this.#swap(at, above);
      at = above;
    }
  }

  /** Takes the top pair out. */
  pop(): void {
    const last = this.#nodes.length - 1;
    this.#swap(0, last);
    this.#nodes.pop();
    this.#distances.pop();
    let at = 0;
    for (;;) {
      let best = at;
      for (const below of [2 * at + 1, 2 * at + 2])
        if (below < last && this.#isAbove(below, best)) best = below;
      if (best === at) return;
      this.#swap(at, best);
      at = best;
    }
  }

  /** All pairs, nearest first. */
  sorted(): { readonly nodes: number[]; readonly distances: number[] } {
    const order = this.#nodes.map((_, i) => i);
    const [distances, nodes] = [this.#distances, this.#nodes];
    order.sort((a, b) => distances[a]! - distances[b]! || nodes[a]! - nodes[b]!);
    return { nodes: order.map((i) => nodes[i]!), distances: order.map((i) => distances[i]!) };
  }
}
