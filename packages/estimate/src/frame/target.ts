/**
 * What is to be predicted: numbers, or classes in their order.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { type Column, sortedLabels, takeColumn } from './column.js';

/** A class as users write it. */
export type Label = string | number;

/** Numbers or labels, one for each row. */
export type Target = ArrayLike<number> | readonly (string | number | boolean | null)[] | Column;

const isColumn = (y: Target): y is Column => 'kind' in y && 'values' in y;

const valuesOf = (y: Target): ArrayLike<unknown> => (isColumn(y) ? y.values : y);

/** Length of a target. */
export function lengthOf(y: Target): number {
  return valuesOf(y).length;
}

/** These rows of a target. */
export function takeTarget(y: Target, rows: ArrayLike<number>): Target {
  if (isColumn(y)) return takeColumn(y, rows);
  const values = valuesOf(y);
  return Array.from(rows, (row) => values[row]) as (string | number | null)[];
}

/** @throws FletchError `DIMENSION_MISMATCH` */
function requireLength(values: ArrayLike<unknown>, rows: number): void {
  if (values.length === rows) return;
  throw new FletchError(
    'DIMENSION_MISMATCH',
    `The table has ${rows} rows, but the target ${values.length} values.`,
    { details: { rows, target: values.length } },
  );
}

/**
 * A target of numbers.
 *
 * @param rows - of the table
 * @throws FletchError `DIMENSION_MISMATCH` for another length, `NON_FINITE` with the row, `INVALID_ARGUMENT` for labels
 */
export function numericTarget(y: Target, rows: number): Float64Array {
  const values = valuesOf(y);
  requireLength(values, rows);
  return Float64Array.from(values, (value, row) => {
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    if (typeof value === 'string')
      throw new FletchError('INVALID_ARGUMENT', `Row ${row} of the target is "${value}", not a number.`, {
        details: { row },
      });
    throw new FletchError('NON_FINITE', absence(value, row), { details: { row } });
  });
}

/** What is said of a value that is missing or infinite. */
const absence = (value: unknown, row: number): string =>
  value === null || value === undefined || Number.isNaN(value)
    ? `Row ${row} of the target is missing: drop such rows.`
    : `Row ${row} of the target is ${value}.`;

/** Classes in order, and which of them each row has. */
export interface ClassTarget {
  readonly classes: readonly Label[];
  /** Index into `classes` for each row. */
  readonly codes: Int32Array;
  readonly counts: Int32Array;
}

/** How classes are read. */
export interface ClassOptions {
  /** The classes in their order. Default: that of the column's levels, else numbers ascending; texts need it where `ordered`. */
  readonly levels?: readonly Label[] | undefined;
  /** Whether the order means something, so that it must not be guessed from texts. Default false. */
  readonly ordered?: boolean;
}

/**
 * A target of classes.
 *
 * @param rows - of the table
 * @throws FletchError `DIMENSION_MISMATCH`; `INVALID_ARGUMENT` for a missing value, a value that is none of the levels, a
 *   level without rows, levels that repeat, one class only, and texts whose order was not given although it matters;
 *   where `ordered`, also for numbers that are not whole
 */
export function classTarget(
  y: Target,
  rows: number,
  { levels, ordered = false }: ClassOptions = {},
): ClassTarget {
  const values = valuesOf(y);
  requireLength(values, rows);
  const labels = labelsOf(y);
  if (new Set(labels).size < 2)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The target has one class only (${labels[0] ?? 'none'}): there is nothing to tell apart.`,
    );
  const known = isColumn(y) && y.kind === 'category' ? y.levels : undefined;
  const classes = levels ?? known ?? guessClasses(values, labels, ordered);
  if (new Set(classes.map(String)).size !== classes.length)
    throw new FletchError('INVALID_ARGUMENT', `The levels ${classes.join(', ')} repeat themselves.`);
  const codes = codesAmong(labels, classes);
  const counts = new Int32Array(classes.length);
  for (const code of codes) counts[code]!++;
  const empty = counts.indexOf(0);
  if (empty >= 0)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `No row of the target has the level "${classes[empty]}": leave it out of the levels.`,
      { details: { level: classes[empty] } },
    );
  return { classes, codes, counts };
}

/**
 * Index into known classes for each row, of which some may have none.
 *
 * @throws FletchError `INVALID_ARGUMENT` with the row of a value that is missing or none of the classes
 */
export function codesOf(y: Target, classes: readonly Label[]): Int32Array {
  return codesAmong(labelsOf(y), classes);
}

/** A target as texts. Throws `INVALID_ARGUMENT` with the row of a value that is missing. */
export function labelsOf(y: Target): string[] {
  return Array.from(valuesOf(y), (value, row) => {
    if (value === null || value === undefined || (typeof value === 'number' && !Number.isFinite(value)))
      throw new FletchError('INVALID_ARGUMENT', absence(value, row), { details: { row } });
    return String(value);
  });
}

function codesAmong(labels: readonly string[], classes: readonly Label[]): Int32Array {
  const index = new Map(classes.map((label, i) => [String(label), i]));
  return Int32Array.from(labels, (label, row) => {
    const code = index.get(label);
    if (code !== undefined) return code;
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Row ${row} of the target is "${label}", which is none of the levels ${classes.join(', ')}.`,
      { details: { row, label } },
    );
  });
}

function guessClasses(values: ArrayLike<unknown>, labels: readonly string[], ordered: boolean): Label[] {
  const sorted = sortedLabels(labels);
  const numbers = Array.from(values).every((value) => typeof value === 'number');
  if (!ordered) return numbers ? sorted.map(Number) : sorted;
  if (!numbers)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The order of the classes matters: give levels, first to last, made of ${sorted.slice(0, 20).join(', ')}.`,
    );
  const broken = sorted.find((label) => !Number.isSafeInteger(Number(label)));
  if (broken !== undefined)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The classes must be whole numbers or have levels; the target holds ${broken}.`,
    );
  return sorted.map(Number);
}
