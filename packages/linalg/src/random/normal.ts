/**
 * The normal distribution.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { withArena } from '../core/arena.js';

/**
 * The quantile function of the standard normal distribution (Wichura's AS 241, 16 digits).
 *
 * @throws FletchError `INVALID_ARGUMENT` unless 0 < p < 1
 */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1))
    throw new FletchError('INVALID_ARGUMENT', `A probability between 0 and 1 is needed, not ${p}.`);
  return withArena((arena) => arena.shared.quantile(p));
}
