/**
 * MBAT, a vector symbolic architecture: symbols are random vectors, sets are sums, a role is bound to a value by a matrix
 * (Gallant and Okaywe, Neural Computation 25(8), 2013), here an orthogonal one (Gallant, arXiv 2202.04771).
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Matrix } from '@fletch/linalg';
import { checkMatrices, isDense, type MatrixKind, type RoleOperator, roleOperator } from './operators.js';
import { Recent } from './recent.js';
import { namedRandom } from './seeds.js';

/** What a {@link VSA} is made with. */
export interface VsaOptions {
  /** D, at least 16. Default: 512. */
  readonly dim?: number;
  /** Default: `haar`. */
  readonly matrices?: MatrixKind;
  /** Default: 0. */
  readonly seed?: number;
}

/** A symbol, and the cosine between it and what was asked. */
export interface NamedMatch {
  readonly name: string;
  readonly cos: number;
}

/** Most matrices kept at once: 64 dense ones of D = 512 take 64 MiB. */
const KEPT_BYTES = 2 ** 26;
/** Numbers of symbols kept at once: 256 MiB. */
const KEPT_NUMBERS = 2 ** 26;

/**
 * Symbols and roles of one seed. The same seed gives the same vectors bit for bit, in any process.
 *
 * @example
 * ```ts
 * const vsa = new VSA({ dim: 1024 });
 * const who = vsa.bind('actor', vsa.symbol('girl'));
 * const what = vsa.bind('object', vsa.symbol('elephant'));
 * vsa.cleanup(vsa.unbind('object', vsa.bundle([who, what])), ['girl', 'elephant']).name; // 'elephant'
 * ```
 */
export class VSA {
  readonly dim: number;
  readonly matrices: MatrixKind;
  readonly seed: number;
  readonly #symbols: Recent<Float32Array>;
  readonly #roles: Recent<RoleOperator>;

  /** @throws FletchError `INVALID_ARGUMENT` */
  constructor({ dim = 512, matrices = 'haar', seed = 0 }: VsaOptions = {}) {
    if (!Number.isInteger(dim) || dim < 16 || dim > 65536)
      throw new FletchError('INVALID_ARGUMENT', `dim must be an integer from 16 to 65536, but is ${dim}.`, {
        details: { dim: String(dim) },
      });
    if (!Number.isSafeInteger(seed) || seed < 0)
      throw new FletchError('INVALID_ARGUMENT', `seed must be an integer from 0 to 2^53 - 1, not ${seed}.`);
    this.dim = dim;
    this.matrices = matrices;
    this.seed = seed;
    checkMatrices(matrices, dim);
    this.#symbols = new Recent(Math.max(1024, Math.floor(KEPT_NUMBERS / dim)), (name) =>
      unit(namedRandom(seed, 'symbol', name).fillNormal(new Float32Array(dim))),
    );
    this.#roles = new Recent(
      Math.max(4, Math.floor(KEPT_BYTES / (isDense(matrices) ? dim * dim * 4 : dim * 20))),
      (name) => roleOperator(matrices, dim, namedRandom(seed, 'role', name)),
    );
  }

  /** The unit vector of a name, `dim` numbers. It is kept: do not change it. */
  symbol(name: string): Float32Array {
    return this.#symbols.get(name);
  }

  /** The matrix of a name. */
  role(name: string): RoleOperator {
    return this.#roles.get(name);
  }

  /**
   * The weighted sum.
   *
   * @param weights - default: all 1
   * @throws FletchError `DIMENSION_MISMATCH`
   */
  bundle(vectors: readonly Float32Array[], weights?: ArrayLike<number>): Float32Array {
    const sum = new Float32Array(this.dim);
    for (const [i, vector] of vectors.entries()) {
      this.#check(vector);
      const weight = weights?.[i] ?? 1;
      for (let j = 0; j < sum.length; j++) sum[j]! += weight * vector[j]!;
    }
    return sum;
  }

  /** M x with the matrix of `role`. Throws `DIMENSION_MISMATCH`. */
  bind(role: string, x: Float32Array): Float32Array {
    this.#check(x);
    return this.role(role).bind(new Matrix(x, 1, this.dim)).data;
  }

  /** Mᵀ x with the matrix of `role`. Throws `DIMENSION_MISMATCH`. */
  unbind(role: string, x: Float32Array): Float32Array {
    this.#check(x);
    return this.role(role).unbind(new Matrix(x, 1, this.dim)).data;
  }

  /**
   * The nearest symbol.
   *
   * @param names - of the symbols to choose from; at least one
   * @throws FletchError `INVALID_ARGUMENT`, `DIMENSION_MISMATCH`
   */
  cleanup(x: Float32Array, names: Iterable<string>): NamedMatch {
    this.#check(x);
    let best: NamedMatch | undefined;
    const length = norm(x);
    for (const name of names) {
      const cos = length === 0 ? 0 : dot(x, this.symbol(name)) / length;
      if (!best || cos > best.cos) best = { name, cos };
    }
    if (!best) throw new FletchError('INVALID_ARGUMENT', 'There is no name to choose from.');
    return best;
  }

  #check(vector: Float32Array): void {
    if (vector.length !== this.dim)
      throw new FletchError(
        'DIMENSION_MISMATCH',
        `A vector of ${this.dim} numbers is needed, not of ${vector.length}.`,
        { details: { expected: this.dim, actual: vector.length } },
      );
  }
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

export function norm(x: ArrayLike<number>): number {
  return Math.sqrt(dot(x, x));
}

/** Brings a vector to length 1, in place; a vector of zeros stays. */
export function unit(x: Float32Array): Float32Array {
  const length = norm(x);
  if (length > 0) for (let i = 0; i < x.length; i++) x[i]! /= length;
  return x;
}
