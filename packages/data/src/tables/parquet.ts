/**
 * Tables of Parquet files, read in a process of their own, as is said of {@link openIsolated}.
 *
 * @module
 */
import { invalidFile, openBytes } from '../vectors/bytes.js';
import { limitsFor, parquetProgram } from '../vectors/formats/parquet.js';
import { openParquetFile, within } from '../vectors/formats/parquet-file.js';
import { groupsOf, rowCount } from '../vectors/formats/parquet-groups.js';
import { readIsolatedTable } from '../vectors/isolated.js';
import { type ColumnChoices, checkWanted, RecordColumns } from './columns.js';
import type { Table } from './table.js';

/** Reads a table. Throws `INVALID_INPUT_FILE`, `NOT_FOUND`. */
export async function readParquetTable(path: string, options: ColumnChoices): Promise<Table> {
  const { columns, types } = options;
  const choices = { ...(columns ? { columns } : {}), ...(types ? { types } : {}) };
  return readIsolatedTable(parquetProgram, path, choices, await limitsFor(path));
}

/** As {@link readParquetTable}, in this process, which a file made with malice can end. */
export async function readParquetTableHere(path: string, options: ColumnChoices): Promise<Table> {
  const bytes = await openBytes(path);
  try {
    return await within(path, async () => {
      const file = await openParquetFile(bytes);
      const there = file.schema.children.map(({ element }) => element.name);
      const wanted = options.columns ?? there;
      checkWanted(path, wanted, there);
      const table = new RecordColumns(path, options);
      for (const { start, end, window } of groupsOf(path, file.metadata, rowCount(path, file.metadata)))
        for (let at = start; at < end; at += window) {
          const until = Math.min(end, at + window);
          const rows = (await file.read(at, until, [...wanted])) as Record<string, unknown>[];
          if (rows.length !== until - at)
            throw invalidFile(path, `rows ${at} to ${until} are ${rows.length}: it is damaged.`);
          for (const row of rows) table.add(row, (i) => `row ${i}`);
        }
      return withAll(table.table(), wanted);
    });
  } finally {
    await bytes.close();
  }
}

/** Columns in which every value is missing are there all the same, in the order of the file. */
function withAll({ rows, columns }: Table, names: readonly string[]): Table {
  return {
    rows,
    columns: Object.fromEntries(
      names.map((name) => [
        name,
        Object.hasOwn(columns, name) ? columns[name]! : new Float64Array(rows).fill(Number.NaN),
      ]),
    ),
  };
}
