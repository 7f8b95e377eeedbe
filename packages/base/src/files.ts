/**
 * Durable writing of whole files.
 *
 * @module
 */
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FletchError } from './errors.js';

/** Turns the operating system's error into one that says what to do. Other values pass through. */
export function describeFileError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  const details = { path, errno: code };
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG')
    return new FletchError('DISK_FULL', `The disk of ${path} is full: free some space and try again.`, {
      details,
      cause: error,
    });
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM')
    return new FletchError('IO', `No permission to write ${path}.`, { details, cause: error });
  if (code === 'EIO' || code === 'EMFILE' || code === 'ENFILE')
    return new FletchError('IO', `Reading or writing ${path} failed (${code}).`, { details, cause: error });
  return error;
}

/** Whether a name is that of a file that {@link replaceFile} had no time to finish, or to remove. */
export function isUnfinished(name: string): boolean {
  return /\.\d+\.tmp$/.test(name);
}

/**
 * Replaces a file so that a crash leaves either the old or the new content: writes beside it, syncs, renames,
 * syncs the folder.
 *
 * @param write - receives the open temporary file
 * @throws FletchError `DISK_FULL` or `IO`; the old file is untouched and no temporary file is left
 */
export async function replaceFile(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const folder = dirname(path);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(folder, { recursive: true });
    const file = await open(temporary, 'w');
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (error) {
    // What cannot be removed now must not hide what went wrong.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw describeFileError(error, path);
  }
}

/** Makes a rename or unlink in `folder` durable (not possible, and not needed, on Windows). */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
