/**
 * Linear quantile regression, exactly: the linear programme min_b Σ ρ_τ(y − X b) by the interior-point method of Portnoy and
 * Koenker, The Gaussian hare and the Laplacian tortoise, Statistical Science 12(4), 1997 (Mehrotra's predictor and corrector on
 * the dual with bounds).
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Matrix, matmul, solvePositive } from '@fletch/linalg';

/** Share of a step to the boundary that is taken. */
const DAMPING = 0.9995;
const MOST = 60;

/**
 * Coefficients that minimize the pinball loss.
 *
 * @param X - n × d, n > d, full column rank (dependent columns share their coefficient); include a column of ones
 * @param y - n
 * @throws FletchError `INVALID_ARGUMENT` unless there are more rows than columns
 */
export function pinballRegression(X: Matrix<Float64Array>, y: Float64Array, tau: number): Float64Array {
  const { rows: n, cols: d } = X;
  if (n <= d)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Quantile regression needs more rows than columns; there are ${n} rows and ${d} columns. Leave columns out, or use models other than linear.`,
    );
  // The dual: min −y·x with Xᵀx = (1 − τ) Xᵀ1, 0 ≤ x ≤ 1; s = 1 − x; multipliers z of x ≥ 0 and w of s ≥ 0.
  const x = new Float64Array(n).fill(1 - tau);
  const s = new Float64Array(n).fill(tau);
  const ones = new Float64Array(n).fill(1);
  // Least squares for −y is where the multipliers of the equalities start.
  let b = normalSolve(
    X,
    ones,
    y.map((value) => -value),
  );
  const z = new Float64Array(n);
  const w = new Float64Array(n);
  let fit = product(X, b);
  for (let i = 0; i < n; i++) {
    const r = -y[i]! - fit[i]! || 1e-3;
    z[i] = Math.max(r, 0);
    w[i] = z[i]! - r;
  }
  const scale = y.reduce((sum, value) => sum + Math.abs(value), 0) + 1e-300;
  const q = new Float64Array(n);
  const r = new Float64Array(n);
  const corrected = new Float64Array(n);
  const [dx, dz, dw] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  for (let iteration = 0; iteration < MOST; iteration++) {
    let gap = 0;
    for (let i = 0; i < n; i++) gap += z[i]! * x[i]! + w[i]! * s[i]!;
    if (!(gap > 1e-10 * scale)) break;
    for (let i = 0; i < n; i++) {
      q[i] = 1 / (z[i]! / x[i]! + w[i]! / s[i]!);
      r[i] = z[i]! - w[i]!;
    }
    let db = normalSolve(X, q, r);
    fit = product(X, db);
    for (let i = 0; i < n; i++) {
      dx[i] = q[i]! * (fit[i]! - r[i]!);
      dz[i] = -z[i]! * (1 + dx[i]! / x[i]!);
      dw[i] = -w[i]! * (1 - dx[i]! / s[i]!);
    }
    let [primal, dual] = steps(x, s, z, w, dx, dz, dw);
    if (Math.min(primal, dual) < 1) {
      let after = 0;
      for (let i = 0; i < n; i++)
        after +=
          (z[i]! + dual * dz[i]!) * (x[i]! + primal * dx[i]!) +
          (w[i]! + dual * dw[i]!) * (s[i]! - primal * dx[i]!);
      const mu = (gap * (after / gap) ** 3) / (2 * n);
      // Second order of the complementarities: dx dz of x z, and ds dw = −dx dw of s w.
      for (let i = 0; i < n; i++)
        corrected[i] = r[i]! - (mu - dx[i]! * dz[i]!) / x[i]! + (mu + dx[i]! * dw[i]!) / s[i]!;
      db = normalSolve(X, q, corrected);
      fit = product(X, db);
      for (let i = 0; i < n; i++) {
        const move = q[i]! * (fit[i]! - corrected[i]!);
        dz[i] = mu / x[i]! - z[i]! - (z[i]! * move + dx[i]! * dz[i]!) / x[i]!;
        dw[i] = mu / s[i]! - w[i]! + (w[i]! * move + dx[i]! * dw[i]!) / s[i]!;
        dx[i] = move;
      }
      [primal, dual] = steps(x, s, z, w, dx, dz, dw);
    }
    for (let i = 0; i < n; i++) {
      x[i]! += primal * dx[i]!;
      s[i]! -= primal * dx[i]!;
      z[i]! += dual * dz[i]!;
      w[i]! += dual * dw[i]!;
    }
    b = b.map((value, j) => value + dual * db[j]!);
  }
  return b.map((value) => -value);
}

/** Damped steps to the boundary of the primal and of the dual variables, 1 at most. */
function steps(
  x: Float64Array,
  s: Float64Array,
  z: Float64Array,
  w: Float64Array,
  dx: Float64Array,
  dz: Float64Array,
  dw: Float64Array,
): [primal: number, dual: number] {
  let primal = Number.POSITIVE_INFINITY;
  let dual = Number.POSITIVE_INFINITY;
  for (let i = 0; i < x.length; i++) {
    if (dx[i]! < 0) primal = Math.min(primal, -x[i]! / dx[i]!);
    if (dx[i]! > 0) primal = Math.min(primal, s[i]! / dx[i]!);
    if (dz[i]! < 0) dual = Math.min(dual, -z[i]! / dz[i]!);
    if (dw[i]! < 0) dual = Math.min(dual, -w[i]! / dw[i]!);
  }
  return [Math.min(1, DAMPING * primal), Math.min(1, DAMPING * dual)];
}

/** (Xᵀ Q X)⁻¹ Xᵀ Q r, a whiff of ridge for dependent columns. */
function normalSolve(X: Matrix<Float64Array>, q: Float64Array, r: Float64Array): Float64Array {
  const { rows: n, cols: d } = X;
  const weighted = new Matrix(new Float64Array(n * d), n, d);
  for (let i = 0, at = 0; i < n; i++)
    for (let j = 0; j < d; j++, at++) weighted.data[at] = q[i]! * X.data[at]!;
  const gram = matmul(weighted, X, { transposeA: true });
  let trace = 0;
  for (let j = 0; j < d; j++) trace += gram.data[j * d + j]!;
  for (let j = 0; j < d; j++) gram.data[j * d + j]! += 1e-12 * trace + 1e-300;
  const right = matmul(weighted, new Matrix(r, n, 1), { transposeA: true });
  return solvePositive(gram, right).data;
}

function product({ data, rows, cols }: Matrix<Float64Array>, b: Float64Array): Float64Array {
  const result = new Float64Array(rows);
  for (let i = 0, at = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < cols; j++) sum += data[at++]! * b[j]!;
    result[i] = sum;
  }
  return result;
}
