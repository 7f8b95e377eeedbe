/**
 * Tables of named columns.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Matrix } from '@fletch/linalg';
import { type Column, columnOf, takeColumn } from './column.js';

/**
 * What estimators learn from: a matrix or rows of numbers (columns without names), or named columns: a
 * {@link Frame}, objects, or arrays by name.
 */
export type Table =
  | Frame
  | Matrix
  | readonly ArrayLike<number>[]
  | readonly { readonly [column: string]: unknown }[]
  | { readonly [column: string]: ArrayLike<unknown> };

/** A table of named columns of one length. */
export class Frame {
  readonly columns: readonly Column[];
  readonly rows: number;

  /**
   * @throws FletchError `DIMENSION_MISMATCH` naming a column of another length, `INVALID_ARGUMENT` for a name that comes
   *   twice
   */
  constructor(columns: readonly Column[]) {
    this.columns = columns;
    this.rows = columns[0]?.values.length ?? 0;
    for (const [i, { name, values }] of columns.entries()) {
      if (values.length !== this.rows)
        throw new FletchError(
          'DIMENSION_MISMATCH',
          `Column "${name}" has ${values.length} values, column "${columns[0]!.name}" ${this.rows}.`,
          { details: { column: name } },
        );
      if (columns.findIndex((other) => other.name === name) !== i)
        throw new FletchError('INVALID_ARGUMENT', `Two columns are called "${name}": rename one.`);
    }
  }

  /** Names in order. */
  get names(): string[] {
    return this.columns.map(({ name }) => name);
  }

  /**
   * The column of a name.
   *
   * @throws FletchError `NOT_FOUND` listing the names there are
   */
  column(name: string): Column {
    const found = this.columns.find((column) => column.name === name);
    if (found) return found;
    throw new FletchError(
      'NOT_FOUND',
      `There is no column "${name}". Columns: ${this.names.join(', ') || 'none'}.`,
      { details: { column: name } },
    );
  }

  /** Only these columns, in this order. */
  select(names: readonly string[]): Frame {
    return new Frame(names.map((name) => this.column(name)));
  }

  /** All columns but these. */
  drop(names: readonly string[]): Frame {
    for (const name of names) this.column(name);
    return new Frame(this.columns.filter(({ name }) => !names.includes(name)));
  }

  /** These rows, in this order. */
  take(rows: ArrayLike<number>): Frame {
    return new Frame(this.columns.map((column) => takeColumn(column, rows)));
  }
}

/** How columns are read. */
export interface FrameOptions {
  /** Columns of numbers that name categories. */
  readonly categorical?: readonly string[];
}

/**
 * A frame from objects (one for each row) or arrays by name. Columns are numbers where every value is one.
 *
 * @throws FletchError `INVALID_ARGUMENT` for values that are neither numbers nor texts, `NOT_FOUND` when a categorical
 *   column is not there, `DIMENSION_MISMATCH` for columns of different lengths
 */
export function frameOf(
  table:
    | readonly { readonly [column: string]: unknown }[]
    | { readonly [column: string]: ArrayLike<unknown> },
  { categorical = [] }: FrameOptions = {},
): Frame {
  const columns: [string, ArrayLike<unknown>][] = Array.isArray(table)
    ? [...new Set(table.flatMap(Object.keys))].map((name) => [name, table.map((row) => row[name])])
    : Object.entries(table as { readonly [column: string]: ArrayLike<unknown> });
  const frame = new Frame(
    columns.map(([name, values]) => columnOf(name, values, { categorical: categorical.includes(name) })),
  );
  for (const name of categorical) frame.column(name);
  return frame;
}

/** Whether a table is rows of numbers without names. */
function isRows(table: Table): table is readonly ArrayLike<number>[] {
  return Array.isArray(table) && (Array.isArray(table[0]) || ArrayBuffer.isView(table[0]));
}

/** A table as a matrix, where its columns have no names, or as a frame. */
export function normalized(table: Table): Matrix | Frame {
  if (table instanceof Frame || table instanceof Matrix) return table;
  if (isRows(table)) return Matrix.from(table);
  if (typeof table === 'object' && table !== null)
    return frameOf(table as readonly { readonly [column: string]: unknown }[]);
  throw new FletchError(
    'INVALID_ARGUMENT',
    `A table is a Matrix, a Frame, rows of numbers, objects, or arrays by name, not ${String(table)}.`,
  );
}

/** Number of rows of a table. */
export function rowsOf(table: Table): number {
  return normalized(table).rows;
}

/** These rows of a table, in this order. */
export function takeTable(table: Matrix | Frame, rows: ArrayLike<number>): Matrix | Frame {
  if (table instanceof Frame) return table.take(rows);
  const taken = new Matrix(new Float64Array(rows.length * table.cols), rows.length, table.cols);
  for (let i = 0; i < rows.length; i++) taken.data.set(table.row(rows[i]!), i * table.cols);
  return taken;
}
