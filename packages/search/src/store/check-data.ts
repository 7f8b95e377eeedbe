/**
 * A look at a database file before it is mapped into memory, where a page beyond its end would end the process.
 *
 * @module
 */
import { open } from 'node:fs/promises';
import { describeFileError, FletchError } from '@fletch/base';

const MAGIC = 0xbeefc0de;
/** Pages at the end that a transaction may have taken and given back without writing them. */
const UNWRITTEN = 16;
/** Where fields stand in one of the two roots, which are the first two pages. */
const field = { magic: 24, pageSize: 48, lastPage: 144, transaction: 152, end: 160 };

/**
 * Checks the roots of `path` and that every page they count is there.
 *
 * @throws FletchError `CORRUPT`, `IO`
 */
export async function checkData(path: string): Promise<void> {
  const corrupt = (what: string) =>
    new FletchError('CORRUPT', `${path} is damaged: ${what}. Restore it from a copy.`, { details: { path } });
  try {
    const file = await open(path, 'r+');
    try {
      const root = async (position: number) => {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(field.end), 0, field.end, position);
        if (bytesRead < field.end) throw corrupt('it is too short');
        if (buffer.readUInt32LE(field.magic) !== MAGIC) throw corrupt('it does not begin as a database does');
        return buffer;
      };
      const first = await root(0);
      const pageSize = first.readUInt32LE(field.pageSize);
      if (pageSize < 512 || pageSize > 65_536) throw corrupt(`it names a page size of ${pageSize}`);
      const second = await root(pageSize);
      const transaction = (buffer: Buffer) => buffer.readBigUInt64LE(field.transaction);
      const newest = transaction(first) > transaction(second) ? first : second;
      const expected = (Number(newest.readBigUInt64LE(field.lastPage)) + 1) * pageSize;
      const { size } = await file.stat();
      if (size < expected - UNWRITTEN * pageSize)
        throw corrupt(`it has ${size} bytes instead of ${expected}`);
      if (size < expected) await file.truncate(expected);
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw corrupt('it is missing');
    throw describeFileError(error, path);
  }
}
