/**
 * From a table to the matrix of numbers that estimators compute with, and the same way again at prediction.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { cast, Matrix } from '@fletch/linalg';
import { type CategoryColumn, type Column, type NumberColumn, sortedLabels } from './column.js';
import { Frame, normalized, type Table } from './frame.js';

/** How a table becomes numbers. Shared by all estimators. */
export interface EncodingOptions {
  /** Categories become one column for each level but the first, or one for each. Default `drop-first`. */
  readonly encoding?: 'drop-first' | 'one-hot';
  /** Order of the levels of a category; default: natural order. The first is the one that is dropped. */
  readonly categories?: { readonly [column: string]: readonly string[] };
  /**
   * What happens to missing values: `refuse` (default), or the mean or median of the column as it was fitted; for
   * categories both mean the most frequent level.
   */
  readonly missing?: 'refuse' | 'mean' | 'median';
}

interface NumberPlan {
  readonly name: string;
  readonly kind: 'number';
  /** Stands in for missing values. */
  readonly fill?: number;
}

interface CategoryPlan {
  readonly name: string;
  readonly kind: 'category';
  readonly levels: readonly string[];
  readonly dropFirst: boolean;
  readonly fill?: string;
}

type Plan = NumberPlan | CategoryPlan;

/** A {@link Design} as JSON. */
export type DesignJson =
  | { readonly kind: 'matrix'; readonly columns: number }
  | { readonly kind: 'columns'; readonly columns: readonly Plan[] };

/** How the columns of the fitted table become those of a matrix. */
export class Design {
  readonly #plan: DesignJson;
  /** Name of each column of the matrix: `age`, `city=Rome`; `x1`, `x2`, … when the table had no names. */
  readonly names: readonly string[];

  private constructor(plan: DesignJson) {
    this.#plan = plan;
    this.names =
      plan.kind === 'matrix'
        ? Array.from({ length: plan.columns }, (_, j) => `x${j + 1}`)
        : plan.columns.flatMap((column) =>
            column.kind === 'number'
              ? [column.name]
              : coded(column).map((level) => `${column.name}=${level}`),
          );
  }

  /**
   * Learns levels and fillings from a table.
   *
   * @throws FletchError `INVALID_ARGUMENT` for a table without rows or columns, levels that are not there, and values
   *   outside the levels given; `NON_FINITE` naming column and row of a value that is missing (unless it is to be filled)
   *   or infinite
   */
  static fit(table: Table, options: EncodingOptions = {}): Design {
    const { encoding = 'drop-first', categories = {}, missing = 'refuse' } = options;
    requireChoice('encoding', encoding, ['drop-first', 'one-hot']);
    requireChoice('missing', missing, ['refuse', 'mean', 'median']);
    const source = normalized(table);
    const width = source instanceof Matrix ? source.cols : source.columns.length;
    if (source.rows === 0 || width === 0)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `There is nothing to learn from: the table has ${source.rows} rows and ${width} columns beside the target.`,
      );
    if (source instanceof Matrix) {
      if (missing === 'refuse') return new Design({ kind: 'matrix', columns: source.cols });
      return Design.fit(
        new Frame(
          Array.from({ length: source.cols }, (_, j) => ({
            name: `x${j + 1}`,
            kind: 'number' as const,
            values: Float64Array.from(source.column(j)),
          })),
        ),
        options,
      );
    }
    for (const name of Object.keys(categories)) source.column(name);
    return new Design({
      kind: 'columns',
      columns: source.columns.map((column) =>
        column.kind === 'number' && !Object.hasOwn(categories, column.name)
          ? planNumbers(column, missing)
          : planCategory(
              asCategory(column),
              encoding,
              missing,
              categories[column.name] ?? (column.kind === 'category' ? column.levels : undefined),
            ),
      ),
    });
  }

  /** Columns of the matrix. */
  get columns(): number {
    return this.names.length;
  }

  /**
   * The matrix of a table: `rows × columns`, float64. A float64 matrix is passed through, not copied.
   *
   * @throws FletchError `NOT_FOUND` for a column that is missing, `DIMENSION_MISMATCH` for another number of columns,
   *   `INVALID_ARGUMENT` for a level that was not fitted or a column of another kind, `NON_FINITE` with column and row
   */
  matrix(table: Table): Matrix<Float64Array> {
    const source = normalized(table);
    const plan = this.#plan;
    if (plan.kind === 'matrix') {
      if (!(source instanceof Matrix)) return this.matrix(numbersOf(source));
      if (source.cols !== plan.columns)
        throw new FletchError(
          'DIMENSION_MISMATCH',
          `The table has ${source.cols} columns; it was fitted on ${plan.columns}.`,
          { details: { columns: source.cols, expected: plan.columns } },
        );
      requireFinite(source, this.names);
      return source.data instanceof Float64Array ? (source as Matrix<Float64Array>) : cast(source, 'float64');
    }
    if (source instanceof Matrix) {
      if (plan.columns.length !== source.cols || plan.columns.some(({ kind }) => kind !== 'number'))
        throw new FletchError(
          'DIMENSION_MISMATCH',
          `It was fitted on the columns ${plan.columns.map(({ name }) => name).join(', ')}: give a table with these names.`,
        );
      return this.matrix(
        new Frame(
          plan.columns.map(({ name }, j) => ({
            name,
            kind: 'number',
            values: Float64Array.from(source.column(j)),
          })),
        ),
      );
    }
    const result = new Matrix(new Float64Array(source.rows * this.columns), source.rows, this.columns);
    let at = 0;
    for (const column of plan.columns) {
      const given = source.column(column.name);
      at +=
        column.kind === 'number'
          ? writeNumbers(result, at, column, given)
          : writeCodes(result, at, column, given);
    }
    return result;
  }

  toJSON(): DesignJson {
    return this.#plan;
  }

  /** @throws FletchError `CORRUPT` when it is not what {@link Design.toJSON} gave */
  static fromJSON(json: DesignJson): Design {
    const valid =
      json?.kind === 'matrix'
        ? Number.isSafeInteger(json.columns)
        : json?.kind === 'columns' && Array.isArray(json.columns);
    if (!valid) throw new FletchError('CORRUPT', 'The columns of the model are not readable.');
    return new Design(json);
  }
}

