/**
 * Matrices that bind a role to a value: x ↦ M x, one fixed random matrix for each role.
 *
 * Orthogonal ones keep every length and every inner product at any depth of nesting; random ones keep them in the mean only
 * (Gallant, arXiv 2202.04771).
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import {
  cast,
  fwht,
  Matrix,
  matmul,
  precisionOf,
  type Real,
  type Rng,
  randomOrthogonal,
} from '@fletch/linalg';

/**
 * Kinds of binding matrices: `haar` (uniform among the orthogonal ones), `hadamard` (orthogonal, D log D operations), `permutation`
 * (orthogonal, signed; its powers have short cycles); `gaussian` and `rademacher` (±1/√D) are random and not orthogonal. To compare
 * with: `hrr` (circular convolution; Plate, IEEE Trans. Neural Networks 6(3), 1995) and `map` (product by ±1; Gayler, 1998) commute,
 * so that they cannot tell `a.b` from `b.a`.
 */
export type MatrixKind = 'haar' | 'hadamard' | 'permutation' | 'gaussian' | 'rademacher' | 'hrr' | 'map';

/** The matrix M of a role. Vectors are the rows of what it is given; results are new. */
export interface RoleOperator {
  /** M x for every row x. */
  bind<T extends Real>(x: Matrix<T>): Matrix<T>;
  /** Mᵀ x for every row x: what undoes {@link bind} exactly when M is orthogonal, and about when it is not. */
  unbind<T extends Real>(x: Matrix<T>): Matrix<T>;
}

const kinds: readonly string[] = [
  'haar',
  'hadamard',
  'permutation',
  'gaussian',
  'rademacher',
  'hrr',
  'map',
] satisfies MatrixKind[];

/** Whether every row of one of these matrices is written out: D² numbers. */
export function isDense(kind: MatrixKind): boolean {
  return kind === 'haar' || kind === 'gaussian' || kind === 'rademacher' || kind === 'hrr';
}

