import { describe, expect, test } from 'vitest';
import {
  checkTree,
  fitTree,
  subtreeSize,
  type Tree,
  type TreeNode,
  treeChildren,
  treeRoot,
  treeSize,
} from './tree.js';

function* walk(node: TreeNode, tree: Tree): Generator<TreeNode> {
  if (node.id >= 0) yield node;
  for (const child of treeChildren(node, tree)) yield* walk(child, tree);
}

describe('the tree', () => {
  test.each([2, 3, 4, 10].flatMap((F) => [1, 2, 3].map((lMax) => ({ F, lMax }))))(
    'ids are 0 to N − 1, each once: %j',
    (tree) => {
      const nodes = [...walk(treeRoot(tree), tree)];
      expect(nodes.map(({ id }) => id)).toEqual(Array.from({ length: treeSize(tree) }, (_, i) => i));
      for (const node of nodes) expect([...walk(node, tree)]).toHaveLength(subtreeSize(node, tree));
    },
  );

  test('has the sizes of the paper', () => {
    expect(treeSize({ F: 4, lMax: 3 })).toBe(84);
    expect(treeSize({ F: 10, lMax: 1 })).toBe(10);
  });

  test('fits the number of queries', () => {
    expect(fitTree({ F: 4, lMax: 3 }, 4)).toEqual({ F: 4, lMax: 1 });
    expect(fitTree({ F: 4, lMax: 3 }, 5)).toEqual({ F: 4, lMax: 2 });
    expect(fitTree({ F: 4, lMax: 3 }, 1000)).toEqual({ F: 4, lMax: 3 });
  });

  test.each([
    { F: 1, lMax: 2 },
    { F: 4, lMax: 0 },
    { F: 4.5, lMax: 1 },
    { F: 100, lMax: 3 },
  ])('%j is refused', (tree) => {
    expect(() => checkTree(tree)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});
