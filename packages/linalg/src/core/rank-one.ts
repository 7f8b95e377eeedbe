/**
 * The merging step that divide-and-conquer methods share: the spectral decomposition of `D + z z'`, or the singular
 * value decomposition of the matrix with first row z and the diagonal D below it, with deflation (Gu and Eisenstat,
 * SIAM J. Matrix Anal. Appl. 16(1), 1995; Golub and Van Loan, section 8.4).
 *
 * @module
 */
import type { Arena } from './arena.js';
import { Block, type Field, multiplyAdd } from './block.js';

const EPS = 2 ** -52;

/** Which half of the columns a vector lives in. */
const LEFT = 0;
const BOTH = 1;
const RIGHT = 2;

/** Working space for merges of at most `n` entries, in the kernels' memory. */
export interface MergeSpace {
  readonly gather: number;
  readonly matrix: number;
  readonly delta: number;
  readonly d: number;
  readonly z: number;
  readonly work: number;
  readonly eta: number;
  readonly base: number;
  readonly slot: number;
}

/** @returns space for merges of at most `n` entries whose vectors have at most `n + 1` components */
export function mergeSpace(arena: Arena, n: number): MergeSpace {
  const doubles = (count: number) => arena.bytes(count * 8);
  return {
    gather: doubles(n * (n + 1)),
    matrix: doubles(n * n),
    delta: doubles(n * n),
    d: doubles(n),
    z: doubles(n),
    work: doubles(2 * n),
    eta: doubles(n),
    base: doubles(n),
    slot: doubles(n),
  };
}

/**
 * Entries `first .. first + count - 1` of `values` and `z`, whose vectors are the rows of the same index in every matrix
 * of `vectors`, columns `first .. end - 1`; those of the left child live left of `cut`, the others right.
 */
export interface Merge {
  readonly first: number;
  readonly count: number;
  readonly cut: number;
  readonly end: number;
  readonly values: Float64Array;
  readonly z: Float64Array;
  /** Eigenvectors; or, for a singular value decomposition, the right and the left singular vectors. */
  readonly vectors: readonly Block[];
  /** The entry with `d = 0` of a singular value decomposition, whose row of the matrix is z; null for eigenvalues. */
  readonly middle: number | null;
}

interface Deflated {
  /** Entries that take part, by increasing value. */
  readonly kept: number[];
  readonly dropped: number[];
  /** Half of each entry, from `first` on. */
  readonly half: Uint8Array;
}

/** Merges: on return `values` and the rows of `vectors` are those of the whole, in no particular order. */
export function merge(arena: Arena, space: MergeSpace, problem: Merge): void {
  const { first, count, values, z, middle } = problem;
  let most = 0;
  for (let i = first; i < first + count; i++)
    most = Math.max(most, Math.abs(values[i]!), middle === null ? z[i]! * z[i]! : Math.abs(z[i]!));
  if (most === 0) return;
  // Scaled by a power of two, so that squares neither overflow nor underflow. z z' scales by the root.
  const exponent = 2 * Math.floor(exponentOf(most) / 2);
  const down = 2 ** -exponent;
  const zDown = middle === null ? 2 ** (-exponent / 2) : down;
  for (let i = first; i < first + count; i++) {
    values[i]! *= down;
    z[i]! *= zDown;
  }
  const deflated = deflate(arena, problem);
  if (deflated.kept.length > 0) update(arena, space, problem, deflated);
  const up = 2 ** exponent;
  for (let i = first; i < first + count; i++) values[i]! *= up;
}

const bits = new DataView(new ArrayBuffer(8));

/** The binary exponent of a positive number, kept where its powers of two are normal numbers. */
export function exponentOf(value: number): number {
  bits.setFloat64(0, value);
  return Math.min(1022, Math.max(-1022, (bits.getUint16(0) >> 4) - 1023));
}

