/**
 * A Parquet file read by hyparquet, with the errors and the limits of this package.
 *
 * @module
 */
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { FletchError } from '@fletch/base';
import type { AsyncBuffer, Compressors, FileMetaData, SchemaTree } from 'hyparquet';
import { type Bytes, invalidFile } from '../bytes.js';

/** Bytes that describe the table. */
const MAX_METADATA = 64 * 2 ** 20;

/** Times that a page may be larger than what it is packed into. */
const MAX_RATIO = 2000;

/** Bytes of one page, unpacked. */
const MAX_PAGE = 2 ** 29;

export interface ParquetFile {
  readonly metadata: FileMetaData;
  readonly schema: SchemaTree;
  /** Rows as objects. Throws `INVALID_INPUT_FILE`. */
  read(start: number, end: number, columns?: string[]): Promise<unknown[]>;
  /** Values of columns in pieces, each with the row it begins at. Throws `INVALID_INPUT_FILE`. */
  readColumns(
    start: number,
    end: number,
    columns: string[],
    receive: (column: string, values: ArrayLike<unknown>, first: number) => void,
  ): Promise<void>;
}

/**
 * Reads what describes the table.
 *
 * @throws FletchError `INVALID_INPUT_FILE`
 */
export async function openParquetFile(bytes: Bytes): Promise<ParquetFile> {
  const { parquetMetadataAsync, parquetRead, parquetReadObjects, parquetSchema } = await import('hyparquet');
  const path = bytes.name;
  if (bytes.size < 12) throw invalidFile(path, 'it is too short for a Parquet file.');
  const length = (await bytes.read(bytes.size - 8, 4)).readUInt32LE(0);
  if (length > Math.min(MAX_METADATA, bytes.size - 12))
    throw invalidFile(path, `its description would have ${length} bytes: it was cut off or is damaged.`);
  const piece = async (start: number, end: number): Promise<ArrayBuffer> => {
    const from = start < 0 ? bytes.size + start : start;
    const { buffer, byteOffset, length } = await bytes.read(from, Math.max(0, end - from));
    return buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer;
  };
  const file: AsyncBuffer = {
    byteLength: bytes.size,
    slice(start, end = bytes.size) {
      const reading = piece(start, end);
      // The library begins several reads and looks at the others only when the first has come.
      reading.catch(() => {});
      return reading;
    },
  };
  const compressors = await limitedCompressors(path);
  const metadata = await within(path, () => parquetMetadataAsync(file, { geoparquet: false }));
  const schema = await within(path, async () => parquetSchema(metadata));
  await within(path, async () => checkColumns(path, metadata, schema));
  return {
    metadata,
    schema,
    read: (rowStart, rowEnd, columns) =>
      within(path, () =>
        parquetReadObjects({
          file,
          metadata,
          compressors,
          rowStart,
          rowEnd,
          ...(columns ? { columns } : {}),
          useOffsetIndex: true,
        }),
      ),
    readColumns: (rowStart, rowEnd, columns, receive) =>
      within(path, () =>
        parquetRead({
          file,
          metadata,
          compressors,
          rowStart,
          rowEnd,
          columns,
          useOffsetIndex: true,
          onChunk: ({ columnName, columnData, rowStart: first }) => receive(columnName, columnData, first),
        }),
      ),
  };
}

/**
 * Every group of rows must have the columns of the schema, each once: the library begins to read all of a group, and when it
 * stumbles over one that it does not find, nobody waits for the others any more.
 */
function checkColumns(path: string, { row_groups }: FileMetaData, schema: SchemaTree): void {
  const leaves: string[] = [];
  const visit = ({ children, path: names }: SchemaTree): void => {
    if (children.length === 0) leaves.push(names.join('\0'));
    else children.forEach(visit);
  };
  visit(schema);
  const same = row_groups.every(
    ({ columns }) =>
      columns.length === leaves.length &&
      columns.every(
        ({ meta_data, file_path }, i) => !file_path && meta_data?.path_in_schema.join('\0') === leaves[i],
      ),
  );
  if (!same || new Set(leaves).size !== leaves.length)
    throw invalidFile(path, 'its groups of rows have other columns than its schema: it is damaged.');
}

/** The unpackers, which are asked only for sizes that make sense, and give no more. */
async function limitedCompressors(path: string): Promise<Compressors> {
  const { compressors } = await import('hyparquet-compressors');
  const { snappyUncompress } = await import('hyparquet');
  const unpackers: Compressors = {
    ...compressors,
    SNAPPY(input, length) {
      const output = new Uint8Array(length);
      snappyUncompress(input, output);
      return output;
    },
    GZIP: (input, length) => gunzipSync(input, { maxOutputLength: Math.max(1, length) }),
    BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
  };
  return Object.fromEntries(
    Object.entries(unpackers).map(([name, unpack]) => [
      name,
      (input: Uint8Array, length: number) => {
        if (length < 0 || length > MAX_PAGE || length > MAX_RATIO * (input.length + 64))
          throw invalidFile(
            path,
            `a page of ${input.length} bytes would unpack to ${length}: it is damaged.`,
          );
        return unpack(input, length);
      },
    ]),
  );
}

/** Runs what the library does, or what trusts its answers: its errors are about the content. */
export async function within<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FletchError) throw error;
    throw invalidFile(
      path,
      `it is no sound Parquet file (${(error as Error)?.message ?? error}).`,
      {},
      error,
    );
  }
}
