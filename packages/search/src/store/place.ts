/**
 * Whether what was opened still lies where it was.
 *
 * @module
 */
import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { describeFileError, FletchError } from '@fletch/base';

/**
 * A file or folder that is open. Writing goes on without an error into files that were deleted or moved, and what is
 * written is lost: so it is looked at before anything is promised.
 */
export class Place {
  readonly #path: string;
  readonly #identity: string;

  /** Remembers what lies at `path` now. */
  constructor(path: string) {
    this.#path = path;
    this.#identity = identityOf(statSync(path, { bigint: true }));
  }

  /** Throws `IO` when something else lies there now, or nothing. */
  async check(): Promise<void> {
    let found: string | undefined;
    try {
      found = identityOf(await stat(this.#path, { bigint: true }));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw describeFileError(error, this.#path);
    }
    if (found !== this.#identity)
      throw new FletchError(
        'IO',
        `${this.#path} was deleted, moved or replaced while it was open, so nothing was written. Put it back, or open the store where it is now.`,
        { details: { path: this.#path } },
      );
  }
}

function identityOf({ dev, ino }: { dev: bigint; ino: bigint }): string {
  return `${dev}:${ino}`;
}
