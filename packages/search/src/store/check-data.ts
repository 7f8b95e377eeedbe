/**
 * A look at a database file before it is mapped into memory, where a page beyond its end, or an entry beyond the end
 * of its page, would end the process.
 *
 * @module
 */
import { open } from 'node:fs/promises';
import { describeFileError, FletchError } from '@fletch/base';
import { checkStructure, fileRoot } from './pages/check.js';
import { PageFault } from './pages/layout.js';

/** Pages at the end that a transaction may have taken and given back without writing them. */
const UNWRITTEN = 16;
/** Larger files are read whole only when they are verified, as that takes longer than opening them otherwise. */
const LARGE = 4 * 2 ** 30;

/**
 * Checks the roots of `path`, that every page they count is there, and that the trees of pages hang together.
 *
 * @param options - `whole`: read every page, however large the file is
 * @throws FletchError `CORRUPT`, `IO`
 */
export async function checkData(path: string, { whole = false } = {}): Promise<void> {
  try {
    const file = await open(path, 'r+');
    try {
      const root = await fileRoot(file);
      const expected = (root.lastPage + 1) * root.pageSize;
      const { size } = await file.stat();
      if (size < expected - UNWRITTEN * root.pageSize)
        throw new PageFault(`it has ${size} bytes instead of ${expected}`);
      if (whole || size <= LARGE) await checkStructure(file, root);
      if (size < expected) await file.truncate(expected);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof PageFault) throw damaged(path, error.message, error);
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw damaged(path, 'it is missing', error);
    throw describeFileError(error, path);
  }
}

/** The error for a database file that cannot be trusted. */
export function damaged(
  path: string,
  what: string,
  cause?: unknown,
  details: Readonly<Record<string, unknown>> = {},
): FletchError {
  return new FletchError(
    'CORRUPT',
    `${path} is damaged: ${what}. Restore it from a copy, or save what can be read with fletch salvage.`,
    { details: { path, ...details }, cause },
  );
}
