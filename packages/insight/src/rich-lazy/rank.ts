/**
 * Initial weights of a chosen rank, and controls with the same spectrum or the same entries.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Matrix, matmul, norm, randomOrthogonal, rng, singularValues, svd, transpose } from '@fletch/linalg';

export interface LowRankOptions {
  /** Rescale to the Frobenius norm of the given matrix, or keep the truncation as it is. Default `frobenius`. */
  readonly preserve?: 'frobenius' | 'none';
}

/**
 * The top singular triplets of a matrix, rescaled to its Frobenius norm: U_r S_r V_rᵀ · ‖W‖ / ‖U_r S_r V_rᵀ‖ (Liu et al.,
 * ICLR 2024, section 4). Without rescaling, the effect of rank is mixed with that of scale.
 *
 * @param rank - 1 … min(rows, columns)
 * @throws FletchError `INVALID_ARGUMENT` for another rank or a zero matrix, `NON_FINITE` with the position
 */
export function lowRankInit(
  W: Matrix,
  rank: number,
  { preserve = 'frobenius' }: LowRankOptions = {},
): Matrix<Float64Array> {
  const most = Math.min(W.rows, W.cols);
  if (!Number.isSafeInteger(rank) || rank < 1 || rank > most)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The rank of a ${W.rows}x${W.cols} matrix is an integer from 1 to ${most}, not ${rank}.`,
      { details: { rank, most } },
    );
  const { u, s, vt } = svd(doubles(W));
  requireNonZero(s[0]!);
  const kept = new Matrix(s.slice(0, rank), 1, rank);
  const scale = preserve === 'frobenius' ? norm(doubles(W)) / norm(kept) : 1;
  return compose(
    firstColumns(u, rank),
    kept.data.map((value) => value * scale),
    new Matrix(vt.data.slice(0, rank * vt.cols), rank, vt.cols),
  );
}

/** What {@link effectiveRank} tells. */
export interface EffectiveRank {
  /** How many of the largest singular values hold the share `energy` of Σs². */
  readonly rank: number;
  /** (Σs)² / Σs²: r for r equal singular values. */
  readonly smooth: number;
}

/**
 * How many directions a matrix really has.
 *
 * @param options.energy - share of Σs² to be held, in (0, 1]. Default 0.95
 * @throws FletchError `INVALID_ARGUMENT` for another share or a zero matrix, `NON_FINITE` with the position
 */
export function effectiveRank(
  W: Matrix,
  { energy = 0.95 }: { readonly energy?: number } = {},
): EffectiveRank {
  if (!(energy > 0 && energy <= 1))
    throw new FletchError('INVALID_ARGUMENT', `energy is a share in (0, 1], not ${energy}.`);
  const s = singularValues(W);
  requireNonZero(s[0] ?? 0);
  const total = s.reduce((sum, value) => sum + value * value, 0);
  const sum = s.reduce((a, b) => a + b, 0);
  let held = 0;
  let rank = 0;
  // The last sums differ by rounding only.
  while (rank < s.length && held < energy * total * (1 - 1e-12)) held += s[rank++]! ** 2;
  return { rank, smooth: (sum * sum) / total };
}

/** A control: the same singular values between fresh random orthonormal vectors. Throws as {@link effectiveRank}. */
export function spectrumMatched(W: Matrix, seed: number): Matrix<Float64Array> {
  const s = singularValues(W);
  requireNonZero(s[0] ?? 0);
  const random = rng(seed);
  return compose(
    randomOrthogonal(random, W.rows, s.length),
    s,
    transpose(randomOrthogonal(random, W.cols, s.length)),
  );
}

/** A control: the same entries at random places. */
export function permutedEntries(W: Matrix, seed: number): Matrix<Float64Array> {
  const order = rng(seed).permutation(W.data.length);
  return new Matrix(
    Float64Array.from(order, (i) => W.data[i]!),
    W.rows,
    W.cols,
  );
}

/** `left · diag(s) · right`. */
function compose(left: Matrix<Float64Array>, s: Float64Array, right: Matrix<Float64Array>) {
  const scaled = left.data.map((value, i) => value * s[i % left.cols]!);
  return matmul(new Matrix(scaled, left.rows, left.cols), right);
}

function firstColumns(a: Matrix<Float64Array>, count: number): Matrix<Float64Array> {
  return new Matrix(
    Float64Array.from({ length: a.rows * count }, (_, i) => a.at(Math.floor(i / count), i % count)),
    a.rows,
    count,
  );
}

function doubles(a: Matrix): Matrix<Float64Array> {
  return new Matrix(Float64Array.from(a.data), a.rows, a.cols);
}

function requireNonZero(largest: number): void {
  if (!(largest > 0))
    throw new FletchError('INVALID_ARGUMENT', 'The matrix is zero: it has no directions to keep.');
}