/** @throws FletchError `INVALID_ARGUMENT` for an unknown kind, and for one that there is not in D dimensions */
export function checkMatrices(kind: MatrixKind, dim: number): void {
  if (!kinds.includes(kind))
    throw new FletchError('INVALID_ARGUMENT', `Unknown matrices "${kind}": use one of ${kinds.join(', ')}.`);
  if (kind === 'hadamard' && (dim & (dim - 1)) !== 0)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Hadamard matrices need a dimension that is a power of 2, not ${dim}: take ${2 ** Math.round(Math.log2(dim))}, or other matrices.`,
      { details: { dim } },
    );
}

/**
 * Draws the matrix of a role.
 *
 * @param dim - D; a power of 2 for `hadamard`
 * @throws FletchError `INVALID_ARGUMENT`
 */
export function roleOperator(kind: MatrixKind, dim: number, random: Rng): RoleOperator {
  checkMatrices(kind, dim);
  switch (kind) {
    case 'haar':
      return new Dense(randomOrthogonal(random, dim));
    case 'gaussian':
      return new Dense(scaled(random.fillNormal(new Float64Array(dim * dim)), dim));
    case 'rademacher':
      return new Dense(scaled(signs(random, dim * dim), dim));
    case 'permutation':
      return new SignedPermutation(random.permutation(dim), signs(random, dim));
    case 'hadamard':
      return new Hadamard(dim, random);
    case 'hrr':
      return new Dense(circulant(random.fillNormal(new Float64Array(dim))));
    case 'map':
      return new SignedPermutation(
        Uint32Array.from({ length: dim }, (_, i) => i),
        signs(random, dim),
      );
  }
}

const signs = (random: Rng, count: number) =>
  random.fillUniform(new Float64Array(count)).map((value) => (value < 0.5 ? -1 : 1));

const scaled = (entries: Float64Array, dim: number) =>
  new Matrix(
    entries.map((value) => value / Math.sqrt(dim)),
    dim,
    dim,
  );

/** The matrix of the circular convolution with a vector that is scaled to length 1. */
function circulant(vector: Float64Array): Matrix<Float64Array> {
  const dim = vector.length;
  const length = Math.hypot(...vector);
  const entries = new Float64Array(dim * dim);
  for (let i = 0; i < dim; i++)
    for (let j = 0; j < dim; j++) entries[i * dim + j] = vector[(i - j + dim) % dim]! / length;
  return new Matrix(entries, dim, dim);
}

/** Applies a function to each row, in float64. */
function byRow<T extends Real>(x: Matrix<T>, apply: (row: Float64Array) => Float64Array): Matrix<T> {
  const out = x.data.slice() as T;
  for (let i = 0; i < x.rows; i++)
    out.set(apply(Float64Array.from(x.data.subarray(i * x.cols, (i + 1) * x.cols))), i * x.cols);
  return new Matrix(out, x.rows, x.cols);
}

/** A matrix that is written out: D² operations for a vector. */
class Dense implements RoleOperator {
  #entries: Matrix;

  constructor(entries: Matrix<Float64Array>) {
    this.#entries = entries;
  }

  bind<T extends Real>(x: Matrix<T>): Matrix<T> {
    return matmul(x, this.#as(x), { transposeB: true });
  }

  unbind<T extends Real>(x: Matrix<T>): Matrix<T> {
    return matmul(x, this.#as(x));
  }

  /** The entries in the precision of the vectors: once float32 was asked for they are kept so, at half the memory. */
  #as<T extends Real>(x: Matrix<T>): Matrix<T> {
    const precision = precisionOf(x.data);
    if (precision === 'float64') return cast(this.#entries, precision) as Matrix as Matrix<T>;
    if (precisionOf(this.#entries.data) !== precision) this.#entries = cast(this.#entries, precision);
    return this.#entries as Matrix<T>;
  }
}

/** y_i = ±x_{π(i)}. */
class SignedPermutation implements RoleOperator {
  readonly #order: Uint32Array;
  readonly #signs: Float64Array;

  constructor(order: Uint32Array, drawn: Float64Array) {
    this.#order = order;
    this.#signs = drawn;
  }

  bind<T extends Real>(x: Matrix<T>): Matrix<T> {
    return byRow(x, (row) => this.#signs.map((sign, i) => sign * row[this.#order[i]!]!));
  }

  unbind<T extends Real>(x: Matrix<T>): Matrix<T> {
    return byRow(x, (row) => {
      const out = new Float64Array(row.length);
      for (let i = 0; i < row.length; i++) out[this.#order[i]!] = this.#signs[i]! * row[i]!;
      return out;
    });
  }
}

/** M = S₁ H S₂ H S₃ Π with H the Walsh-Hadamard matrix over √D, S random signs, Π a permutation. */
class Hadamard implements RoleOperator {
  readonly #first: SignedPermutation;
  readonly #middle: Float64Array;
  readonly #last: Float64Array;

  constructor(dim: number, random: Rng) {
    this.#first = new SignedPermutation(random.permutation(dim), signs(random, dim));
    this.#middle = signs(random, dim);
    this.#last = signs(random, dim);
  }

  bind<T extends Real>(x: Matrix<T>): Matrix<T> {
    return byRow(this.#first.bind(x), (row) => {
      fwht(row);
      multiply(row, this.#middle);
      fwht(row);
      return multiply(row, this.#last, 1 / row.length);
    });
  }

  unbind<T extends Real>(x: Matrix<T>): Matrix<T> {
    const turned = byRow(x, (row) => {
      multiply(row, this.#last, 1 / row.length);
      fwht(row);
      multiply(row, this.#middle);
      fwht(row);
      return row;
    });
    return this.#first.unbind(turned);
  }
}

function multiply(row: Float64Array, factors: Float64Array, by = 1): Float64Array {
  for (let i = 0; i < row.length; i++) row[i]! *= factors[i]! * by;
  return row;
}
