/**
 * The points of the nudging circle.
 *
 * @module
 */
import { FletchError } from '@fletch/base';

/** One relaxation: the nudge β e^(iφ), and what its activities count for. */
export interface Phase {
  readonly re: number;
  readonly im: number;
  /** d = Σ weight.re · (Re s − s₀) − weight.im · Im s */
  readonly weight: { readonly re: number; readonly im: number };
}

/**
 * The phases whose weighted sum is ds/dβ at 0: (1 / Nβ) Σ_k s(β e^(2πik/N)) e^(−2πik/N), Cauchy's integral in N points
 * (Laborieux and Zenke, NeurIPS 2022). Conjugate phases are run once. The error is O(β^N), O(β) for N = 1.
 *
 * @param N - points: 1 one-sided, 2 two-sided, more on the complex circle
 * @param beta - radius, not 0
 * @param options.realOnly - refuse points that need complex arithmetic. Default false
 * @throws FletchError `INVALID_ARGUMENT` for N below 1, β = 0, or N above 2 with real arithmetic only
 */
export function nudgePhases(
  N: number,
  beta: number,
  { realOnly = false }: { readonly realOnly?: boolean } = {},
): Phase[] {
  if (!Number.isSafeInteger(N) || N < 1)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `N, the number of nudges, is a positive integer or Infinity, not ${N}.`,
    );
  if (!Number.isFinite(beta) || beta === 0)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `beta is ${beta}: a nudge of that strength says nothing. Use 0.05 to 0.5, or N: Infinity for the limit.`,
    );
  if (realOnly && N > 2)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `N = ${N} nudges lie on a complex circle: with real arithmetic only, N is 1 or 2.`,
    );
  return Array.from({ length: Math.floor(N / 2) + 1 }, (_, k): Phase | undefined => {
    if (N === 1 && k > 0) return undefined;
    const self = k === 0 || 2 * k === N;
    const angle = (2 * Math.PI * k) / N;
    const [c, s] = self ? [k === 0 ? 1 : -1, 0] : [Math.cos(angle), Math.sin(angle)];
    const share = (self ? 1 : 2) / (N * beta);
    return { re: beta * c, im: beta * s, weight: { re: share * c, im: self ? 0 : -share * s } };
  }).filter((phase) => phase !== undefined);
}

/** Whether a phase needs no complex arithmetic. */
export const isReal = ({ im }: Phase): boolean => im === 0;
