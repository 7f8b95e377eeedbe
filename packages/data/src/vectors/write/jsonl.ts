/**
 * Points as JSON lines, and the texts of points as a folder of BEIR.
 *
 * @module
 */
import { join } from 'node:path';
import type { Json } from '@fletch/base';
import { originalIdField } from '../ids.js';
import { type StagedFile, stage } from './staged.js';
import type { ExportRow, VectorWriter, WriteFormat } from './types.js';

/** `{"id", "vector", "payload"}` a line; any kind of vector. */
export const jsonlOut: WriteFormat = {
  name: 'jsonl',
  title: 'JSON lines with id, vector and payload; any kind of vector',
  endings: ['.jsonl', '.ndjson'],
  rows: 'wire',
  open: (path, { force }) => openLines(path, force, pointLine),
};

/** `corpus.jsonl` in a folder; points without text are left out. */
export const beirOut: WriteFormat = {
  name: 'beir',
  title: 'folder of BEIR: corpus.jsonl with the texts, no vectors',
  endings: [],
  rows: 'texts',
  open: (path, { force, textField = 'text' }) =>
    openLines(join(path, 'corpus.jsonl'), force, (row) => corpusLine(row, textField)),
};

async function openLines(
  path: string,
  force: boolean | undefined,
  line: (row: ExportRow) => Json | undefined,
): Promise<VectorWriter> {
  const staged = await stage([path], force);
  const [file] = staged.files as [StagedFile];
  return {
    async write(rows) {
      const lines = rows.map(line).filter((value) => value !== undefined);
      await file.append(lines.map((value) => `${JSON.stringify(value)}\n`).join(''));
    },
    finish: () => staged.finish(),
    abort: () => staged.abort(),
  };
}

function pointLine({ id, vector, payload }: ExportRow): Json {
  const plain = ArrayBuffer.isView(vector)
    ? Array.from(vector as unknown as ArrayLike<number>)
    : (vector as Json);
  return { id, vector: plain ?? {}, payload: payload ?? null };
}

function corpusLine({ id, payload = {} }: ExportRow, textField: string): Json | undefined {
  const { [textField]: text, title = '', [originalIdField]: original, ...metadata } = payload;
  if (typeof text !== 'string') return undefined;
  return {
    _id: String(original ?? id),
    title: typeof title === 'string' ? title : JSON.stringify(title),
    text,
    ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
  };
}
