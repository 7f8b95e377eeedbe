/**
 * Methods whose result is one linear combination of the models for the whole tensor: its coefficients are fixed, or
 * follow from inner products.
 *
 * @module
 */
import { combineLinearly, type Piece, type TensorMerge, type TensorTask } from '../tensor-merge.js';

const weightsOf = ({ models }: TensorTask) => models.map(({ weight }) => weight as number);
const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

/** A combination with coefficients that are known before. */
export function fixedCombination(coefficients: readonly number[]): TensorMerge {
  return {
    looks: 0,
    look() {},
    combine: ({ models }, out) => combineLinearly(models, coefficients, out),
  };
}

/** `Σ wᵢ θᵢ`, divided by `Σ wᵢ` when normalized (Wortsman et al., Model soups, ICML 2022). */
export function linear(task: TensorTask): TensorMerge {
  const weights = weightsOf(task);
  const divisor = task.options.normalize ? total(weights) : 1;
  return fixedCombination(weights.map((weight) => weight / divisor));
}

/** Inner products of the models, or of their differences from the base. */
class Products {
  readonly values: Float64Array;
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
    this.values = new Float64Array(count * count);
  }

  at(i: number, j: number): number {
    return this.values[i * this.#count + j]!;
  }

  norm(i: number): number {
    return Math.sqrt(this.at(i, i));
  }

  /** Cosine, 0 for a vector without length. */
  cosine(i: number, j: number): number {
    const length = this.norm(i) * this.norm(j);
    return length === 0 ? 0 : Math.max(-1, Math.min(1, this.at(i, j) / length));
  }

  add({ base, models }: Piece): void {
    const n = this.#count;
    for (let i = 0; i < n; i++)
      for (let j = i; j < n; j++) {
        const sum = base ? productFrom(models[i]!, models[j]!, base) : product(models[i]!, models[j]!);
        this.values[i * n + j]! += sum;
        if (i !== j) this.values[j * n + i]! += sum;
      }
  }
}

function product(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function productFrom(a: Float32Array, b: Float32Array, base: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - base[i]!) * (b[i]! - base[i]!);
  return sum;
}

/** A combination whose coefficients follow from inner products; with a base it is one of the differences from it. */
function combination(count: number, coefficientsOf: (products: Products) => readonly number[]): TensorMerge {
  const products = new Products(count);
  let found: readonly number[] | undefined;
  return {
    looks: 1,
    look: (_, piece) => products.add(piece),
    combine({ base, models }, out) {
      found ??= coefficientsOf(products);
      if (base) combineLinearly([base, ...models], [1 - total(found), ...found], out);
      else combineLinearly(models, found, out);
    },
  };
}

/** Above this cosine two vectors count as parallel. */
const PARALLEL = 0.9995;

/** The great circle from one model to the other; a straight line where they are nearly parallel (Shoemake, SIGGRAPH 1985). */
export function slerp({ options }: TensorTask): TensorMerge {
  const t = options.t as number;
  return combination(2, (products) => {
    const dot = products.cosine(0, 1);
    if (Math.abs(dot) > PARALLEL) return [1 - t, t];
    const angle = Math.acos(dot);
    return [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)];
  });
}

/** Coefficients of the great circle that keep each vector's own length. */
function arc(cosine: number, t: number): [number, number] {
  const angle = Math.acos(Math.max(-1, Math.min(1, cosine)));
  const sine = Math.sin(angle);
  return Math.abs(sine) < 1e-8 ? [1 - t, t] : [Math.sin((1 - t) * angle) / sine, Math.sin(t * angle) / sine];
}

function shareOfSecond(task: TensorTask): number {
  const [a, b] = weightsOf(task) as [number, number];
  return Math.abs(a + b) < 1e-6 ? 0.5 : b / (a + b);
}

/** The great circle by the models' weights, of the tensor as one vector, of its rows or of its columns. */
export function nuslerp(task: TensorTask): TensorMerge {
  const t = shareOfSecond(task);
  const { nuslerp_flatten: flatten, nuslerp_row_wise: rowWise } = task.options;
  if (flatten) return combination(2, (products) => arc(products.cosine(0, 1), t));
  // What mergekit calls row-wise turns the columns.
  const byColumn = Boolean(rowWise) && task.shape.length > 1;
  const length = byColumn ? task.shape[0]! : task.shape.at(-1)!;
  return {
    looks: 0,
    look() {},
    combine({ base, models: [a, b] }, out) {
      const vectors = out.length / length;
      for (let v = 0; v < vectors; v++) {
        const place = byColumn ? { first: v, stride: vectors } : { first: v * length, stride: 1 };
        turn(a!, b!, base, out, { ...place, length, t });
      }
    },
  };
}

