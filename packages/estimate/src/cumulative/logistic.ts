/**
 * The logistic function and its logarithm, exact also far out.
 *
 * @module
 */

/** σ(x) = 1 / (1 + e^−x). */
export const sigmoid = (x: number): number => {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
};

/** log σ(x). */
export const logSigmoid = (x: number): number =>
  x >= 0 ? -Math.log1p(Math.exp(-x)) : x - Math.log1p(Math.exp(x));

/** log(p / (1 − p)). */
export const logOdds = (p: number): number => Math.log(p / (1 - p));

/**
 * log(σ(u) − σ(v)) for u ≥ v; u may be ∞ and v −∞. −∞ where the two meet.
 *
 * σ(u) − σ(v) = σ(u) σ(−v) (1 − e^(v − u)) loses no digits.
 */
export function logDifference(u: number, v: number): number {
  if (u === Number.POSITIVE_INFINITY) return logSigmoid(-v);
  if (v === Number.NEGATIVE_INFINITY) return logSigmoid(u);
  return logSigmoid(u) + logSigmoid(-v) + Math.log(-Math.expm1(v - u));
}
