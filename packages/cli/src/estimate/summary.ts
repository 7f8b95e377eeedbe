/**
 * Fitted estimators as people read them.
 *
 * @module
 */
import type { Cell, Summary } from '@fletch/estimate';
import { count } from '../output/format.js';
import { table } from '../output/table.js';

/** A figure with four significant digits; p-values as they are printed. */
export function cell(value: Cell | undefined, column = ''): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (column === 'p') return value < 1e-4 ? '<0.0001' : value.toFixed(4);
  if (Number.isInteger(value)) return Math.abs(value) < 1e15 ? count(value) : String(value);
  return String(Number(value.toPrecision(4)));
}

/** Facts, tables and notes of a summary as text. */
export function summaryText({ title, facts, tables, notes }: Summary): string {
  const parts = [
    title,
    table(facts, [
      { title: '', value: ([name]) => name },
      { title: '', value: ([, value]) => cell(value) },
    ]).trimStart(),
    ...tables.map(({ title: heading, rows }) => {
      const columns = [...new Set(rows.flatMap(Object.keys))];
      return `${heading}\n${table(
        rows,
        columns.map((column) => ({
          title: column,
          value: (row: (typeof rows)[number]) => cell(row[column], column),
          align: rows.some((row) => typeof row[column] === 'number') ? ('right' as const) : ('left' as const),
        })),
      )}`;
    }),
    ...(notes.length > 0 ? [notes.map((text) => `* ${text}`).join('\n')] : []),
  ];
  return parts.join('\n\n');
}
