/**
 * Points as JSON lines: `{"id": …, "vector": …, "payload": {…}}`, or any objects with a field that holds a vector.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import { readLines } from '../../files/lines.js';
import { invalidFile } from '../bytes.js';
import { fingerprintOf } from '../fingerprint.js';
import { chooseField, copyVector, idFields, payloadOf, sourceId, vectorFields } from '../json-rows.js';
import { checkDimension, rowOf, rowsPerBatch } from '../rows.js';
import type {
  BatchOptions,
  OpenOptions,
  RowBatch,
  SourceId,
  SourceKind,
  VectorFormat,
  VectorSource,
} from '../types.js';
import { wireConfig } from '../wire-config.js';

export const jsonl: VectorFormat = {
  name: 'jsonl',
  title: 'JSON lines with id, vector and payload',
  endings: ['.jsonl', '.ndjson'],
  open: openJsonl,
};

type JsonObject = { [key: string]: Json };

interface Row {
  readonly line: number;
  readonly value: JsonObject;
}

async function* readObjects(path: string): AsyncGenerator<Row> {
  for await (const { text, number } of readLines(path)) {
    if (text.trim() === '') continue;
    let value: Json;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw invalidFile(
        path,
        `line ${number} is not JSON (${(cause as Error).message}).`,
        { line: number },
        cause,
      );
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw invalidFile(path, `line ${number} is not an object.`, { line: number });
    yield { line: number, value };
  }
}

const isNumbers = (value: Json | undefined): value is number[] =>
  Array.isArray(value) && typeof value[0] === 'number';

async function openJsonl(path: string, { vectorField, idField }: OpenOptions): Promise<VectorSource> {
  const first = await firstOf(readObjects(path));
  if (!first) throw invalidFile(path, 'it holds no objects.');
  const fields = Object.keys(first.value);
  const field = chooseField(path, 'vector field', fields, vectorField, vectorFields);
  if (field === undefined)
    throw invalidFile(
      path,
      `line ${first.line} has no vector: name its field with --vector-field. Fields: ${fields.join(', ') || 'none'}. (For texts use fletch index.)`,
    );
  const id = chooseField(path, 'id field', fields, idField, idFields);
  const vector = first.value[field];
  const holds: SourceKind = isNumbers(vector)
    ? { kind: 'dense', dimension: vector.length }
    : { kind: 'wire', config: wireConfig(vector, path, first.line) };
  if (holds.kind === 'dense') checkDimension(path, holds.dimension);
  return {
    format: 'jsonl',
    path,
    holds,
    fingerprint: await fingerprintOf([path], 'jsonl', field, id),
    batches: (options) => readBatches(path, holds, field, id, options),
    close: async () => {},
  };
}

async function firstOf<T>(rows: AsyncGenerator<T>): Promise<T | undefined> {
  for await (const row of rows) return row;
  return undefined;
}

async function* readBatches(
  path: string,
  holds: SourceKind,
  field: string,
  id: string | undefined,
  { size, from }: BatchOptions = {},
): AsyncGenerator<RowBatch> {
  const skip = rowOf(from);
  const most = rowsPerBatch(size, holds.kind === 'dense' ? 4 * holds.dimension : 4096);
  const make = (first: number, rows: readonly Row[]): RowBatch =>
    toBatch(path, holds, field, id, first, rows);
  let first = 0;
  let rows: Row[] = [];
  for await (const row of readObjects(path)) {
    if (first < skip) {
      first++;
      continue;
    }
    if (rows.push(row) < most) continue;
    yield make(first, rows);
    first += rows.length;
    rows = [];
  }
  if (rows.length > 0) yield make(first, rows);
}

function toBatch(
  path: string,
  holds: SourceKind,
  field: string,
  id: string | undefined,
  first: number,
  rows: readonly Row[],
): RowBatch {
  const taken = id === undefined ? [field] : [field, id];
  const ids: SourceId[] = [];
  const vectors = holds.kind === 'dense' ? new Float32Array(rows.length * holds.dimension) : undefined;
  for (const [i, { line, value }] of rows.entries()) {
    if (id !== undefined) ids.push(sourceId(value[id], path, `line ${line}`));
    if (vectors && holds.kind === 'dense') {
      const given = value[field] as number[] | undefined;
      copyVector(given, vectors, i * holds.dimension, holds.dimension, path, `line ${line}`);
    }
  }
  return {
    first,
    count: rows.length,
    next: first + rows.length,
    ...(id === undefined ? {} : { ids }),
    ...(vectors ? { vectors } : { wire: rows.map(({ value }) => value[field] ?? {}) }),
    payloads: rows.map(({ value }) => payloadOf(value, taken)),
  };
}
