/**
 * Whether two models' weights have their singular vectors in common: what decides whether they can be averaged.
 *
 * W' = P W Qᵀ = (P U) S (Q V)ᵀ: permutations turn singular vectors and leave singular values as they are, hence
 * ‖W_a − P W_b Qᵀ‖² ≥ Σ (s_i^a − s_i^b)² (von Neumann), and
 * ‖W_a − W_b‖² = Σ s_a² + Σ s_b² − 2 Σ_ij s_i^a s_j^b (u_i^a·u_j^b)(v_i^a·v_j^b) (Ito, Yamada and Kumagai, section 4).
 *
 * @module
 */
import { array } from '@fletch/array';
import { FletchError } from '@fletch/base';
import { Matrix, matmul, type SVD, svd } from '@fletch/linalg';
import { checkSameStates, type StateDict } from '../state-dict.js';
import { axisIndex, permuted } from './apply.js';
import { checkPerms } from './perms.js';
import { checkSpec, type PermSpec, type Perms } from './spec.js';

/** The singular value decompositions of a model's matrices, by name, in 64-bit. Kernels are `[out, in · places]`. */
export type SingularParts = ReadonlyMap<string, SVD<Float64Array>>;

/** Decomposes every tensor of two or more axes. */
export function singularParts(model: StateDict): SingularParts {
  const parts = new Map<string, SVD<Float64Array>>();
  for (const [name, { data, shape, size }] of Object.entries(model))
    if (shape.length > 1 && size > 0)
      parts.set(name, svd(new Matrix(Float64Array.from(data as Float32Array), shape[0]!, size / shape[0]!)));
  return parts;
}

/**
 * The decompositions of a permuted model, without decomposing it: P W Qᵀ = (P U) S (Q V)ᵀ.
 *
 * @param model - that was decomposed, for its shapes
 * @throws FletchError `INVALID_ARGUMENT` for a spec or permutations that do not fit
 */
export function permuteParts(
  spec: PermSpec,
  perms: Perms,
  parts: SingularParts,
  model: StateDict,
): SingularParts {
  const whole = checkPerms(checkSpec(spec, model), perms);
  return new Map(
    [...parts].map(([name, { u, s, vt }]) => {
      const [out = null, ...others] = spec[name] ?? [];
      const p = axisIndex(out, whole);
      // Where each column comes from, whatever axes it is made of.
      const columnNumbers = array(
        Float32Array.from({ length: vt.cols }, (_, j) => j),
        'float32',
        [1, ...model[name]!.shape.slice(1)],
      );
      const q = permuted(columnNumbers, [null, ...others], whole);
      const at = (m: Matrix<Float64Array>, of: (i: number, j: number) => number) =>
        new Matrix(
          m.data.map((_, k) => of(Math.floor(k / m.cols), k % m.cols)),
          m.rows,
          m.cols,
        );
      return [
        name,
        {
          u: p ? at(u, (i, j) => u.data[p[i]! * u.cols + j]!) : u,
          s,
          vt: at(vt, (i, j) => vt.data[i * vt.cols + q[j]!]!),
        },
      ];
    }),
  );
}

/**
 * R = Σ_l Σ_ij (u_i^a·u_j^b)(v_i^a·v_j^b) / Σ_l n_l over the triplets whose singular value is at least γ times the
 * largest, n_l the geometric mean of how many these are on both sides. 1 when they are the same, whatever their signs;
 * near 0 for vectors that have nothing to do with each other.
 *
 * @param gamma - 0: all; the polar factors' inner product over their size
 * @throws FletchError `INVALID_ARGUMENT` for γ outside 0 … 1 or when there is no matrix
 */
export function alignmentOf(
  a: SingularParts,
  b: SingularParts,
  gamma = 0,
): { readonly R: number; readonly layers: string[]; readonly perLayer: number[] } {
  if (!(gamma >= 0 && gamma <= 1))
    throw new FletchError('INVALID_ARGUMENT', `gamma must be from 0 to 1, not ${gamma}.`);
  if (a.size === 0)
    throw new FletchError('INVALID_ARGUMENT', 'There is no tensor of two or more axes: no singular vectors.');
  let [sum, count] = [0, 0];
  const perLayer: number[] = [];
  for (const [name, left] of a) {
    const right = b.get(name)!;
    const [p, q] = [keptOf(left.s, gamma), keptOf(right.s, gamma)];
    const us = matmul(columns(left.u, p), columns(right.u, q), { transposeA: true });
    const vs = matmul(rows(left.vt, p), rows(right.vt, q), { transposeB: true });
    let own = 0;
    for (let i = 0; i < us.data.length; i++) own += us.data[i]! * vs.data[i]!;
    const size = Math.sqrt(p * q);
    perLayer.push(size === 0 ? 0 : own / size);
    sum += own;
    count += size;
  }
  return { R: count === 0 ? 0 : sum / count, layers: [...a.keys()], perLayer };
}

/** How many singular values are at least γ of the largest; zeros have no vectors. */
function keptOf(s: Float64Array, gamma: number): number {
  const least = Math.max(gamma, s.length * Number.EPSILON) * s[0]!;
  return s.filter((value) => value > 0 && value >= least).length;
}

const rows = ({ data, cols }: Matrix<Float64Array>, count: number) =>
  new Matrix(data.slice(0, count * cols), count, cols);

function columns(m: Matrix<Float64Array>, count: number): Matrix<Float64Array> {
  const out = new Matrix(new Float64Array(m.rows * count), m.rows, count);
  for (let i = 0; i < m.rows; i++) out.row(i).set(m.row(i).subarray(0, count));
  return out;
}

export interface SingularAlignment {
  readonly R: number;
  /** The matrices, and R of each. */
  readonly layers: string[];
  readonly perLayer: number[];
  /** ‖a − b‖ over all tensors. */
  readonly dist: number;
  /** What no permutation can make it less than: from the singular values of matrices and the lengths of vectors. */
  readonly distLowerBound: number;
}

/**
 * {@link alignmentOf} of two models, with their distance and its lower bound.
 *
 * @throws FletchError `DIMENSION_MISMATCH` naming tensors that differ, `INVALID_ARGUMENT`, `NON_FINITE`
 */
export function singularAlignment(a: StateDict, b: StateDict, gamma = 0): SingularAlignment {
  checkSameStates(a, b, ['The first model', 'the second']);
  const parts = [singularParts(a), singularParts(b)] as const;
  return { ...alignmentOf(...parts, gamma), ...distanceBound([a, b], parts) };
}

/** Distance of two models, and what permutations leave of it at least. */
export function distanceBound(
  [a, b]: readonly [StateDict, StateDict],
  [left, right]: readonly [SingularParts, SingularParts],
): Pick<SingularAlignment, 'dist' | 'distLowerBound'> {
  let [dist, bound] = [0, 0];
  for (const [name, tensor] of Object.entries(a)) {
    const [x, y] = [tensor.data, b[name]!.data] as readonly [Float32Array, Float32Array];
    let [xx, yy] = [0, 0];
    for (let i = 0; i < x.length; i++) {
      dist += (x[i]! - y[i]!) ** 2;
      xx += x[i]! ** 2;
      yy += y[i]! ** 2;
    }
    const [s, t] = [left.get(name)?.s, right.get(name)?.s];
    if (s && t)
      s.forEach((value, i) => {
        bound += (value - t[i]!) ** 2;
      });
    else bound += (Math.sqrt(xx) - Math.sqrt(yy)) ** 2;
  }
  return { dist: Math.sqrt(dist), distLowerBound: Math.sqrt(bound) };
}