/** Sets aside entries whose z vanishes, after turning entries of nearly equal value so that one of them does. */
function deflate(arena: Arena, { first, count, cut, end, values, z, vectors, middle }: Merge): Deflated {
  const half = new Uint8Array(count);
  const order: number[] = [];
  for (let i = first; i < first + count; i++) {
    half[i - first] = i === middle ? BOTH : i < cut ? LEFT : RIGHT;
    if (i !== middle) order.push(i);
  }
  order.sort((a, b) => values[a]! - values[b]! || a - b);
  let most = 0;
  let squares = 0;
  for (let i = first; i < first + count; i++) {
    most = Math.max(most, Math.abs(values[i]!));
    squares += z[i]! * z[i]!;
    if (middle !== null) most = Math.max(most, Math.abs(z[i]!));
  }
  // Leaving out z_j changes the matrix by |z_j| (first row) or by |z_j| |z| (rank one).
  const tolerance = 8 * EPS * (middle === null ? Math.max(most, squares) : most);
  const smallZ = middle === null ? tolerance / Math.sqrt(squares) : tolerance;
  const kept: number[] = [];
  const dropped: number[] = [];
  let last = -1;
  for (const i of order) {
    if (!(Math.abs(z[i]!) > smallZ)) {
      dropped.push(i);
      continue;
    }
    if (last >= 0) {
      const length = Math.sqrt(z[i]! * z[i]! + z[last]! * z[last]!);
      const c = z[i]! / length;
      const s = -z[last]! / length;
      const difference = values[i]! - values[last]!;
      if ((middle === null ? Math.abs(difference * c * s) : difference) <= tolerance) {
        z[i] = length;
        z[last] = 0;
        if (middle === null) {
          const sum = values[i]! * s * s + values[last]! * c * c;
          values[i] = values[i]! * c * c + values[last]! * s * s;
          values[last] = sum;
        }
        for (const v of vectors) arena.shared.rotate64(end - first, v.at(last, first), v.at(i, first), c, s);
        if (half[i - first] !== half[last - first]) half[i - first] = half[last - first] = BOTH;
        dropped.push(last);
      } else kept.push(last);
    }
    last = i;
  }
  if (last >= 0) kept.push(last);
  if (middle !== null) {
    if (kept.length > 0 && values[kept[0]!]! <= tolerance / 2) values[kept[0]!] = tolerance / 2;
    if (Math.abs(z[middle]!) <= tolerance) z[middle] = z[middle]! < 0 ? -tolerance : tolerance;
    kept.unshift(middle);
  }
  return { kept, dropped, half };
}

/** Solves for the entries that are left and multiplies their vectors. */
function update(arena: Arena, space: MergeSpace, problem: Merge, { kept, dropped, half }: Deflated): void {
  const { first, count, values, z, vectors, middle } = problem;
  const { shared } = arena;
  const k = kept.length;
  const squared = middle !== null;
  const d = arena.doubles(space.d, k);
  const zs = arena.doubles(space.z, k);
  const z2 = arena.doubles(space.work, k);
  kept.forEach((i, at) => {
    d[at] = i === middle ? 0 : values[i]!;
    zs[at] = z[i]!;
    z2[at] = z[i]! * z[i]!;
  });
  shared.roots(k, space.d, space.work, squared, space.work + 8 * k, space.base, space.eta);
  shared.refine(k, space.d, space.z, squared, space.base, space.eta, space.delta, space.work);
  const eta = arena.doubles(space.eta, k);
  const base = arena.integers(space.base, k);
  const found = Array.from(eta, (x, j) => {
    const pole = d[base[j]!]!;
    return squared ? Math.sqrt(pole * pole + x) : pole + x;
  });
  // Vectors by the half they live in, so that the zeros of the other half are not multiplied.
  const groups = [LEFT, BOTH, RIGHT].map((wanted) => kept.filter((i) => half[i - first] === wanted));
  const grouped = groups.flat();
  const slotOf = new Map(grouped.map((i, at) => [i, at]));
  arena.integers(space.slot, k).set(kept.map((i) => slotOf.get(i)!));
  dropped.sort((a, b) => b - a);
  vectors.forEach((v, side) => {
    if (side === 0) shared.rightVectors(k, space.z, space.delta, space.slot, space.matrix);
    else shared.leftVectors(k, space.d, space.z, space.delta, space.slot, space.matrix);
    multiplyVectors(space, problem, v, groups as [number[], number[], number[]], dropped);
  });
  dropped.forEach((from, at) => {
    values[first + count - 1 - at] = values[from]!;
  });
  values.set(found, first);
}

/** Rows `first ..` of `v` become the products of the coefficient matrix with the kept rows; the others follow. */
function multiplyVectors(
  space: MergeSpace,
  { first, count, cut, end }: Merge,
  v: Block,
  [left, both, right]: readonly [number[], number[], number[]],
  dropped: readonly number[],
): void {
  const { field } = v;
  const k = left.length + both.length + right.length;
  const leftWidth = cut - first;
  const rightWidth = end - cut;
  const a = new Block(field, space.gather, left.length + both.length, leftWidth, leftWidth);
  const b = new Block(
    field,
    space.gather + a.rows * leftWidth * 8,
    both.length + right.length,
    rightWidth,
    rightWidth,
  );
  for (const [at, i] of [...left, ...both].entries()) copyRow(field, leftWidth, v.at(i, first), a.at(at, 0));
  for (const [at, i] of [...both, ...right].entries()) copyRow(field, rightWidth, v.at(i, cut), b.at(at, 0));
  for (const [at, i] of dropped.entries()) {
    const to = first + count - 1 - at;
    if (to !== i) copyRow(field, end - first, v.at(i, first), v.at(to, first));
  }
  for (let j = 0; j < k; j++) field.fill(end - first, 0, v.at(first + j, first), 1);
  const p = new Block(field, space.matrix, k, k, k);
  multiplyAdd(1, p.part(0, 0, k, a.rows), a, v.part(first, first, k, leftWidth));
  multiplyAdd(1, p.part(0, left.length), b, v.part(first, cut, k, rightWidth));
}

const copyRow = (field: Field, n: number, from: number, to: number) => field.copy(n, from, 1, to, 1);
