/**
 * Quantile levels.
 *
 * @module
 */
import { FletchError } from '@fletch/base';

/** Levels 1/(m+1), …, m/(m+1): 0.05, …, 0.95 for 19. */
export function evenLevels(m: number): number[] {
  if (!Number.isSafeInteger(m) || m < 1)
    throw new FletchError('INVALID_ARGUMENT', `There must be at least one quantile level, not ${m}.`);
  return Array.from({ length: m }, (_, i) => (i + 1) / (m + 1));
}

/** @throws FletchError `INVALID_ARGUMENT` naming the first level that is outside (0, 1) or not above the one before */
export function requireLevels(tau: ArrayLike<number>): void {
  if (tau.length === 0) throw new FletchError('INVALID_ARGUMENT', 'There are no quantile levels.');
  for (let k = 0; k < tau.length; k++) {
    if (!(tau[k]! > 0 && tau[k]! < 1))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Quantile levels lie between 0 and 1; level ${k} is ${tau[k]}.`,
        { details: { level: k, value: tau[k] } },
      );
    if (k > 0 && !(tau[k]! > tau[k - 1]!))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Quantile levels must increase; level ${k} is ${tau[k]} after ${tau[k - 1]}.`,
        { details: { level: k, value: tau[k] } },
      );
  }
}

/** @throws FletchError `INVALID_ARGUMENT` unless each level τ has its 1 − τ */
export function requireSymmetric(tau: ArrayLike<number>, what: string): void {
  requireLevels(tau);
  for (let k = 0; k < tau.length; k++)
    if (Math.abs(tau[k]! + tau[tau.length - 1 - k]! - 1) > 1e-9)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `${what} needs levels that are symmetric around 0.5; ${tau[k]} has no partner.`,
        { details: { level: k, value: tau[k] } },
      );
}
