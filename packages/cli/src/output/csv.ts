/**
 * Columns as CSV.
 *
 * @module
 */

/** A value of a cell; null and NaN are missing and become empty. */
export type CsvValue = string | number | boolean | null;

/** Names of columns and their values. */
export type CsvColumns = readonly (readonly [string, ArrayLike<CsvValue>])[];

function cell(value: CsvValue): string {
  const text = value === null || Number.isNaN(value) ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A line of names and one for each row, without a line feed at the end. */
export function csvOf(columns: CsvColumns, rows: number): string {
  const lines = [columns.map(([name]) => cell(name)).join(',')];
  for (let i = 0; i < rows; i++) lines.push(columns.map(([, values]) => cell(values[i]!)).join(','));
  return lines.join('\n');
}
