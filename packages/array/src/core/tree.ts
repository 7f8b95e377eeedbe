/**
 * Trees of parameters: plain objects and lists whose leaves are arrays.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { NDArray } from './ndarray.js';
import { Tensor } from './tensor.js';

/** A leaf, or an object or list of trees. Objects are walked in the order of their keys, sorted. */
export type Tree<Leaf> = Leaf | readonly Tree<Leaf>[] | { readonly [key: string]: Tree<Leaf> };

/** The tree type `T` with every array, tensor or number replaced by `Leaf`. */
export type Mapped<T, Leaf> = T extends Tensor | NDArray | number
  ? Leaf
  : T extends readonly unknown[]
    ? { [K in keyof T]: Mapped<T[K], Leaf> }
    : T extends object
      ? { [K in keyof T]: Mapped<T[K], Leaf> }
      : T;

/** The tree type `T` with every tensor replaced by an array; everything else stays. */
export type Concrete<T> = T extends Tensor
  ? NDArray
  : T extends NDArray
    ? T
    : T extends readonly unknown[]
      ? { [K in keyof T]: Concrete<T[K]> }
      : T extends object
        ? { [K in keyof T]: Concrete<T[K]> }
        : T;

/** The types of the leaves of the tree type `T`. */
export type LeafOf<T> = T extends Tensor | NDArray
  ? T
  : T extends readonly (infer Item)[]
    ? LeafOf<Item>
    : T extends object
      ? LeafOf<T[keyof T]>
      : T;

function isLeaf(value: unknown): boolean {
  return value instanceof NDArray || value instanceof Tensor;
}

function isBranch(value: unknown): value is Record<string, unknown> | unknown[] {
  if (Array.isArray(value)) return true;
  if (typeof value !== 'object' || value === null || isLeaf(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function childrenOf(branch: Record<string, unknown> | unknown[]): [string, unknown][] {
  if (Array.isArray(branch)) return branch.map((child, i) => [String(i), child]);
  return Object.keys(branch)
    .sort()
    .map((key) => [key, branch[key]]);
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function walkAll(value: unknown, path: string, visit: (path: string, leaf: unknown) => void): void {
  if (isBranch(value)) for (const [key, child] of childrenOf(value)) walkAll(child, join(path, key), visit);
  else visit(path, value);
}

function mapAll(
  values: readonly unknown[],
  path: string,
  f: (leaves: unknown[], path: string) => unknown,
): unknown {
  const [first, ...rest] = values;
  if (!isBranch(first)) {
    for (const other of rest)
      if (isBranch(other) || (isLeaf(first) && other === undefined))
        throw new FletchError(
          'INVALID_ARGUMENT',
          `The trees differ at "${path}": one has a leaf there, another ${other === undefined ? 'nothing' : 'a branch'}.`,
        );
    return f([...values], path);
  }
  const keys = childrenOf(first).map(([key]) => key);
  for (const other of rest) {
    const theirs = isBranch(other) ? childrenOf(other).map(([key]) => key) : [];
    const missing = keys.filter((key) => !theirs.includes(key));
    const extra = theirs.filter((key) => !keys.includes(key));
    if (!isBranch(other) || missing.length > 0 || extra.length > 0)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `The trees differ at "${path || 'the root'}": ` +
          [
            missing.length > 0 ? `missing ${missing.map((key) => join(path, key)).join(', ')}` : '',
            extra.length > 0 ? `not expected ${extra.map((key) => join(path, key)).join(', ')}` : '',
            isBranch(other) ? '' : 'a branch against a leaf',
          ]
            .filter((part) => part !== '')
            .join('; ') +
          '.',
      );
  }
  const child = (key: string) =>
    mapAll(
      values.map((value) => (value as Record<string, unknown>)[key]),
      join(path, key),
      f,
    );
  if (Array.isArray(first)) return keys.map(child);
  return Object.fromEntries(keys.map((key) => [key, child(key)]));
}

/** Functions on trees of arrays. */
export const tree = {
  /**
   * Applies `f` to every leaf (and to the leaves at the same place of further trees).
   *
   * @param f - takes the leaf, its dotted path, and the leaves of the further trees
   * @throws FletchError `INVALID_ARGUMENT` naming the paths where the trees differ
   */
  map<T, Leaf>(
    f: (leaf: LeafOf<T>, path: string, ...others: LeafOf<T>[]) => Leaf,
    first: T,
    ...others: readonly unknown[]
  ): Mapped<T, Leaf> {
    return mapAll([first, ...others], '', (leaves, path) => {
      const [leaf, ...rest] = leaves as LeafOf<T>[];
      return f(leaf!, path, ...rest);
    }) as Mapped<T, Leaf>;
  },

  /** The leaves in order. */
  leaves<Leaf = NDArray>(value: unknown): Leaf[] {
    const leaves: Leaf[] = [];
    walkAll(value, '', (_, leaf) => leaves.push(leaf as Leaf));
    return leaves;
  },

  /** Leaves by their dotted names: `{ 'layers.0.weight': … }`. */
  flatten<Leaf = NDArray>(value: unknown): Record<string, Leaf> {
    const named: Record<string, Leaf> = {};
    walkAll(value, '', (path, leaf) => {
      named[path] = leaf as Leaf;
    });
    return named;
  },

  /** The tree of `flatten`'s names. Branches whose keys are `0, 1, …` become lists. */
  unflatten<Leaf>(named: Readonly<Record<string, Leaf>>): Tree<Leaf> {
    const root = new Map<string, unknown>();
    for (const [path, leaf] of Object.entries(named)) {
      const keys = path.split('.');
      let branch = root;
      for (const key of keys.slice(0, -1)) {
        const next = branch.get(key) ?? new Map<string, unknown>();
        if (!(next instanceof Map))
          throw new FletchError('INVALID_ARGUMENT', `"${path}" lies below another leaf's name.`);
        branch.set(key, next);
        branch = next;
      }
      branch.set(keys.at(-1)!, leaf);
    }
    const build = (node: unknown): unknown => {
      if (!(node instanceof Map)) return node;
      const keys = [...node.keys()];
      if (keys.length > 0 && keys.every((key, i) => key === String(i))) return [...node.values()].map(build);
      return Object.fromEntries(keys.map((key) => [key, build(node.get(key))]));
    };
    return build(root) as Tree<Leaf>;
  },

  /** The tree shaped like `like` whose leaves are `leaves`, in order. */
  fill<T, Leaf>(like: T, leaves: readonly Leaf[]): Mapped<T, Leaf> {
    let next = 0;
    return mapAll([like], '', () => leaves[next++]) as Mapped<T, Leaf>;
  },
};