function turn(
  a: Float32Array,
  b: Float32Array,
  base: Float32Array | undefined,
  out: Float32Array,
  { first, stride, length, t }: { first: number; stride: number; length: number; t: number },
): void {
  let aa = 0;
  let bb = 0;
  let ab = 0;
  const last = first + stride * length;
  for (let i = first; i < last; i += stride) {
    const from = base?.[i] ?? 0;
    const x = a[i]! - from;
    const y = b[i]! - from;
    aa += x * x;
    bb += y * y;
    ab += x * y;
  }
  const [p, q] = arc(ab / Math.max(Math.sqrt(aa * bb), 1e-14), t);
  for (let i = first; i < last; i += stride) {
    const from = base?.[i] ?? 0;
    out[i] = from + p * (a[i]! - from) + q * (b[i]! - from);
  }
}

/**
 * `θ₀ + r · (mean of the models − θ₀)`, `r = N cos / (1 + (N − 1) cos)` with the mean cosine of pairs (Jang, Yun and Han,
 * Model Stock, ECCV 2024); of the whole tensor, or of each row when `filter_wise`.
 */
export function modelStock(task: TensorTask): TensorMerge {
  const count = task.models.length;
  const coefficients = (products: Products) => {
    let sum = 0;
    for (let i = 0; i < count; i++) for (let j = i + 1; j < count; j++) sum += products.cosine(i, j);
    const cosine = sum / ((count * (count - 1)) / 2);
    const divisor = 1 + (count - 1) * cosine;
    const ratio = Math.abs(divisor) < 1e-12 ? 0 : (count * cosine) / divisor;
    return new Array<number>(count).fill(ratio / count);
  };
  if (!task.options.filter_wise) return combination(count, coefficients);
  const row = task.shape.length < 2 ? task.shape[0]! : task.shape.slice(1).reduce((a, b) => a * b, 1);
  return {
    looks: 0,
    look() {},
    combine({ base, models }, out) {
      for (let at = 0; at < out.length; at += row) {
        const cut = (values: Float32Array) => values.subarray(at, at + row);
        const rows: Piece = { offset: 0, base: cut(base!), models: models.map(cut) };
        const one = combination(count, coefficients);
        one.look(0, rows);
        one.combine(rows, cut(out));
      }
    },
  };
}

/**
 * The mean on the sphere of directions (Karcher 1977; Buss and Fillmore 2001), times the mean length. All iterations are
 * done on inner products: the mean lies in the span of the models.
 */
export function karcher(task: TensorTask): TensorMerge {
  const weights = weightsOf(task);
  const { tol, max_iter: most } = task.options as { tol: number; max_iter: number };
  return combination(weights.length, (products) => karcherCoefficients(products, weights, tol, most));
}

function karcherCoefficients(
  products: Products,
  weights: readonly number[],
  tolerance: number,
  most: number,
): number[] {
  const shares = weights.map((weight) => weight / total(weights));
  const valid = weights.map((_, i) => i).filter((i) => products.norm(i) > tolerance);
  if (valid.length === 0) return weights.map(() => 0);
  const inner = total(valid.map((i) => shares[i]!));
  /** Coefficients of the unit vectors. */
  let mean = weights.map((_, i) => (valid.includes(i) ? shares[i]! / inner : 0));
  const dot = (u: readonly number[], v: readonly number[]) => {
    let sum = 0;
    for (const i of valid) for (const j of valid) sum += u[i]! * v[j]! * products.cosine(i, j);
    return sum;
  };
  const unit = (u: readonly number[]) => {
    const length = Math.sqrt(Math.max(0, dot(u, u)));
    return length < tolerance ? undefined : u.map((value) => value / length);
  };
  mean = unit(mean) ?? weights.map((_, i) => (i === valid[0] ? 1 : 0));
  for (let round = 0; round < most; round++) {
    const tangent = weights.map(() => 0);
    for (const i of valid) {
      const own = weights.map((_, j) => (j === i ? 1 : 0));
      const cosine = Math.max(-1, Math.min(1, dot(mean, own)));
      const angle = Math.acos(cosine);
      if (angle < tolerance) continue;
      const scale = ((shares[i]! / inner) * angle) / Math.sin(angle);
      own.forEach((value, j) => {
        tangent[j]! += scale * (value - cosine * mean[j]!);
      });
    }
    const length = Math.sqrt(Math.max(0, dot(tangent, tangent)));
    if (length < tolerance) break;
    const moved = mean.map(
      (value, j) => Math.cos(length) * value + (Math.sin(length) * tangent[j]!) / length,
    );
    mean = unit(moved) ?? moved;
  }
  const size = total(shares.map((share, i) => share * products.norm(i)));
  return mean.map((value, i) => (valid.includes(i) ? (size * value) / products.norm(i) : 0));
}

/** One model, times a factor. */
export function passthrough({ models }: TensorTask): TensorMerge {
  return fixedCombination([(models[0]!.scale as number | undefined) ?? 1]);
}
