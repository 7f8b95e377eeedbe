/**
 * The rows of Parquet tables: one column of vectors, one of ids perhaps, the others are payload.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import type { SchemaTree } from 'hyparquet';
import { type Bytes, invalidFile, openBytes } from '../bytes.js';
import { fingerprintOf } from '../fingerprint.js';
import { chooseField, copyVector, idFields, payloadOf, sourceId, vectorFields } from '../json-rows.js';
import { checkDimension, rowOf, rowsPerBatch } from '../rows.js';
import type { BatchOptions, OpenOptions, RowBatch, VectorSource } from '../types.js';
import { openParquetFile, type ParquetFile, within } from './parquet-file.js';
import { groupsOf, type RowGroup, rowCount } from './parquet-groups.js';

type Row = Record<string, unknown>;

/**
 * Opens a table in this process. A file made with malice can end the process: the library grows its lists as the file says.
 *
 * @throws FletchError `INVALID_INPUT_FILE`, `NOT_FOUND`
 */
export async function openParquetHere(path: string, options: OpenOptions): Promise<VectorSource> {
  const bytes = await openBytes(path);
  try {
    return await within(path, () => source(bytes, options));
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

/** Whether a column is a list of numbers, in any of the ways in which writers nest lists. */
function isVectorColumn({ element, children }: SchemaTree): boolean {
  if (children.length !== 1 || (element.converted_type !== 'LIST' && element.logical_type?.type !== 'LIST'))
    return false;
  let leaf = children[0]!;
  while (leaf.children.length === 1) leaf = leaf.children[0]!;
  if (leaf.children.length > 0) return false;
  const { type, logical_type } = leaf.element;
  return type === 'FLOAT' || type === 'DOUBLE' || type === 'INT32' || logical_type?.type === 'FLOAT16';
}

async function source(bytes: Bytes, { vectorField, idField }: OpenOptions): Promise<VectorSource> {
  const path = bytes.name;
  const file = await openParquetFile(bytes);
  const columns = file.schema.children.map(({ element }) => element.name);
  const lists = file.schema.children.filter(isVectorColumn).map(({ element }) => element.name);
  const found = chooseField(
    path,
    'vector column',
    columns,
    vectorField,
    vectorFields.filter((name) => lists.includes(name)),
  );
  const vector = found ?? lists[0];
  if (vector === undefined)
    throw invalidFile(path, `no column holds lists of numbers. Columns: ${columns.join(', ') || 'none'}.`, {
      columns,
    });
  const id = chooseField(path, 'id column', columns, idField, idFields);
  const count = rowCount(path, file.metadata);
  const groups = groupsOf(path, file.metadata, count);
  const dimension = count === 0 ? 1 : await firstDimension(path, file, vector);
  checkDimension(path, dimension);
  const table: Table = { path, file, groups, vector, id, dimension };
  return {
    format: 'parquet',
    path,
    holds: { kind: 'dense', dimension },
    count,
    notes:
      found === undefined && lists.length > 1
        ? [`Vectors are read from "${vector}"; there are also ${lists.slice(1).join(', ')} (--vector-field).`]
        : [],
    fingerprint: await fingerprintOf([path], 'parquet', vector, id),
    batches: (options) => readBatches(table, options),
    close: () => bytes.close(),
  };
}

interface Table {
  readonly path: string;
  readonly file: ParquetFile;
  readonly groups: readonly RowGroup[];
  readonly vector: string;
  readonly id: string | undefined;
  readonly dimension: number;
}

async function firstDimension(path: string, file: ParquetFile, vector: string): Promise<number> {
  const [row] = (await file.read(0, 1, [vector])) as Row[];
  const value = row?.[vector] as ArrayLike<unknown> | null | undefined;
  if (typeof value?.length !== 'number')
    throw invalidFile(path, `row 0 has no vector in the column "${vector}".`);
  return value.length;
}

async function* readBatches(table: Table, { size, from }: BatchOptions = {}): AsyncGenerator<RowBatch> {
  const most = rowsPerBatch(size, table.dimension * 4);
  const begin = rowOf(from);
  for (const { start, end, window } of table.groups) {
    for (let at = Math.max(start, begin); at < end; at += window) {
      const until = Math.min(end, at + window);
      const rows = (await table.file.read(at, until)) as Row[];
      if (rows.length !== until - at)
        throw invalidFile(table.path, `rows ${at} to ${until} are ${rows.length}: it is damaged.`);
      for (let i = 0; i < rows.length; i += most) yield toBatch(table, at + i, rows.slice(i, i + most));
    }
  }
}

function toBatch({ path, vector, id, dimension }: Table, first: number, rows: readonly Row[]): RowBatch {
  const taken = id === undefined ? [vector] : [vector, id];
  const vectors = new Float32Array(rows.length * dimension);
  for (const [i, row] of rows.entries())
    copyVector(row[vector] as number[], vectors, i * dimension, dimension, path, `row ${first + i}`);
  return {
    first,
    count: rows.length,
    next: first + rows.length,
    ...(id === undefined ? {} : { ids: rows.map((row, i) => sourceId(row[id], path, `row ${first + i}`)) }),
    vectors,
    payloads: rows.map((row) => {
      const fields = Object.entries(row).filter(([name]) => !taken.includes(name));
      return payloadOf(Object.fromEntries(fields.flatMap(([name, value]) => jsonField(name, value))), []);
    }),
  };
}

/** Values of a table as JSON; nulls are left out. */
function jsonField(name: string, value: unknown): [string, Json][] {
  const json = toJson(value);
  return json === null ? [] : [[name, json]];
}

/** Numbers beyond JSON's precision become strings, times ISO 8601, bytes base64. */
export function toJson(value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return Array.from(value as ArrayLike<unknown>, toJson);
  if (typeof value !== 'object') return null;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, toJson(part)]));
}
