/**
 * Tables of LanceDB, read by its own library where the user has installed it.
 *
 * @module
 */

import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FletchError, type Json } from '@fletch/base';
import { invalidFile } from '../bytes.js';
import { chooseField, copyVector, idFields, payloadOf, sourceId, vectorFields } from '../json-rows.js';
import { checkDimension, rowOf, rowsPerBatch } from '../rows.js';
import type { BatchOptions, OpenOptions, RowBatch, VectorFormat, VectorSource } from '../types.js';
import { toJson } from './parquet-rows.js';

const packageName = '@lancedb/lancedb';

export const lance: VectorFormat = {
  name: 'lance',
  title: `LanceDB folder or table (needs npm install ${packageName})`,
  endings: ['.lance', '.lancedb'],
  matches: ({ entries, path }) =>
    entries?.some((name) => name.endsWith('.lance')) === true ||
    (path.replace(/[/\\]+$/, '').endsWith('.lance') && entries?.includes('_versions') === true),
  open: (path, options) => openLance(path, options),
};

/** What is used of the library. */
export interface LanceLibrary {
  connect(folder: string): Promise<{ openTable(name: string): Promise<LanceTable> }>;
}

interface LanceTable {
  countRows(): Promise<number>;
  version(): Promise<number>;
  schema(): Promise<{ fields: readonly LanceField[] }>;
  query(): LanceQuery;
  close(): void;
}

interface LanceField {
  readonly name: string;
  /** Of Apache Arrow: lists of a fixed size have `listSize`. */
  readonly type: { readonly listSize?: number };
}

interface LanceQuery extends AsyncIterable<{ toArray(): { toJSON(): Record<string, unknown> }[] }> {
  limit(count: number): LanceQuery;
  offset(count: number): LanceQuery;
}

/**
 * Opens a table.
 *
 * @param load - how the library is found. Default: beside Fletch, else from the working folder
 * @throws FletchError `UNAVAILABLE` when the library is not installed, `NOT_FOUND`, `INVALID_INPUT_FILE`
 */
export async function openLance(
  path: string,
  { part, vectorField, idField }: OpenOptions,
  load: () => Promise<LanceLibrary> = loadLance,
): Promise<VectorSource> {
  const { folder, name } = await chooseTable(path, part);
  const library = await load();
  const table = await within(path, async () => (await library.connect(folder)).openTable(name));
  try {
    const { fields } = await within(path, () => table.schema());
    const names = fields.map((field) => field.name);
    const lists = fields.filter(({ type }) => type.listSize !== undefined);
    const vector =
      chooseField(
        path,
        'vector column',
        names,
        vectorField,
        vectorFields.filter((each) => lists.some((list) => list.name === each)),
      ) ?? lists[0]?.name;
    const dimension = lists.find((list) => list.name === vector)?.type.listSize;
    if (vector === undefined || dimension === undefined)
      throw invalidFile(
        path,
        `the table "${name}" has no column of vectors of one length. Columns: ${names.join(', ')}.`,
      );
    checkDimension(path, dimension);
    const id = chooseField(path, 'id column', names, idField, idFields);
    const columns = { path, vector, id, dimension };
    const count = await within(path, () => table.countRows());
    return {
      format: 'lance',
      path,
      holds: { kind: 'dense', dimension },
      count,
      fingerprint: `${name}:${await table.version()}:${count}:${vector}:${id ?? ''}`,
      batches: (options) => readBatches(table, columns, count, options),
      close: async () => table.close(),
    };
  } catch (error) {
    table.close();
    throw error;
  }
}

interface Columns {
  readonly path: string;
  readonly vector: string;
  readonly id: string | undefined;
  readonly dimension: number;
}

/** A folder of tables, or one table's own folder. */
async function chooseTable(
  path: string,
  part: string | undefined,
): Promise<{ folder: string; name: string }> {
  const full = resolve(path);
  if (full.endsWith('.lance')) return { folder: dirname(full), name: basename(full, '.lance') };
  const tables = (await readdir(full))
    .filter((name) => name.endsWith('.lance'))
    .map((name) => basename(name, '.lance'));
  const listed = tables.map((name) => `"${name}"`).join(', ') || 'none';
  const name = part ?? (tables.length === 1 ? tables[0] : undefined);
  if (name !== undefined && tables.includes(name)) return { folder: full, name };
  if (part !== undefined)
    throw new FletchError('NOT_FOUND', `${path} has no table "${part}". Tables: ${listed}.`);
  throw new FletchError('INVALID_ARGUMENT', `${path} has several tables, name one with --part: ${listed}.`);
}

/** Rows are asked for in long stretches: each costs a search for its beginning. */
const STRETCH = 16_384;

async function* readBatches(
  table: LanceTable,
  columns: Columns,
  count: number,
  { size, from }: BatchOptions = {},
): AsyncGenerator<RowBatch> {
  const most = rowsPerBatch(size, columns.dimension * 4);
  const stretch = Math.max(most, rowsPerBatch(STRETCH, columns.dimension * 4));
  for (let first = rowOf(from); first < count; first += stretch) {
    let at = first;
    const until = Math.min(count, first + stretch);
    const pieces = table
      .query()
      .offset(first)
      .limit(until - first)
      [Symbol.asyncIterator]();
    for (;;) {
      const piece = await within(columns.path, () => pieces.next());
      if (piece.done) break;
      const rows = piece.value.toArray().map((row) => row.toJSON());
      for (let i = 0; i < rows.length; i += most) yield toBatch(columns, at + i, rows.slice(i, i + most));
      at += rows.length;
    }
    if (at !== until)
      throw invalidFile(columns.path, `it gave ${at - first} rows instead of ${until - first}.`);
  }
}

function toBatch(
  { path, vector, id, dimension }: Columns,
  first: number,
  rows: readonly Record<string, unknown>[],
): RowBatch {
  const taken = id === undefined ? [vector] : [vector, id];
  const vectors = new Float32Array(rows.length * dimension);
  for (const [i, row] of rows.entries())
    copyVector(vectorOf(row[vector]), vectors, i * dimension, dimension, path, `row ${first + i}`);
  return {
    first,
    count: rows.length,
    next: first + rows.length,
    ...(id === undefined ? {} : { ids: rows.map((row, i) => sourceId(row[id], path, `row ${first + i}`)) }),
    vectors,
    payloads: rows.map((row) => {
      const fields = Object.entries(row)
        .filter(([name]) => !taken.includes(name))
        .map(([name, value]): [string, Json] => [name, toJson(value)]);
      return payloadOf(Object.fromEntries(fields.filter(([, value]) => value !== null)), []);
    }),
  };
}

/** An Arrow vector as numbers. */
function vectorOf(value: unknown): ArrayLike<unknown> | undefined {
  const vector = value as { toArray?: () => ArrayLike<unknown> } | null | undefined;
  return vector?.toArray ? vector.toArray() : (vector as ArrayLike<unknown> | undefined);
}

async function within<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FletchError) throw error;
    throw invalidFile(path, `LanceDB cannot read it: ${(error as Error).message}`, {}, error);
  }
}

async function loadLance(): Promise<LanceLibrary> {
  for (const place of [import.meta.url, pathToFileURL(join(process.cwd(), 'x.js')).href]) {
    let file: string;
    try {
      file = createRequire(place).resolve(packageName);
    } catch {
      continue;
    }
    const library = await import(pathToFileURL(file).href);
    return library.default?.connect ? library.default : library;
  }
  throw new FletchError(
    'UNAVAILABLE',
    `Tables of LanceDB are read by its own library, which is not installed: npm install ${packageName}`,
  );
}
