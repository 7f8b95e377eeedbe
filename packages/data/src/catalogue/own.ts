/**
 * Data sets that users have themselves.
 *
 * @module
 */
import { FletchError } from '@fletch/base';

/** The path that was given. Throws `INVALID_ARGUMENT` when none was. */
export function ownFolder(name: string, path: string | undefined): string {
  if (path !== undefined) return path;
  throw new FletchError(
    'INVALID_ARGUMENT',
    `"${name}" is read from a folder or file of yours, which nobody fetches: name it (path, --path).`,
    { details: { dataset: name } },
  );
}
