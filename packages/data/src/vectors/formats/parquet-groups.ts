/**
 * Groups of rows of Parquet tables.
 *
 * @module
 */
import type { FileMetaData } from 'hyparquet';
import { invalidFile } from '../bytes.js';

/** Bytes of one group of rows, unpacked, that are read at once. */
const MAX_GROUP = 2 ** 30;

/** Rows that lie together. */
export interface RowGroup {
  readonly start: number;
  readonly end: number;
  /** Rows to read at once. */
  readonly window: number;
}

/** Rows of the table. Throws `INVALID_INPUT_FILE` when its groups do not agree with its head. */
export function rowCount(path: string, { num_rows, row_groups }: FileMetaData): number {
  const total = row_groups.reduce((sum, group) => sum + group.num_rows, 0n);
  if (
    total !== num_rows ||
    total > BigInt(Number.MAX_SAFE_INTEGER) ||
    row_groups.some(({ num_rows }) => num_rows < 0n)
  )
    throw invalidFile(path, `its groups have ${total} rows, its head says ${num_rows}: it is damaged.`);
  return Number(total);
}

/** Groups of rows are read whole unless an index says where the pages are; too large ones are refused before that. */
export function groupsOf(path: string, { row_groups }: FileMetaData, total: number): RowGroup[] {
  let start = 0;
  const groups = row_groups.map(({ num_rows, columns }) => {
    const rows = Number(num_rows);
    const size = columns.reduce(
      (sum, { meta_data }) => sum + Number(meta_data?.total_uncompressed_size ?? 0),
      0,
    );
    const indexed = columns.every(({ offset_index_offset }) => offset_index_offset !== undefined);
    if (size > MAX_GROUP && !indexed)
      throw invalidFile(
        path,
        `a group of ${rows} of its ${total} rows has ${size} bytes, more than ${MAX_GROUP} can be read at once: write it with smaller groups, as pyarrow.parquet.write_table(table, path, row_group_size=10000) does.`,
      );
    const window = indexed ? Math.max(1, Math.floor(rows / Math.max(1, size / 2 ** 26))) : rows;
    const group = { start, end: start + rows, window };
    start += rows;
    return group;
  });
  return groups;
}
