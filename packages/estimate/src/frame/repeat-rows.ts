/**
 * Tables of counts.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Frame } from './frame.js';

/** Rows above which a table of counts is taken for a mistake. */
const MOST = 1e7;

/**
 * A table of counted rows written out: each row as often as one of its columns says, without this column.
 *
 * @throws FletchError `NOT_FOUND` without such a column, `INVALID_ARGUMENT` naming the row of a count that is not a whole
 *   number from 0, and above 10,000,000 rows
 */
export function repeatRows(frame: Frame, counts: string): Frame {
  const { values } = frame.column(counts);
  let total = 0;
  const times = Array.from(values as ArrayLike<unknown>, (value, row) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Row ${row} of column "${counts}" is ${value ?? 'missing'}: counts are whole numbers from 0.`,
        { details: { column: counts, row } },
      );
    total += value;
    return value;
  });
  if (total > MOST)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The counts of column "${counts}" sum to ${total} rows: too many.`,
    );
  const rows = new Int32Array(total);
  let at = 0;
  times.forEach((count, row) => {
    rows.fill(row, at, at + count);
    at += count;
  });
  return frame.drop([counts]).take(rows);
}
