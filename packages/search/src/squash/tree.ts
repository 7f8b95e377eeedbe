/**
 * The tree of invocations: ids and jumps.
 *
 * @module
 */
import { checkInteger } from '../index/validate.js';

/** A tree in which every node has `F` children, down to level `lMax`. */
export interface Tree {
  readonly F: number;
  readonly lMax: number;
}

/** A node: its id, its level (the root, which does no work of its own, has id −1 and level 0) and its jump. */
export interface TreeNode {
  readonly id: number;
  readonly level: number;
  /** Distance of its children's ids. */
  readonly jump: number;
}

/** @throws FletchError `INVALID_ARGUMENT` for F < 2, lMax < 1 or trees of more than 10,000 nodes */
export function checkTree({ F, lMax }: Tree): void {
  checkInteger('F', F, 2, 1000);
  checkInteger('lMax', lMax, 1, 10);
  checkInteger('the number of allocators F + F² + … + F^lMax', treeSize({ F, lMax }), 2, 10_000);
}

/** Nodes below the root: F + F² + … + F^lMax. */
export const treeSize = ({ F, lMax }: Tree): number => (F * (1 - F ** lMax)) / (1 - F);

/** The root. */
export const treeRoot = (tree: Tree): TreeNode => ({
  id: -1,
  level: 0,
  jump: Math.ceil(treeSize(tree) / tree.F),
});

/** Children of a node: child i has id `id + i · jump + 1`, and below it are the ids up to the next child's. */
export function treeChildren({ id, level, jump }: TreeNode, { F, lMax }: Tree): TreeNode[] {
  if (level >= lMax) return [];
  return Array.from({ length: F }, (_, i) => ({
    id: id + i * jump + 1,
    level: level + 1,
    jump: Math.ceil((jump - 1) / F),
  }));
}

/** Nodes at and below one: their ids follow each other from its own on. */
export const subtreeSize = ({ level }: TreeNode, { F, lMax }: Tree): number =>
  (1 - F ** (lMax - level + 1)) / (1 - F);

/**
 * The smallest tree with at least `nodes` nodes, no deeper and no wider than the given one: what has fewer queries than nodes
 * needs no more.
 */
export function fitTree({ F, lMax }: Tree, nodes: number): Tree {
  let depth = 1;
  while (depth < lMax && treeSize({ F, lMax: depth }) < nodes) depth++;
  return { F, lMax: depth };
}
