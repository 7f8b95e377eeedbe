/**
 * Vectors of one length in files of many: Qdrant's chunked and single matrices (lib/segment/src/vector_storage).
 *
 * @module
 */
import { type Bytes, invalidFile } from '../bytes.js';
import { type ElementType, elements } from '../elements.js';
import { checkDimension } from '../rows.js';
import type { TarFiles } from '../tar.js';
import { fileAt, readJson, unread } from './parts.js';

/** Rows of bytes; each read must lie in one file. */
export interface Matrix {
  readonly count: number;
  /** Bytes of `rows` rows from `first` on. */
  read(first: number, rows: number): Promise<Buffer>;
}

/** The type of a vector's components by its name in the configuration. */
export function elementOf(datatype: string | undefined): ElementType {
  if (datatype === undefined || datatype === 'float32') return elements.f4;
  if (datatype === 'float16') return elements.f2;
  if (datatype === 'uint8') return elements.u1;
  throw unread(`vectors of the type "${datatype}"`);
}

/** Bytes before the first vector of `matrix.dat`. */
const HEADER = 4;

/** One file that is written once. */
export async function openMatrix(file: Bytes, rowBytes: number): Promise<Matrix> {
  if ((await file.read(0, HEADER)).toString('latin1') !== 'data')
    throw invalidFile(file.name, 'it does not begin as a file of vectors does.');
  const count = Math.floor((file.size - HEADER) / rowBytes);
  return { count, read: (first, rows) => file.read(HEADER + first * rowBytes, rows * rowBytes) };
}

/** A folder of files that grows; `dimension` is compared with its own. */
export async function openChunks(
  files: TarFiles,
  folder: string,
  dimension: number,
  elementBytes: number,
): Promise<Matrix> {
  const configFile = fileAt(files, `${folder}/config.json`);
  const config = await readJson(configFile);
  const perChunk = Number(config.chunk_size_vectors);
  checkDimension(configFile.name, dimension);
  if (config.dim !== dimension || !(Number.isInteger(perChunk) && perChunk > 0))
    throw invalidFile(
      configFile.name,
      `it is for vectors of ${config.dim} dimensions, the segment's have ${dimension}.`,
    );
  const count = Number((await fileAt(files, `${folder}/status.dat`).read(0, 8)).readBigUInt64LE(0));
  const rowBytes = dimension * elementBytes;
  return {
    count,
    async read(first, rows) {
      const pieces: Buffer[] = [];
      for (let at = first; at < first + rows; ) {
        const inChunk = at % perChunk;
        const take = Math.min(first + rows - at, perChunk - inChunk);
        const chunk = fileAt(files, `${folder}/chunk_${Math.floor(at / perChunk)}.mmap`);
        pieces.push(await chunk.read(inChunk * rowBytes, take * rowBytes));
        at += take;
      }
      return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    },
  };
}
