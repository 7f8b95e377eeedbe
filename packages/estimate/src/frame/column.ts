/**
 * Named columns of numbers or of categories.
 *
 * @module
 */
import { FletchError } from '@fletch/base';

/** Numbers; NaN where one is missing. */
export interface NumberColumn {
  readonly name: string;
  readonly kind: 'number';
  readonly values: Float64Array;
}

/** Labels; null where one is missing. */
export interface CategoryColumn {
  readonly name: string;
  readonly kind: 'category';
  readonly values: readonly (string | null)[];
  /** All there are, in their order, where the source says so. */
  readonly levels?: readonly string[];
}

/** One column of a table. */
export type Column = NumberColumn | CategoryColumn;

/** Texts that files write where a value is missing. */
const missingTexts = new Set(['', 'NA', 'NaN', 'nan', 'null', 'NULL']);

const isMissing = (value: unknown): boolean =>
  value === null || value === undefined || (typeof value === 'string' && missingTexts.has(value.trim()));

function numberOf(value: unknown): number | undefined {
  if (isMissing(value)) return Number.NaN;
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string') return undefined;
  const number = Number(value);
  return Number.isNaN(number) ? undefined : number;
}

function labelOf(value: unknown, name: string, row: number): string | null {
  if (isMissing(value) || (typeof value === 'number' && Number.isNaN(value))) return null;
  if (['string', 'number', 'boolean', 'bigint'].includes(typeof value)) return String(value);
  throw new FletchError(
    'INVALID_ARGUMENT',
    `Row ${row} of column "${name}" holds neither a number nor a text but ${describe(value)}: convert it first.`,
    { details: { column: name, row } },
  );
}

const describe = (value: unknown): string =>
  value instanceof Date ? 'a date' : Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;

/**
 * A column from values: numbers where every value is one (or a text that reads as one), categories elsewhere.
 * Null, undefined, an empty text, `NA` and `NaN` are missing.
 *
 * @param categorical - make categories of numbers, too
 * @throws FletchError `INVALID_ARGUMENT` for dates, lists and objects
 */
export function columnOf(
  name: string,
  values: ArrayLike<unknown>,
  { categorical = false }: { readonly categorical?: boolean } = {},
): Column {
  if (!categorical) {
    const numbers = new Float64Array(values.length);
    let row = 0;
    for (; row < values.length; row++) {
      const number = numberOf(values[row]);
      if (number === undefined) break;
      numbers[row] = number;
    }
    if (row === values.length) return { name, kind: 'number', values: numbers };
  }
  return { name, kind: 'category', values: Array.from(values, (value, row) => labelOf(value, name, row)) };
}

/** The same column with other rows, repeated or left out. */
export function takeColumn(column: Column, rows: ArrayLike<number>): Column {
  return column.kind === 'number'
    ? { ...column, values: Float64Array.from(rows, (row) => column.values[row]!) }
    : { ...column, values: Array.from(rows, (row) => column.values[row]!) };
}

/** Labels in their natural order: as numbers where all are, else by code points. */
export function sortedLabels(labels: Iterable<string>): string[] {
  const all = [...new Set(labels)];
  const numeric = all.every((label) => label.trim() !== '' && Number.isFinite(Number(label)));
  return numeric
    ? all.sort((a, b) => Number(a) - Number(b))
    : all.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
