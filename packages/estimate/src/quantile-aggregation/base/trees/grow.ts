/**
 * Regression trees: grown by any rule of splits.
 *
 * @module
 */
import type { Matrix } from '@fletch/linalg';

/** A tree as arrays: inner node i sends x to `left[i]` where x[feature[i]] ≤ threshold[i], else to `right[i]`. */
export interface Tree {
  /** −1 for leaves. */
  readonly feature: number[];
  readonly threshold: number[];
  readonly left: number[];
  readonly right: number[];
}

/** Where a node is cut. */
export interface Split {
  readonly feature: number;
  readonly threshold: number;
}

/** Finds the cut of the rows `order[from … to)`, or none. */
export type Splitter = (order: Int32Array, from: number, to: number) => Split | undefined;

/** What a tree is grown from and how far. */
export interface GrowOptions {
  /** Values by column. */
  readonly columns: readonly Float64Array[];
  /** Training rows, repeated where drawn more than once; brought into the order of the leaves. */
  readonly order: Int32Array;
  readonly split: Splitter;
  /** Fewest rows of a node that is cut. */
  readonly minSplit: number;
  /** Default: no limit. */
  readonly maxDepth?: number;
  /** Told of each leaf and its rows `order[from … to)`. */
  readonly onLeaf?: (node: number, from: number, to: number) => void;
}

/** Grows a tree, depth first. */
export function growTree(options: GrowOptions): Tree {
  const { columns, order, split, minSplit, maxDepth = 64, onLeaf } = options;
  const tree: Tree = { feature: [], threshold: [], left: [], right: [] };
  const grow = (from: number, to: number, depth: number): number => {
    const node = tree.feature.length;
    tree.feature.push(-1);
    tree.threshold.push(0);
    tree.left.push(-1);
    tree.right.push(-1);
    const cut = depth < maxDepth && to - from >= minSplit ? split(order, from, to) : undefined;
    const middle = cut ? partition(order, from, to, columns[cut.feature]!, cut.threshold) : from;
    if (!cut || middle === from || middle === to) {
      onLeaf?.(node, from, to);
      return node;
    }
    tree.feature[node] = cut.feature;
    tree.threshold[node] = cut.threshold;
    tree.left[node] = grow(from, middle, depth + 1);
    tree.right[node] = grow(middle, to, depth + 1);
    return node;
  };
  grow(0, order.length, 0);
  return tree;
}

/** Brings rows with values up to the threshold to the front; returns where the others begin. */
function partition(
  order: Int32Array,
  from: number,
  to: number,
  column: Float64Array,
  threshold: number,
): number {
  let left = from;
  let right = to - 1;
  while (left <= right) {
    const row = order[left]!;
    if (column[row]! <= threshold) left++;
    else {
      order[left] = order[right]!;
      order[right--] = row;
    }
  }
  return left;
}

/** The leaf of a row. */
export function leafOf(tree: Tree, X: Matrix<Float64Array>, row: number): number {
  const { feature, threshold, left, right } = tree;
  const first = row * X.cols;
  let node = 0;
  for (let j = feature[0]!; j >= 0; j = feature[node]!)
    node = X.data[first + j]! <= threshold[node]! ? left[node]! : right[node]!;
  return node;
}

/** The columns of a matrix. */
export const columnsOf = (X: Matrix<Float64Array>): Float64Array[] =>
  Array.from({ length: X.cols }, (_, j) => X.column(j));
