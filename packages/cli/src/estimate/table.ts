/**
 * The tables that a command line names.
 *
 * @module
 */
import { existsSync } from 'node:fs';
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