/** @throws FletchError `INVALID_ARGUMENT` unless `value` is one of `choices` */
export function requireChoice(name: string, value: unknown, choices: readonly unknown[]): void {
  if (choices.includes(value)) return;
  throw new FletchError('INVALID_ARGUMENT', `${name} must be ${choices.join(' or ')}, not ${String(value)}.`);
}

/** Levels that have a column. */
const coded = ({ levels, dropFirst }: CategoryPlan) => (dropFirst ? levels.slice(1) : levels);

const asCategory = (column: Column): CategoryColumn =>
  column.kind === 'category'
    ? column
    : {
        name: column.name,
        kind: 'category',
        values: Array.from(column.values, (value) => (Number.isNaN(value) ? null : String(value))),
      };

function planNumbers({ name, values }: NumberColumn, missing: string): NumberPlan {
  if (missing === 'refuse') return { name, kind: 'number' };
  const present = values.filter((value) => !Number.isNaN(value)).sort();
  if (present.length === 0)
    throw new FletchError('INVALID_ARGUMENT', `Column "${name}" has no value: leave it out.`);
  const middle = (present[(present.length - 1) >> 1]! + present[present.length >> 1]!) / 2;
  const mean = present.reduce((sum, value) => sum + value / present.length, 0);
  return { name, kind: 'number', fill: missing === 'mean' ? mean : middle };
}

function planCategory(
  { name, values }: CategoryColumn,
  encoding: string,
  missing: string,
  given: readonly string[] | undefined,
): CategoryPlan {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  const levels = given ?? sortedLabels(counts.keys());
  if (new Set(levels).size !== levels.length || levels.length === 0)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The levels of column "${name}" are empty or repeat themselves.`,
    );
  const dropFirst = encoding === 'drop-first';
  if (missing === 'refuse') return { name, kind: 'category', levels, dropFirst };
  const fill = levels.reduce((best, level) =>
    (counts.get(level) ?? 0) > (counts.get(best) ?? 0) ? level : best,
  );
  return { name, kind: 'category', levels, dropFirst, fill };
}

function absent(name: string, row: number): FletchError {
  return new FletchError(
    'NON_FINITE',
    `Row ${row} of column "${name}" is missing: drop such rows, or let them be filled (missing: mean or median).`,
    { details: { column: name, row } },
  );
}

function infinite(name: string, row: number, value: number): FletchError {
  return new FletchError('NON_FINITE', `Row ${row} of column "${name}" is ${value}.`, {
    details: { column: name, row },
  });
}

function requireFinite(matrix: Matrix, names: readonly string[]): void {
  const { data, cols } = matrix;
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i])) continue;
    const name = names[i % cols]!;
    throw Number.isNaN(data[i])
      ? absent(name, Math.floor(i / cols))
      : infinite(name, Math.floor(i / cols), data[i]!);
  }
}

/** A frame of numbers in the place of a matrix. */
function numbersOf(frame: Frame): Matrix<Float64Array> {
  const result = new Matrix(
    new Float64Array(frame.rows * frame.columns.length),
    frame.rows,
    frame.columns.length,
  );
  frame.columns.forEach((column, j) => {
    if (column.kind !== 'number')
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Column "${column.name}" holds categories; it was fitted on a matrix of numbers.`,
      );
    column.values.forEach((value, i) => {
      result.data[i * result.cols + j] = value;
    });
  });
  return result;
}

function writeNumbers(to: Matrix, at: number, { name, fill }: NumberPlan, column: Column): number {
  if (column.kind !== 'number') {
    const row = column.values.findIndex((value) => value !== null && Number.isNaN(Number(value)));
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Column "${name}" was fitted as numbers, but row ${row} holds "${column.values[row] ?? ''}".`,
      { details: { column: name, row } },
    );
  }
  column.values.forEach((value, i) => {
    if (Number.isNaN(value) && fill === undefined) throw absent(name, i);
    if (!Number.isNaN(value) && !Number.isFinite(value)) throw infinite(name, i, value);
    to.data[i * to.cols + at] = Number.isNaN(value) ? fill! : value;
  });
  return 1;
}

function writeCodes(to: Matrix, at: number, plan: CategoryPlan, column: Column): number {
  const first = plan.dropFirst ? 1 : 0;
  const codes = new Map(plan.levels.map((level, i) => [level, i - first]));
  asCategory(column).values.forEach((value, i) => {
    const label = value ?? plan.fill;
    if (label === undefined) throw absent(plan.name, i);
    const code = codes.get(label);
    if (code === undefined)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Row ${i} of column "${plan.name}" is "${label}", which is none of the fitted levels ${plan.levels.join(', ')}.`,
        { details: { column: plan.name, row: i, level: label } },
      );
    if (code >= 0) to.data[i * to.cols + at + code] = 1;
  });
  return plan.levels.length - first;
}
