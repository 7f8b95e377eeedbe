/**
 * How alike the units of two models are: inner products of all that belongs to one unit with all that belongs to another.
 *
 * @module
 */
import type { NDArray } from '@fletch/array';
import { Matrix, matmul } from '@fletch/linalg';
import type { StateDict } from '../state-dict.js';
import { permuted } from './apply.js';
import {
  blockOf,
  isStatistic,
  type PermBlock,
  type PermSpec,
  type Perms,
  partsOf,
  type SpecFacts,
} from './spec.js';

/** What is assigned at once: a permutation by itself, or one of heads with what is inside of them. */
export interface Target {
  readonly name: string;
  /** All permutations that it decides. */
  readonly perms: readonly string[];
}

/** The targets of a spec, in its order. */
export function targetsOf({ sizes, families, outer }: SpecFacts): Target[] {
  return [...sizes.keys()].flatMap((name) => {
    if (outer.has(name)) return [];
    return [{ name, perms: [name, ...(families.get(name)?.inner ?? [])] }];
  });
}

/** Sums of inner products, by what moves: see {@link costName}. */
export type Costs = Map<string, Matrix<Float64Array>>;

/** `perm` for units, `perm/groups` for groups of units, `inner/wide` for the elements of heads in an axis of all heads. */
export function costName(part: string | PermBlock): string {
  const { perm, group, inner } = blockOf(part);
  if (inner !== undefined) return `${inner}/wide`;
  return group > 1 ? `${perm}/groups` : perm;
}

/** Adds the products of the rows of `a` with those of `b`. */
export function addProducts(
  costs: Costs,
  name: string,
  a: Matrix<Float32Array>,
  b: Matrix<Float32Array>,
): void {
  const product = matmul(a, b, { transposeB: true }).data;
  const known = costs.get(name);
  if (known) for (let i = 0; i < product.length; i++) known.data[i]! += product[i]!;
  else costs.set(name, new Matrix(Float64Array.from(product), a.rows, b.rows));
}

/** An axis first, the others behind it as they were: `[n, rest]`. */
export function axisFirst(data: Float32Array, shape: readonly number[], axis: number): Matrix<Float32Array> {
  const n = shape[axis]!;
  const rest = n === 0 ? 0 : data.length / n;
  if (axis === 0) return new Matrix(data, n, rest);
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const outer = rest / inner;
  const out = new Float32Array(data.length);
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < n; i++)
      for (let k = 0; k < inner; k++) out[i * rest + o * inner + k] = data[(o * n + i) * inner + k]!;
  return new Matrix(out, n, rest);
}

function unitRows(
  { data, cols }: Matrix<Float32Array>,
  start: number,
  length: number,
  each: number,
  cosine: boolean,
) {
  const rows = new Matrix(data.slice(start * cols, (start + length) * cols), length / each, each * cols);
  if (!cosine) return rows;
  for (let i = 0; i < rows.rows; i++) {
    const row = rows.row(i);
    const size = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (size > 0) for (let j = 0; j < row.length; j++) row[j]! /= size;
  }
  return rows;
}

/**
 * What decides a target: products over all tensors and axes that carry its permutations, while the other axes of `b` are
 * permuted already.
 *
 * @param cosine - every unit's part of a tensor is scaled to length 1 first
 */
export function costsOf(
  target: Target,
  spec: PermSpec,
  models: readonly [StateDict, StateDict],
  perms: Perms,
  cosine = false,
): Costs {
  const costs: Costs = new Map();
  for (const [tensor, axes] of Object.entries(spec)) {
    if (isStatistic(tensor)) continue;
    const [a, b] = models.map((model) => model[tensor]!) as [NDArray, NDArray];
    axes.forEach((axis, i) => {
      const parts = partsOf(axis);
      const decides = (part: (typeof parts)[number]): part is string | PermBlock =>
        typeof part !== 'number' && target.perms.includes(blockOf(part).inner ?? blockOf(part).perm);
      if (!parts.some(decides)) return;
      const fixed = parts.reduce<number>((sum, part) => sum + (typeof part === 'number' ? part : 0), 0);
      const moving = parts.filter((part) => typeof part !== 'number').length;
      const left = axisFirst(a.data as Float32Array, a.shape, i);
      const right = axisFirst(permuted(b, axes, perms, i), b.shape, i);
      let start = 0;
      for (const part of parts) {
        const length = typeof part === 'number' ? part : (a.shape[i]! - fixed) / moving;
        if (decides(part)) {
          const { each, inner } = blockOf(part);
          const width = inner === undefined ? each : 1;
          const rows = (whole: Matrix<Float32Array>) => unitRows(whole, start, length, width, cosine);
          addProducts(costs, costName(part), rows(left), rows(right));
        }
        start += length;
      }
    });
  }
  return costs;
}
