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
import { type ColumnChoices, checkWanted, columnFromValues, typeOf } from './columns.js';
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
      const rows = rowCount(path, file.metadata);
      const pieces = new Map<string, Piece[]>(wanted.map((name) => [name, []]));
      for (const { start, end, window } of groupsOf(path, file.metadata, rows))
        for (let at = start; at < end; at += window)
          await file.readColumns(at, Math.min(end, at + window), [...wanted], (column, values, first) =>
            pieces.get(column)?.push({ values, first }),
          );
      const columns = wanted.map((name) => {
        const lists = inOrder(pieces.get(name)!, rows, path);
        return [name, columnFromValues(name, lists, rows, typeOf(options.types ?? {}, name), path)] as const;
      });
      return { rows, columns: Object.fromEntries(columns) };
    });
  } finally {
    await bytes.close();
  }
}

/** Values of a column, and the row they begin at. */
interface Piece {
  readonly values: ArrayLike<unknown>;
  readonly first: number;
}

/** Pieces one after the other. Throws when they are not all rows, each once. */
function inOrder(pieces: readonly Piece[], rows: number, path: string): ArrayLike<unknown>[] {
  let next = 0;
  const sorted = pieces.filter(({ values }) => values.length > 0).sort((a, b) => a.first - b.first);
  for (const { values, first } of sorted) {
    if (first !== next) throw invalidFile(path, `rows ${next} to ${first} cannot be read: it is damaged.`);
    next += values.length;
  }
  if (next !== rows) throw invalidFile(path, `a column has ${next} of ${rows} rows: it is damaged.`);
  return sorted.map(({ values }) => values);
}
