/**
 * Recognizes arguments for which a function was traced already.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { DType } from '../core/dtype.js';
import { NDArray } from '../core/ndarray.js';
import { type Shape, sameShape } from '../core/shape.js';
import { Tensor } from '../core/tensor.js';

/** What the arguments of one trace look like: the tree, with types at the leaves. */
export type Skeleton =
  | { readonly kind: 'array'; readonly shape: Shape; readonly dtype: DType; readonly path: string }
  | { readonly kind: 'number'; readonly path: string }
  | { readonly kind: 'fixed'; readonly value: unknown }
  | { readonly kind: 'list'; readonly items: readonly Skeleton[] }
  | { readonly kind: 'object'; readonly keys: readonly string[]; readonly items: readonly Skeleton[] };

/**
 * The skeleton of arguments. Arrays and numbers are inputs; strings, booleans, `null`, `undefined` and functions
 * are fixed: another value is another trace.
 *
 * @throws FletchError `INVALID_ARGUMENT` for tensors of another trace and for objects that are no trees
 */
export function skeletonOf(value: unknown, path: string): Skeleton {
  if (value instanceof NDArray) return { kind: 'array', shape: value.shape, dtype: value.dtype, path };
  if (typeof value === 'number') return { kind: 'number', path };
  if (value instanceof Tensor)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The argument "${path}" is a symbolic tensor: a compiled function takes arrays.`,
    );
  if (Array.isArray(value))
    return {
      kind: 'list',
      items: value.map((item, i) => skeletonOf(item, path === '' ? String(i) : `${path}.${i}`)),
    };
  if (typeof value !== 'object' || value === null) return { kind: 'fixed', value };
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The argument "${path}" is a ${(value as object).constructor.name}: ` +
        'pass arrays (see `array`), numbers, or plain objects and lists of them.',
    );
  const keys = Object.keys(value).sort();
  return {
    kind: 'object',
    keys,
    items: keys.map((key) =>
      skeletonOf((value as Record<string, unknown>)[key], path === '' ? key : `${path}.${key}`),
    ),
  };
}

/** Whether `value` has this skeleton; its arrays and numbers are put into `leaves` on the way. */
export function matches(skeleton: Skeleton, value: unknown, leaves: (NDArray | number)[]): boolean {
  switch (skeleton.kind) {
    case 'array':
      if (
        !(value instanceof NDArray) ||
        value.dtype !== skeleton.dtype ||
        !sameShape(value.shape, skeleton.shape)
      )
        return false;
      leaves.push(value);
      return true;
    case 'number':
      if (typeof value !== 'number') return false;
      leaves.push(value);
      return true;
    case 'fixed':
      return Object.is(value, skeleton.value);
    case 'list':
      if (!Array.isArray(value) || value.length !== skeleton.items.length) return false;
      for (let i = 0; i < value.length; i++) if (!matches(skeleton.items[i]!, value[i], leaves)) return false;
      return true;
    case 'object': {
      if (typeof value !== 'object' || value === null || value instanceof NDArray || Array.isArray(value))
        return false;
      if (Object.keys(value).length !== skeleton.keys.length) return false;
      for (let i = 0; i < skeleton.keys.length; i++) {
        const key = skeleton.keys[i]!;
        if (!Object.hasOwn(value, key)) return false;
        if (!matches(skeleton.items[i]!, (value as Record<string, unknown>)[key], leaves)) return false;
      }
      return true;
    }
  }
}

/** The tree of a skeleton with `leaf` called for each array and number, in order. */
export function build(
  skeleton: Skeleton,
  leaf: (type: { shape: Shape; dtype: DType; path: string }) => unknown,
): unknown {
  switch (skeleton.kind) {
    case 'array':
      return leaf(skeleton);
    case 'number':
      return leaf({ shape: [], dtype: 'float32', path: skeleton.path });
    case 'fixed':
      return skeleton.value;
    case 'list':
      return skeleton.items.map((item) => build(item, leaf));
    case 'object':
      return Object.fromEntries(skeleton.keys.map((key, i) => [key, build(skeleton.items[i]!, leaf)]));
  }
}
