/**
 * What a formula asks of the point that it is evaluated for.
 *
 * @module
 */
import { FletchError, type Json } from '@fletch/base';
import type { Path } from '../../filter/path.js';

export interface FormulaPoint {
  /** The score that prefetch number `prefetch` gave the point. */
  score(prefetch: number): number | undefined;
  /** What stands at a path of the payload: one value, or a list when there are several. */
  value(path: Path): Json | undefined;
  /** Whether condition number `condition` of the formula holds. */
  holds(condition: number): boolean;
}

/** A formula, or part of one, ready to be evaluated. */
export type Evaluate = (point: FormulaPoint) => number;

/** The point lacks a value of the type that a formula expects. */
export function typeError(field: string, expected: string, what: string): FletchError {
  return new FletchError(
    'INVALID_ARGUMENT',
    `Expected ${expected} value for ${field} in the payload and/or in the formula defaults. Error: ${what}`,
    { details: { field, expected } },
  );
}

/** A result that must be finite. `expression` shows how it came about. */
export function finite(result: number, expression: () => string): number {
  if (Number.isFinite(result)) return result;
  throw new FletchError(
    'INVALID_ARGUMENT',
    `The expression ${expression()} = ${numeral(result)} produced a non-finite number`,
    { details: { expression: expression() } },
  );
}

/** A number as Qdrant's messages write it. */
export function numeral(value: number): string {
  return Number.isFinite(value) || Number.isNaN(value) ? String(value) : value > 0 ? 'inf' : '-inf';
}
