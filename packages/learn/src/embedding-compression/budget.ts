/**
 * Memory budgets: bytes of what is stored, divided by those of the full float32 table.
 *
 * @module
 */
import { FletchError } from '@fletch/base';

/** @throws FletchError `INVALID_ARGUMENT` unless 0 < cr ≤ 1 */
export function requireRatio(cr: number): void {
  if (cr > 0 && cr <= 1) return;
  throw new FletchError(
    'INVALID_ARGUMENT',
    `cr is ${cr}: the compressed share of the bytes lies above 0 and up to 1.`,
    { details: { cr } },
  );
}

/** The error for a budget that a method cannot reach; `details.floor` is the smallest share that it can. */
export function unreachable(method: string, cr: number, floor: number): FletchError {
  // Rounded up: what the message names can be reached.
  const named = Math.min(1, Math.ceil(floor * 1e4) / 1e4);
  return new FletchError(
    'INVALID_ARGUMENT',
    `Budget unreachable: ${method} cannot store this table in ${cr} of its bytes. The smallest share that it reaches is ${named}.`,
    { details: { method, cr, floor: named } },
  );
}

/** The largest whole number from `low` to `high` for which `fits` holds (once false, it stays false); `low - 1` when none does. */
export function largest(low: number, high: number, fits: (value: number) => boolean): number {
  let [below, above] = [low - 1, high + 1];
  while (above - below > 1) {
    const middle = below + Math.floor((above - below) / 2);
    if (fits(middle)) below = middle;
    else above = middle;
  }
  return below;
}
