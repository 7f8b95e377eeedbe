/**
 * Tables of comma- or tab-separated values.
 *
 * @module
 */
import { readRows } from '../files/csv.js';
import { invalidFile } from '../vectors/bytes.js';
import { type ColumnChoices, checkWanted, columnFromTexts, defaultMissing, typeOf } from './columns.js';
import type { Table } from './table.js';

export interface CsvTableOptions extends ColumnChoices {
  /** What sets values apart. Default: a comma, or a tab for `.tsv`. */
  readonly delimiter?: string;
  /** Names of the columns of a file that has none in its first row. */
  readonly names?: readonly string[];
}

/**
 * Reads a table of which all rows are as long as the first.
 *
 * @param content - the text in pieces
 * @throws FletchError `INVALID_INPUT_FILE` with the line
 */
export async function readCsvTable(
  content: AsyncIterable<string>,
  file: string,
  options: CsvTableOptions,
): Promise<Table> {
  const { delimiter = ',', names, missing = defaultMissing, columns: wanted, types = {} } = options;
  let header = names;
  const lines: number[] = [];
  const values: string[][] = names?.map(() => []) ?? [];
  for await (const { row, line } of readRows(content, file, delimiter)) {
    if (!header) {
      header = namesOf(row, file);
      values.push(...header.map(() => []));
      continue;
    }
    if (row.length !== header.length)
      throw invalidFile(file, `line ${line} has ${row.length} values, there are ${header.length} columns.`, {
        line,
      });
    for (let j = 0; j < row.length; j++) values[j]!.push(row[j]!);
    lines.push(line);
  }
  if (!header) throw invalidFile(file, 'it is empty: a table has a row of names at least.');
  checkWanted(file, [...(wanted ?? []), ...Object.keys(types)], header);
  const absent = new Set(missing);
  const entries = header.flatMap((name, j) => {
    if (wanted && !wanted.includes(name)) return [];
    const describe = (row: number): string => `line ${lines[row]}`;
    return [[name, columnFromTexts(name, values[j]!, absent, typeOf(types, name), file, describe)] as const];
  });
  return { rows: lines.length, columns: Object.fromEntries(entries) };
}

/** R and pandas leave the name of the first column out when it holds the names of the rows. */
function namesOf(row: readonly string[], file: string): string[] {
  const names = row.map((name, i) =>
    name.trim() === '' ? (i === 0 ? 'row' : `column${i + 1}`) : name.trim(),
  );
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined || names.includes('__proto__'))
    throw invalidFile(
      file,
      twice === undefined ? 'a column is called __proto__.' : `two columns are called "${twice}".`,
    );
  return names;
}
