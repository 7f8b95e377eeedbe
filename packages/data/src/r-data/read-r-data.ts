/**
 * Data files of R: one value (`.rds`), several with their names (`.rda`, `.RData`), and the data bases of its packages
 * (`Rdata.rdx` and `Rdata.rdb`).
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Table } from '../tables/table.js';
import { invalidFile, readWhole } from '../vectors/bytes.js';
import { isDataFrame, tableOfDataFrame } from './data-frame.js';
import { inflate, unpack } from './unpack.js';
import { unserialize } from './unserialize.js';
import { namedValues, type RValue } from './values.js';

/** Bytes of a file that is read. */
const MAX_FILE = 2 ** 29;

/**
 * The data frames in a file `.rds`, `.rda` or `.RData`, by name; that of an `.rds` file is called `data`. Nothing in the file
 * is run: functions and other code are refused.
 *
 * @throws FletchError `NOT_FOUND`; `INVALID_INPUT_FILE`; `UNSAFE_FORMAT` when the file holds more than data
 */
export async function readRTables(path: string): Promise<Map<string, Table>> {
  const content = await unpack(await readLimited(path), path);
  const head = Buffer.from(content.buffer, content.byteOffset, Math.min(5, content.length)).toString(
    'latin1',
  );
  const values =
    head === 'RDX2\n' || head === 'RDX3\n'
      ? namedValues(unserialize(content.subarray(5), path))
      : new Map([['data', unserialize(content, path)]]);
  const frames = [...values].filter(([, value]) => isDataFrame(value));
  if (frames.length === 0) throw invalidFile(path, 'it holds no data frame.');
  return new Map(frames.map(([name, value]) => [name, tableOfDataFrame(value, `${path}:${name}`)]));
}

/**
 * One data frame of a package's data base.
 *
 * @param path - without the endings `.rdx` and `.rdb`
 * @throws FletchError `NOT_FOUND` with the names that there are; `INVALID_INPUT_FILE`, `UNSAFE_FORMAT`
 */
export async function readRPackageTable(path: string, name: string): Promise<Table> {
  const index = namedValues(
    unserialize(await unpack(await readLimited(`${path}.rdx`), `${path}.rdx`), `${path}.rdx`),
  );
  const places = namedValues(index.get('variables') ?? { kind: 'null' });
  const place = places.get(name);
  if (!place)
    throw new FletchError(
      'NOT_FOUND',
      `${path}.rdb holds no "${name}". Names: ${[...places.keys()].join(', ')}.`,
    );
  const file = `${path}.rdb`;
  return tableOfDataFrame(
    unserialize(pieceOf(await readLimited(file), place, file), file),
    `${file}:${name}`,
  );
}

/** A piece begins with its length, unpacked; then comes what zlib packed. */
function pieceOf(content: Uint8Array, place: RValue, file: string): Uint8Array {
  const [offset = -1, length = -1] = place.kind === 'numbers' ? place.values : [];
  if (!(offset >= 0 && length >= 4 && offset + length <= content.length))
    throw invalidFile(
      file,
      `its index names bytes ${offset} to ${offset + length}, it has ${content.length}.`,
    );
  const piece = content.subarray(offset, offset + length);
  const size = new DataView(piece.buffer, piece.byteOffset, 4).getUint32(0);
  const value = inflate(piece.subarray(4), file, size);
  if (value.length !== size)
    throw invalidFile(file, `a value unpacks to ${value.length} bytes instead of ${size}.`);
  return value;
}

async function readLimited(path: string): Promise<Uint8Array> {
  const content = await readWhole(path);
  if (content.length <= MAX_FILE) return content;
  throw invalidFile(path, `it has more than ${MAX_FILE} bytes, and is read as a whole.`);
}
