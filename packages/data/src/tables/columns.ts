/**
 * Columns that grow, and find out what they hold.
 *
 * @module
 */
import { invalidFile } from '../vectors/bytes.js';
import type { Column, Table } from './table.js';

/** What a column is to hold, when that is not to be found out. */
export type ColumnType = 'number' | 'text';

export interface ColumnChoices {
  /** Texts that mean a missing value. Default: empty, `NA`, `N/A`, `NaN`, `nan`, `null`, `?`. */
  readonly missing?: readonly string[];
  /** Columns to read. Default: all. */
  readonly columns?: readonly string[];
  /** What columns hold. Default: numbers when all values that are not missing are, else texts. */
  readonly types?: Readonly<Record<string, ColumnType>>;
}

export const defaultMissing: readonly string[] = ['', 'NA', 'N/A', 'NaN', 'nan', 'null', '?'];

const numeral = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;
const infinite = /^\s*([+-]?)inf(inity)?\s*$/i;
/** Postal codes and the like are no numbers: they would lose their zeros. */
const padded = /^\s*[+-]?0\d/;

/** The number that a text stands for, or undefined. */
export function readNumber(text: string): number | undefined {
  if (numeral.test(text)) return padded.test(text) ? undefined : Number(text);
  const sign = infinite.exec(text)?.[1];
  return sign === undefined ? undefined : sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/**
 * The column that these texts are.
 *
 * @param describe - says where the value of a row is, for messages
 * @throws FletchError `INVALID_INPUT_FILE` when they were to be numbers and one is not
 */
export function columnFromTexts(
  name: string,
  texts: readonly string[],
  missing: ReadonlySet<string>,
  type: ColumnType | undefined,
  file: string,
  describe: (row: number) => string,
): Column {
  if (type === 'text') return texts.map((text) => (missing.has(text) ? '' : text));
  const numbers = new Float64Array(texts.length);
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i]!;
    const number = missing.has(text) ? Number.NaN : readNumber(text);
    if (number === undefined) {
      if (type === undefined) return columnFromTexts(name, texts, missing, 'text', file, describe);
      throw invalidFile(
        file,
        `${describe(i)}: ${JSON.stringify(text.slice(0, 60))} in the column "${name}" is no number.`,
        { row: i, column: name },
      );
    }
    numbers[i] = number;
  }
  return numbers;
}

/** Values of records, gathered column by column. */
export class RecordColumns {
  readonly #file: string;
  readonly #wanted: ReadonlySet<string> | undefined;
  readonly #types: Readonly<Record<string, ColumnType>>;
  readonly #values = new Map<string, unknown[]>();
  #rows = 0;

  constructor(file: string, { columns, types = {} }: ColumnChoices) {
    this.#file = file;
    this.#wanted = columns && new Set(columns);
    this.#types = types;
  }

  /** Adds a row. Throws `INVALID_INPUT_FILE` for values that no cell can hold. */
  add(record: Readonly<Record<string, unknown>>, describe: (row: number) => string): void {
    for (const [name, value] of Object.entries(record)) {
      if (this.#wanted && !this.#wanted.has(name)) continue;
      if (value === null || value === undefined) continue;
      if (textOf(value) === undefined) refuseNested(name, value, describe(this.#rows), this.#file);
      const values = this.#values.get(name) ?? [];
      if (values.length === 0) this.#values.set(name, values);
      values[this.#rows] = value;
    }
    this.#rows++;
  }

  /** The table. Throws `INVALID_INPUT_FILE` for columns that are not there, or not of the type they were to be of. */
  table(): Table {
    checkWanted(this.#file, [...(this.#wanted ?? []), ...Object.keys(this.#types)], [...this.#values.keys()]);
    const columns = [...this.#values].map(
      ([name, values]) =>
        [name, columnFromValues(name, [values], this.#rows, typeOf(this.#types, name), this.#file)] as const,
    );
    return { rows: this.#rows, columns: Object.fromEntries(columns) };
  }
}

/** What a column was said to hold. */
export const typeOf = (types: Readonly<Record<string, ColumnType>>, name: string): ColumnType | undefined =>
  Object.hasOwn(types, name) ? types[name] : undefined;

/**
 * The column that these values are: numbers when all are that are not missing, else texts.
 *
 * @param pieces - its values, one list after the other; what lacks at the end is missing
 * @throws FletchError `INVALID_INPUT_FILE` when they were to be numbers and one is not, or one is a list or an object
 */
export function columnFromValues(
  name: string,
  pieces: readonly ArrayLike<unknown>[],
  rows: number,
  type: ColumnType | undefined,
  file: string,
): Column {
  const numbers = type === 'text' ? undefined : numbersIn(pieces, rows);
  if (numbers) return numbers;
  const texts = new Array<string>(rows).fill('');
  let row = 0;
  for (const piece of pieces)
    for (let i = 0; i < piece.length; i++, row++) {
      const value = piece[i];
      const number = typeof value === 'number' || typeof value === 'bigint';
      if (value === null || value === undefined) continue;
      if (type === 'number' && !number)
        throw invalidFile(file, `row ${row + 1}: ${shown(value)} in the column "${name}" is no number.`, {
          row,
          column: name,
        });
      texts[row] = textOf(value) ?? refuseNested(name, value, `row ${row + 1}`, file);
    }
  return texts;
}

/** Missing ones are NaN; undefined when a value is no number. */
function numbersIn(pieces: readonly ArrayLike<unknown>[], rows: number): Float64Array | undefined {
  const numbers = new Float64Array(rows).fill(Number.NaN);
  let row = 0;
  for (const piece of pieces) {
    const plain =
      piece instanceof Float64Array || piece instanceof Float32Array || piece instanceof Int32Array;
    if (plain) numbers.set(piece, row);
    else
      for (let i = 0; i < piece.length; i++) {
        const value = piece[i];
        if (typeof value === 'number') numbers[row + i] = value;
        else if (typeof value === 'bigint') numbers[row + i] = Number(value);
        else if (value !== null && value !== undefined) return undefined;
      }
    row += piece.length;
  }
  return numbers;
}

const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, 60) ?? String(value);

/** Throws for a value that no cell can hold. */
function refuseNested(name: string, value: unknown, place: string, file: string): never {
  throw invalidFile(
    file,
    `${place}: "${name}" holds ${Array.isArray(value) || ArrayBuffer.isView(value) ? 'a list' : 'an object'}, not one value: name the columns to read, without it.`,
    { column: name },
  );
}

/** Undefined for what no cell can hold. */
function textOf(value: unknown): string | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString();
  return typeof value === 'object' ? undefined : String(value);
}

/** Throws `INVALID_INPUT_FILE` when a column that is wanted is not there. */
export function checkWanted(file: string, wanted: readonly string[], there: readonly string[]): void {
  const lacking = wanted.find((name) => !there.includes(name));
  if (lacking !== undefined)
    throw invalidFile(file, `there is no column "${lacking}". Columns: ${there.join(', ') || 'none'}.`, {
      columns: there,
    });
}
