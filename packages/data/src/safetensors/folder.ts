/**
 * Files that a file names, opened so that none outside of its folder is reached.
 *
 * @module
 */
import { constants, type FileHandle, open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { FletchError } from '@fletch/base';
import { describeReadError, type FileBytes, fileBytes } from '../vectors/bytes.js';

/** Everything that is more than the name of a file in the same folder. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unsafeName = /[/\\:\x00-\x1f]|^\.{0,2}$/;

export interface FolderOptions {
  /**
   * Whether files may be links, also to files outside of the folder, as they are in the cache of `huggingface_hub`.
   * Default: false.
   */
  readonly allowLinks?: boolean;
}

/**
 * Opens the file `name` of `folder`, once: what is checked is what is read.
 *
 * @throws FletchError `UNSAFE_PATH` for anything but a regular file that lies in the folder; `NOT_FOUND`, `IO`
 */
export async function openInFolder(
  folder: string,
  name: string,
  { allowLinks = false }: FolderOptions = {},
): Promise<FileBytes> {
  const unsafe = (why: string): FletchError =>
    new FletchError('UNSAFE_PATH', `${JSON.stringify(name)} in ${folder} is not opened: ${why}.`, {
      details: { folder, name },
    });
  if (unsafeName.test(name)) throw unsafe('a file in the same folder is named by its plain name');
  const path = join(folder, name);
  let file: FileHandle | undefined;
  try {
    const real = await realpath(path);
    if (!allowLinks && !real.startsWith((await realpath(folder)) + sep))
      throw unsafe(
        'it is a link to a file outside of the folder. If you trust the folder, allow links (allowLinks)',
      );
    // A pipe would wait for somebody to write into it; the last step must be no link any more.
    file = await open(real, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0));
    const status = await file.stat();
    if (!status.isFile()) throw unsafe('it is no regular file');
    if (!allowLinks && status.nlink > 1)
      throw unsafe(
        'it is a hard link: the same file has other names too. Copy it, or allow links (allowLinks)',
      );
    return fileBytes(file, path, status.size);
  } catch (error) {
    await file?.close();
    if ((error as NodeJS.ErrnoException).code === 'ELOOP') throw unsafe('its links go around in a circle');
    throw describeReadError(error, path);
  }
}
