/**
 * Parquet tables, read in a process of their own.
 *
 * @module
 */
import { openBytes } from '../bytes.js';
import { type Limits, openIsolated } from '../isolated.js';
import type { OpenOptions, VectorFormat, VectorSource } from '../types.js';
import { openParquetFile } from './parquet-file.js';

/** What the process runs that reads tables. */
export const parquetProgram = '@fletch/data/parquet-process';

export const parquet: VectorFormat = {
  name: 'parquet',
  title: 'Parquet table with a column of vectors',
  endings: ['.parquet'],
  matches: ({ head }) => head.subarray(0, 4).equals(Buffer.from('PAR1')),
  open: openParquet,
};

async function openParquet(path: string, options: OpenOptions): Promise<VectorSource> {
  const limits = await limitsFor(path);
  return openIsolated(parquetProgram, path, options, limits);
}

/** Memory and time as the largest group of rows needs them; its numbers become objects of JavaScript. */
export async function limitsFor(path: string): Promise<Limits> {
  const bytes = await openBytes(path);
  try {
    const { metadata } = await openParquetFile(bytes);
    const sizes = metadata.row_groups.map(({ columns }) =>
      columns.reduce((sum, { meta_data }) => sum + Number(meta_data?.total_uncompressed_size ?? 0), 0),
    );
    // What a group claims is no more than what the file could hold of it.
    const largest = Math.min(Math.max(0, ...sizes), bytes.size * 2000, 2 ** 30) / 2 ** 20;
    return { heap: Math.round(96 + 12 * largest), time: 5000 + 1000 * largest };
  } finally {
    await bytes.close();
  }
}
