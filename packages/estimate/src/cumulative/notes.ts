/**
 * Remarks about classes in an order.
 *
 * @module
 */
import type { Label } from '../frame/target.js';

/** A warning where classes are numbers that neither rise nor fall: their order was given so, perhaps by mistake. */
export function orderNotes(classes: readonly Label[]): string[] {
  const steps = classes.slice(1).map((label, k) => Number(label) - Number(classes[k]));
  const one = (sign: 1 | -1) => steps.every((step) => sign * step > 0);
  if (steps.some(Number.isNaN) || one(1) || one(-1)) return [];
  return [
    `The classes are numbers that neither rise nor fall in the order given (${classes.join(', ')}): is it meant so?`,
  ];
}

/** A warning where the class that is taken for the rare one has more than its equal share. */
export function rareNotes(classes: readonly Label[], counts: readonly number[]): string[] {
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const share = counts.at(-1)! / rows;
  if (share * classes.length <= 1) return [];
  return [
    `${classes.at(-1)}, the last class, has ${(100 * share).toPrecision(3)} % of the rows: it is taken for the rare one. Levels in another order change that: ${[...classes].reverse().join(',')}.`,
  ];
}
