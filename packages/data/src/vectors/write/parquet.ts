/**
 * Points as a Parquet table: `id` (text), `vector` (list of float), `payload` (JSON).
 *
 * @module
 */
import type { SchemaElement } from 'hyparquet';
import { denseVector } from './plain.js';
import { type StagedFile, stage } from './staged.js';
import type { ExportRow, VectorWriter, WriteFormat } from './types.js';

export const parquetOut: WriteFormat = {
  name: 'parquet',
  title: 'Parquet table with the columns id, vector and payload (JSON)',
  endings: ['.parquet'],
  rows: 'dense',
  open: (path, { force, dimension = 0 }) => openParquet(path, force, dimension),
};

const schema: SchemaElement[] = [
  { name: 'root', num_children: 3 },
  { name: 'id', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'vector', converted_type: 'LIST', repetition_type: 'REQUIRED', num_children: 1 },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', type: 'FLOAT', repetition_type: 'REQUIRED' },
  { name: 'payload', type: 'BYTE_ARRAY', converted_type: 'JSON', repetition_type: 'OPTIONAL' },
];

/** Numbers of a group of rows. */
const GROUP_NUMBERS = 2 ** 21;

async function openParquet(
  path: string,
  force: boolean | undefined,
  dimension: number,
): Promise<VectorWriter> {
  const { ByteWriter, ParquetWriter } = await import('hyparquet-writer');
  const staged = await stage([path], force);
  const [file] = staged.files as [StagedFile];
  const bytes = new ByteWriter();
  const flush = async (): Promise<void> => {
    await file.append(bytes.getBytes().slice());
    bytes.index = 0;
  };
  const writer = new ParquetWriter({ writer: bytes, schema, statistics: false, createdBy: 'fletch' });
  const most = Math.max(1, Math.min(10_000, Math.floor(GROUP_NUMBERS / Math.max(1, dimension))));
  let waiting: ExportRow[] = [];
  const group = async (rows: readonly ExportRow[]): Promise<void> => {
    const columnData = [
      { name: 'id', data: rows.map(({ id }) => String(id)) },
      { name: 'vector', data: rows.map((row) => Array.from(denseVector(row, dimension))) },
      { name: 'payload', data: rows.map(({ payload }) => payload ?? null) },
    ];
    await writer.write({ columnData, rowGroupSize: rows.length });
    await flush();
  };
  return {
    async write(rows) {
      waiting.push(...rows);
      while (waiting.length >= most) {
        await group(waiting.slice(0, most));
        waiting = waiting.slice(most);
      }
    },
    async finish() {
      if (waiting.length > 0) await group(waiting);
      await writer.finish();
      await flush();
      return staged.finish();
    },
    abort: () => staged.abort(),
  };
}
