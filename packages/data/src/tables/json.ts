/**
 * Tables of JSON: one object a line, or a list of objects.
 *
 * @module
 */
import { readLines } from '../files/lines.js';
import { invalidFile } from '../vectors/bytes.js';
import { type ColumnChoices, RecordColumns } from './columns.js';
import type { Table } from './table.js';

/** Characters of a list that is read at once. */
const MAX_LIST = 2 ** 28;

type Row = Readonly<Record<string, unknown>>;

const isRow = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads an object a line; fields that are not there are missing. Throws `INVALID_INPUT_FILE` with the line. */
export async function readJsonLinesTable(
  content: AsyncGenerator<string>,
  file: string,
  options: ColumnChoices,
): Promise<Table> {
  const columns = new RecordColumns(file, options);
  for await (const { text, number } of readLines(file, content)) {
    if (text.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw invalidFile(file, `line ${number} is not JSON.`, { line: number }, cause);
    }
    if (!isRow(value)) throw invalidFile(file, `line ${number} is not an object.`, { line: number });
    columns.add(value, () => `line ${number}`);
  }
  return columns.table();
}

/** Reads a list of objects. Throws `INVALID_INPUT_FILE`. */
export async function readJsonTable(
  content: AsyncIterable<string>,
  file: string,
  options: ColumnChoices,
): Promise<Table> {
  let text = '';
  for await (const piece of content) {
    text += piece;
    if (text.length > MAX_LIST)
      throw invalidFile(file, `it is longer than ${MAX_LIST} characters: write an object a line (.jsonl).`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalidFile(file, `it is no JSON (${(cause as Error).message.slice(0, 100)}).`, {}, cause);
  }
  return tableFromRecords(value, file, options);
}

/** The table that a list of objects is. Throws `INVALID_INPUT_FILE`. */
export function tableFromRecords(value: unknown, file: string, options: ColumnChoices = {}): Table {
  if (!Array.isArray(value)) throw invalidFile(file, 'it is no list of objects.');
  const columns = new RecordColumns(file, options);
  for (const [i, row] of value.entries()) {
    if (!isRow(row)) throw invalidFile(file, `entry ${i} is not an object.`, { row: i });
    columns.add(row, () => `entry ${i}`);
  }
  return columns.table();
}
