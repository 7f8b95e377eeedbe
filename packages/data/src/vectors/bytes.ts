/**
 * Bytes that are read where they are wanted: a file, or a file inside an archive.
 *
 * @module
 */
import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import { describeFileError, FletchError } from '@fletch/base';

/** Something of known length that is read in pieces. */
export interface Bytes {
  /** For messages. */
  readonly name: string;
  readonly size: number;
  /** Whether reading here and there is as cheap as reading on. */
  readonly seekable: boolean;
  /** Throws `INVALID_INPUT_FILE` when they are not all there. */
  read(offset: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** An error about the content of a file. */
export function invalidFile(
  file: string,
  what: string,
  details: Readonly<Record<string, unknown>> = {},
  cause?: unknown,
): FletchError {
  return new FletchError('INVALID_INPUT_FILE', `${file}: ${what}`, {
    details: { file, ...details },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Turns what opening or reading a file threw into an error that says what to do. */
export function describeReadError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new FletchError('NOT_FOUND', `There is no file ${path}.`, { cause: error });
  if (code === 'EISDIR')
    return new FletchError('INVALID_ARGUMENT', `${path} is a folder: name the files in it.`, {
      cause: error,
    });
  if (code === 'EACCES' || code === 'EPERM')
    return new FletchError('IO', `No permission to read ${path}.`, { cause: error });
  return describeFileError(error, path);
}

/**
 * Opens a file for reading here and there.
 *
 * @throws FletchError `NOT_FOUND`, `INVALID_ARGUMENT` for what is no regular file, `IO`
 */
export async function openBytes(path: string): Promise<Bytes> {
  let file: FileHandle | undefined;
  try {
    await checkRegular(path);
    file = await open(path, 'r');
    return fileBytes(file, path, (await file.stat()).size);
  } catch (error) {
    await file?.close();
    throw describeReadError(error, path);
  }
}

/**
 * All bytes of a file.
 *
 * @throws FletchError `NOT_FOUND`, `INVALID_ARGUMENT` for what is no regular file, `IO`
 */
export async function readWhole(path: string): Promise<Buffer> {
  try {
    await checkRegular(path);
    return await readFile(path);
  } catch (error) {
    throw describeReadError(error, path);
  }
}

/** Throws before it is opened: opening a pipe waits for somebody to write into it. */
export async function checkRegular(path: string): Promise<void> {
  const status = await stat(path);
  if (status.isDirectory()) throw Object.assign(new Error('is a folder'), { code: 'EISDIR' });
  if (!status.isFile())
    throw new FletchError('INVALID_ARGUMENT', `${path} is no regular file: save it to one first.`);
}

/** An open file. */
export interface FileBytes extends Bytes {
  /** Fills `target` with what stands at `offset`. */
  readInto(target: Uint8Array, offset: number): Promise<void>;
}

/** Bytes that the system reads in one call. */
const MOST = 2 ** 30;

/** Bytes from which on pieces are read side by side: copying them is the most of the work. */
const LARGE = 2 ** 23;

/** Pieces that are read side by side. */
const PIECES = 4;

/** The bytes of an open file; closing them closes it. */
export function fileBytes(file: FileHandle, name: string, size: number): FileBytes {
  const readPiece = async (target: Uint8Array, offset: number): Promise<void> => {
    const { length } = target;
    for (let done = 0; done < length; ) {
      const most = Math.min(MOST, length - done);
      const { bytesRead } = await file.read(target, done, most, offset + done).catch((error) => {
        throw describeReadError(error, name);
      });
      if (bytesRead === 0) throw invalidFile(name, `it became shorter while it was read (${offset + done}).`);
      done += bytesRead;
    }
  };
  const readInto = async (target: Uint8Array, offset: number): Promise<void> => {
    checkInside(name, size, offset, target.length);
    if (target.length < LARGE) return readPiece(target, offset);
    // Whole pages each.
    const each = Math.ceil(target.length / PIECES / 4096) * 4096;
    const starts = Array.from({ length: PIECES }, (_, i) => i * each);
    await Promise.all(starts.map((at) => readPiece(target.subarray(at, at + each), offset + at)));
  };
  return {
    name,
    size,
    seekable: true,
    readInto,
    async read(offset, length) {
      checkInside(name, size, offset, length);
      const bytes = Buffer.allocUnsafe(length);
      await readInto(bytes, offset);
      return bytes;
    },
    close: () => file.close(),
  };
}

/** Part of other bytes; closing it closes those. */
export function slice(bytes: Bytes, start: number, size: number, name = bytes.name): Bytes {
  return {
    name,
    size,
    seekable: bytes.seekable,
    read(offset, length) {
      checkInside(name, size, offset, length);
      return bytes.read(start + offset, length);
    },
    close: () => bytes.close(),
  };
}

export function checkInside(name: string, size: number, offset: number, length: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= size) return;
  throw invalidFile(
    name,
    `it ends at byte ${size}, but bytes ${offset} to ${offset + length} are needed: it was cut off or is damaged.`,
    { offset, size },
  );
}
