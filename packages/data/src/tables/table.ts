/**
 * Tables: named columns of numbers or texts.
 *
 * @module
 */
import { FletchError } from '@fletch/base';

/** The values of a column: numbers, missing ones NaN, or texts, missing ones empty. */
export type Column = Float64Array | readonly string[];

/** Columns of one length. */
export interface Table {
  readonly rows: number;
  /** By name, in the order of the file. */
  readonly columns: Readonly<Record<string, Column>>;
  /** Of columns that are categories, which ones there are; in their order where they have one. */
  readonly levels?: Readonly<Record<string, readonly string[]>>;
}

/** Texts as numbers. */
export interface Categories {
  /** The positions in `levels`; −1 where the value is missing. */
  readonly codes: Int32Array;
  readonly levels: readonly string[];
}

/**
 * A column.
 *
 * @throws FletchError `NOT_FOUND` with the columns that there are
 */
export function columnOf({ columns }: Table, name: string): Column {
  if (Object.hasOwn(columns, name)) return columns[name]!;
  throw new FletchError(
    'NOT_FOUND',
    `There is no column "${name}". Columns: ${Object.keys(columns).join(', ') || 'none'}.`,
    { details: { column: name, columns: Object.keys(columns) } },
  );
}

/** A column of numbers. Throws `NOT_FOUND`, and `INVALID_ARGUMENT` when it holds texts. */
export function numbersOf(table: Table, name: string): Float64Array {
  const column = columnOf(table, name);
  if (column instanceof Float64Array) return column;
  throw new FletchError(
    'INVALID_ARGUMENT',
    `The column "${name}" holds texts (${column
      .slice(0, 3)
      .map((text) => JSON.stringify(text))
      .join(', ')}), and numbers are needed.`,
    { details: { column: name } },
  );
}

/** A column as texts; missing values are empty. Throws `NOT_FOUND`. */
export function textsOf(table: Table, name: string): readonly string[] {
  const column = columnOf(table, name);
  if (!(column instanceof Float64Array)) return column;
  return Array.from(column, (value) => (Number.isNaN(value) ? '' : String(value)));
}

/** A column as categories: in the order of its levels, else of the alphabet, or of size when they are numbers. */
export function categoriesOf(table: Table, name: string): Categories {
  const column = columnOf(table, name);
  const known = table.levels && Object.hasOwn(table.levels, name) ? table.levels[name]! : undefined;
  const texts = textsOf(table, name);
  const levels =
    known ??
    (column instanceof Float64Array
      ? Array.from(new Set(column.filter((value) => !Number.isNaN(value))))
          .sort((a, b) => a - b)
          .map(String)
      : Array.from(new Set(texts.filter((text) => text !== ''))).sort());
  const places = new Map(levels.map((level, i) => [level, i]));
  return { codes: Int32Array.from(texts, (text) => places.get(text) ?? -1), levels };
}

/**
 * Columns of numbers side by side, row after row.
 *
 * @returns `data` `[rows, names.length]`
 * @throws FletchError `NOT_FOUND`, `INVALID_ARGUMENT` for texts; `NON_FINITE` with row and column for a missing or infinite
 *   value: leave such rows out first ({@link completeRows})
 */
export function matrixOf(
  table: Table,
  names: readonly string[],
): { data: Float64Array; rows: number; columns: number } {
  const columns = names.map((name) => numbersOf(table, name));
  const data = new Float64Array(table.rows * columns.length);
  for (const [j, column] of columns.entries())
    for (let i = 0; i < table.rows; i++) {
      const value = column[i]!;
      if (!Number.isFinite(value))
        throw new FletchError(
          'NON_FINITE',
          `Row ${i} of the column "${names[j]}" is ${Number.isNaN(value) ? 'missing' : value}: leave such rows out (completeRows).`,
          { details: { row: i, column: names[j] } },
        );
      data[i * columns.length + j] = value;
    }
  return { data, rows: table.rows, columns: columns.length };
}

/** Some rows of a table, in the order of `indices`. Throws `INVALID_ARGUMENT` for a row that there is not. */
export function takeRows(table: Table, indices: ArrayLike<number>): Table {
  for (let i = 0; i < indices.length; i++)
    if (!(indices[i]! >= 0 && indices[i]! < table.rows))
      throw new FletchError('INVALID_ARGUMENT', `There is no row ${indices[i]}: there are ${table.rows}.`);
  const take = (column: Column): Column =>
    column instanceof Float64Array
      ? Float64Array.from(indices, (index) => column[index]!)
      : Array.from(indices, (index) => column[index]!);
  return {
    ...table,
    rows: indices.length,
    columns: Object.fromEntries(Object.entries(table.columns).map(([name, column]) => [name, take(column)])),
  };
}

/** The rows in which no value of the named columns (default: all) is missing. */
export function completeRows(table: Table, names: readonly string[] = Object.keys(table.columns)): Table {
  const columns = names.map((name) => columnOf(table, name));
  const whole: number[] = [];
  for (let i = 0; i < table.rows; i++)
    if (
      columns.every((column) =>
        column instanceof Float64Array ? !Number.isNaN(column[i]!) : column[i] !== '',
      )
    )
      whole.push(i);
  return whole.length === table.rows ? table : takeRows(table, whole);
}
