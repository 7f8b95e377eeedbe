/**
 * Reads tables from files.
 *
 * @module
 */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { FletchError } from '@fletch/base';
import { decodeText } from '../files/utf8.js';
import { checkRegular, describeReadError, invalidFile } from '../vectors/bytes.js';
import { type CsvTableOptions, readCsvTable } from './csv.js';
import { readJsonLinesTable, readJsonTable } from './json.js';
import { readParquetTable } from './parquet.js';
import type { Table } from './table.js';

export type ReadTableOptions = CsvTableOptions;

/** Bytes that a file may unpack to. */
const MAX_BYTES = 2 ** 31;

type Reader = (content: AsyncGenerator<string>, path: string, options: CsvTableOptions) => Promise<Table>;

const readers: Readonly<Record<string, Reader>> = {
  '.csv': readCsvTable,
  '.tsv': (content, path, options) => readCsvTable(content, path, { delimiter: '\t', ...options }),
  '.data': readCsvTable,
  '.jsonl': readJsonLinesTable,
  '.ndjson': readJsonLinesTable,
  '.json': readJsonTable,
};

/**
 * Reads a table with named columns: `.csv` and `.tsv` (the first row names them), `.jsonl`, `.json` (a list of objects), each
 * packed by gzip (`.csv.gz`) or not, and `.parquet`. Columns of which every value is a number become numbers, all others
 * texts; missing values are NaN and the empty text.
 *
 * @throws FletchError `NOT_FOUND`; `INVALID_ARGUMENT` for another ending; `INVALID_INPUT_FILE` with the line or row where
 *   the content is wrong
 * @example
 * ```ts
 * const table = await readTable('wine.csv');
 * const { data, rows, columns } = matrixOf(table, ['alcohol', 'ash']);
 * const { codes, levels } = categoriesOf(table, 'kind');
 * ```
 */
export async function readTable(path: string, options: ReadTableOptions = {}): Promise<Table> {
  await checkRegular(path).catch((error) => {
    throw describeReadError(error, path);
  });
  const name = path.toLowerCase();
  if (name.endsWith('.parquet')) return readParquetTable(path, options);
  const packed = name.endsWith('.gz');
  const ending = /\.[a-z]+$/.exec(packed ? name.slice(0, -3) : name)?.[0] ?? '';
  const read = readers[ending];
  if (!read)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `The name of ${path} does not say what it is. Tables: ${Object.keys(readers).join(', ')}, each also with .gz, and .parquet.`,
    );
  return read(decodeText(bytesOf(path, packed), path), path, options);
}

async function* bytesOf(path: string, packed: boolean): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path);
  if (!packed) {
    yield* file as AsyncIterable<Buffer>;
    return;
  }
  const unpacked = file.pipe(createGunzip());
  file.on('error', (error) => unpacked.destroy(error));
  let size = 0;
  try {
    for await (const piece of unpacked as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > MAX_BYTES)
        throw invalidFile(
          path,
          `it unpacks to more than ${MAX_BYTES} bytes: unpack it yourself if that is right.`,
        );
      yield piece;
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code?.startsWith('Z_'))
      throw invalidFile(path, 'it does not unpack: it is damaged or no gzip file.', {}, error);
    throw describeReadError(error, path);
  } finally {
    file.destroy();
  }
}
