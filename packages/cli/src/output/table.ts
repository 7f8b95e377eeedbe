/**
 * Tables for people.
 *
 * @module
 */
import { oneLine } from './format.js';

/** A column: its heading and what stands in it. */
export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  /** Numbers stand to the right. Default `left`. */
  readonly align?: 'left' | 'right';
}

/**
 * Rows under headings, columns two spaces apart; the last column is cut where the line would pass `width`.
 *
 * @param width - characters of a line. Default: no limit
 */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  width = Number.POSITIVE_INFINITY,
): string {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ value }) => value(row))),
  ];
  const widths = columns.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  const before = widths.slice(0, -1).reduce((sum, each) => sum + each + 2, 0);
  return cells
    .map((line) =>
      line
        .map((cell, column) => {
          if (columns[column]!.align === 'right') return cell.padStart(widths[column]!);
          if (column < line.length - 1) return cell.padEnd(widths[column]!);
          return oneLine(cell, Math.max(20, width - before));
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
