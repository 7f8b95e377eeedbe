/**
 * The tables that a command line names.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { FletchError, isFletchError } from '@fletch/base';
import { tableSources } from '@fletch/data';
import { type Frame, loadFrame, readFrame } from '@fletch/estimate';

/** What help says of a table. */
export const tableHelp = 'csv, tsv, json, jsonl or parquet file, or a data set by name, such as soup';

/** A file, or, where there is none of that name, a data set. */
export async function openTable(
  name: string,
  categorical: readonly string[],
  signal: AbortSignal,
): Promise<Frame> {
  if (!existsSync(name) && Object.hasOwn(tableSources, name)) return loadFrame(name, { categorical, signal });
  return readFrame(name, { categorical });
}

/**
 * Does something with the rows of a file. An error about a row, counted from 0, says on which line that is. The first line of csv
 * and tsv holds the names.
 */
export async function withLine<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const row = isFletchError(error) ? error.details?.row : undefined;
    const first = /\.[ct]sv(\.gz)?$/.test(path) ? 2 : path.endsWith('.jsonl') ? 1 : undefined;
    if (!isFletchError(error) || typeof row !== 'number' || first === undefined || !existsSync(path))
      throw error;
    throw new FletchError(error.code, `${error.message} (Line ${row + first} of ${path}.)`, {
      details: error.details,
      cause: error,
    });
  }
}
