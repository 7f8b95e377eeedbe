/**
 * A Parquet file read by hyparquet, with the errors and the limits of this package.
 *
 * @module
 */
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
}

/**
 * Reads what describes the table.
 *
 * @throws FletchError `INVALID_INPUT_FILE`
 */
export async function openParquetFile(bytes: Bytes): Promise<ParquetFile> {
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import('hyparquet');
  const path = bytes.name;
  if (bytes.size < 12) throw invalidFile(path, 'it is too short for a Parquet file.');
  const length = (await bytes.read(bytes.size - 8, 4)).readUInt32LE(0);
  if (length > Math.min(MAX_METADATA, bytes.size - 12))
    throw invalidFile(path, `its description would have ${length} bytes: it was cut off or is damaged.`);
  const file: AsyncBuffer = {
    byteLength: bytes.size,
    async slice(start, end = bytes.size) {
      const from = start < 0 ? bytes.size + start : start;
      const piece = await bytes.read(from, Math.max(0, end - from));
      return piece.buffer.slice(piece.byteOffset, piece.byteOffset + piece.length) as ArrayBuffer;
    },
  };
  const compressors = await limitedCompressors(path);
  const metadata = await within(path, () => parquetMetadataAsync(file, { geoparquet: false }));
  const schema = await within(path, async () => parquetSchema(metadata));
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
  };
}

/** The unpackers, which are asked only for sizes that make sense. */
async function limitedCompressors(path: string): Promise<Compressors> {
  const { compressors } = await import('hyparquet-compressors');
  const { snappyUncompress } = await import('hyparquet');
  const snappy = (input: Uint8Array, length: number): Uint8Array => {
    const output = new Uint8Array(length);
    snappyUncompress(input, output);
    return output;
  };
  return Object.fromEntries(
    Object.entries({ ...compressors, SNAPPY: snappy }).map(([name, unpack]) => [
      name,
      (input: Uint8Array, length: number) => {
        if (length < 0 || length > MAX_PAGE || length > MAX_RATIO * (input.length + 64))
          throw invalidFile(
            path,
            `a page of ${input.length} bytes would unpack to ${length}: it is damaged.`,
          );
        return unpack!(input, length);
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
