/**
 * Frames from files.
 *
 * @module
 */
import {
  type Table as DataTable,
  type LoadTableOptions,
  loadTable,
  type ReadTableOptions,
  readTable,
} from '@fletch/data';
import { columnOf } from './column.js';
import { Frame, type FrameOptions } from './frame.js';

/**
 * A frame from a table of `@fletch/data`: its datasets and files. Categories keep the order of their levels.
 *
 * @throws FletchError `NOT_FOUND` when a categorical column is not there
 */
export function frameFromTable(
  { columns, levels = {} }: DataTable,
  { categorical = [] }: FrameOptions = {},
): Frame {
  const frame = new Frame(
    Object.entries(columns).map(([name, values]) => {
      if (values instanceof Float64Array)
        return columnOf(name, values, { categorical: categorical.includes(name) });
      const labels = values.map((text) => (text === '' ? null : text));
      const known = Object.hasOwn(levels, name) ? levels[name] : undefined;
      return { name, kind: 'category', values: labels, ...(known && { levels: known }) };
    }),
  );
  for (const name of categorical) frame.column(name);
  return frame;
}

/**
 * Reads a frame: `.csv`, `.tsv`, `.json`, `.jsonl` (each also with `.gz`) and `.parquet`. Columns are numbers where every
 * value is one.
 *
 * @throws FletchError as `readTable`, and `NOT_FOUND` when a categorical column is not there
 */
export async function readFrame(path: string, options: ReadTableOptions & FrameOptions = {}): Promise<Frame> {
  const { categorical, ...rest } = options;
  return frameFromTable(await readTable(path, rest), categorical ? { categorical } : {});
}

/**
 * A frame of a data set by its name in `tableSources` of `@fletch/data`: `soup`, `housing`, `boston`, … It is fetched on
 * first use.
 *
 * @throws FletchError as `loadTable`, and `NOT_FOUND` when a categorical column is not there
 */
export async function loadFrame(name: string, options: LoadTableOptions & FrameOptions = {}): Promise<Frame> {
  const { categorical, ...rest } = options;
  return frameFromTable(await loadTable(name, rest), categorical ? { categorical } : {});
}
