/**
 * Permutes the hidden units of a model; the function that it computes stays the same.
 *
 * @module
 */
import { array, type NDArray } from '@fletch/array';
import type { StateDict } from '../state-dict.js';
import { checkPerms, groupFrom } from './perms.js';
import {
  blockOf,
  checkSpec,
  type PermAxis,
  type PermPart,
  type PermSpec,
  type Perms,
  partsOf,
} from './spec.js';

/** Where each element of a part comes from. */
export function partIndex(part: PermPart, perms: Perms): Int32Array {
  if (typeof part === 'number') return Int32Array.from({ length: part }, (_, i) => i);
  const { perm, each, group, inner } = blockOf(part);
  const p = perms[perm]!;
  const within = inner === undefined ? undefined : perms[inner]!;
  if (within) {
    // The elements of a unit move as the elements of its group do.
    return Int32Array.from({ length: p.length * each }, (_, i) => {
      const head = Math.floor(i / each);
      const g = Math.floor(head / group);
      return p[head]! * each + (within[g * each + (i % each)]! % each);
    });
  }
  return Int32Array.from({ length: (p.length / group) * each }, (_, i) => {
    const unit = Math.floor(i / each);
    return (group === 1 ? p[unit]! : groupFrom(p, group, unit)) * each + (i % each);
  });
}

/** Where each element of an axis comes from, or undefined when all stay. */
export function axisIndex(axis: PermAxis, perms: Perms): Int32Array | undefined {
  const parts = partsOf(axis);
  if (parts.length === 0) return undefined;
  const indices = parts.map((part) => partIndex(part, perms));
  const index = new Int32Array(indices.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const own of indices) {
    for (let i = 0; i < own.length; i++) index[start + i] = start + own[i]!;
    start += own.length;
  }
  return index;
}

/** `out[…, i, …] = data[…, index[i], …]` along an axis. */
export function takeAxis(
  data: Float32Array,
  shape: readonly number[],
  axis: number,
  index: Int32Array,
): Float32Array {
  const n = shape[axis]!;
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const outer = data.length / Math.max(1, n * inner);
  const out = new Float32Array(data.length);
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < n; i++) {
      const to = (o * n + i) * inner;
      const from = (o * n + index[i]!) * inner;
      if (inner === 1) out[to] = data[from]!;
      else out.set(data.subarray(from, from + inner), to);
    }
  return out;
}

/** The numbers of a tensor with all of its axes permuted, but `except`. */
export function permuted(
  { data, shape }: NDArray,
  axes: readonly PermAxis[],
  perms: Perms,
  except?: number,
): Float32Array {
  let result = data as Float32Array;
  axes.forEach((axis, i) => {
    const index = i === except ? undefined : axisIndex(axis, perms);
    if (index) result = takeAxis(result, shape, i, index);
  });
  return result;
}

/**
 * A model with its hidden units in another order: `B'[i] = B[p[i]]` along every axis that carries p.
 *
 * @param perms - those that are not given change nothing
 * @returns arrays of its own for what is permuted; tensors that the spec does not name are shared
 * @throws FletchError `INVALID_ARGUMENT` for a spec or permutations that do not fit
 */
export function applyPermutation(spec: PermSpec, perms: Perms, model: StateDict): StateDict {
  const whole = checkPerms(checkSpec(spec, model), perms);
  return Object.fromEntries(
    Object.entries(model).map(([name, tensor]) => [
      name,
      spec[name] ? array(permuted(tensor, spec[name], whole), 'float32', tensor.shape) : tensor,
    ]),
  );
}
