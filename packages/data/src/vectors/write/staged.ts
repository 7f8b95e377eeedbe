/**
 * Files that are written under other names first.
 *
 * @module
 */
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describeFileError, FletchError, syncFolder } from '@fletch/base';

/** One file being written. */
export interface StagedFile {
  readonly path: string;
  /** Bytes written so far. */
  readonly size: number;
  append(bytes: Uint8Array | string): Promise<void>;
  /** Overwrites what was written. */
  patch(bytes: Uint8Array, offset: number): Promise<void>;
  /** Reads what was written. */
  read(offset: number, length: number): Promise<Buffer>;
  /** Goes on appending at `size`: what was patched beyond the end counts as written. */
  extendTo(size: number): void;
}

/** Some files that become visible together. */
export interface Staged {
  readonly files: readonly StagedFile[];
  finish(): Promise<readonly string[]>;
  abort(): Promise<void>;
}

/** Bytes that are gathered before they are written. */
const GATHER = 2 ** 20;

/** Bytes that the system writes in one call. */
const MOST = 2 ** 30;

/**
 * Opens the files beside their final places.
 *
 * @throws FletchError `ALREADY_EXISTS` without `force` when one is there already, `IO`, `DISK_FULL`
 */
export async function stage(paths: readonly string[], force = false): Promise<Staged> {
  for (const path of paths) {
    const status = await stat(path).catch(() => undefined);
    if (status?.isDirectory())
      throw new FletchError('INVALID_ARGUMENT', `${path} is a folder: name a file in it.`);
    if (status && !force)
      throw new FletchError('ALREADY_EXISTS', `${path} is there already: --force replaces it.`, {
        details: { path },
      });
  }
  const files: Part[] = [];
  try {
    for (const path of paths) files.push(await Part.open(path));
  } catch (error) {
    for (const file of files) await file.discard();
    throw error;
  }
  return {
    files,
    async finish() {
      for (const file of files) await file.settle();
      // The first one is the one that people look for: it comes last.
      for (const file of [...files].reverse()) await file.publish();
      await syncFolder(dirname(paths[0]!));
      return paths;
    },
    async abort() {
      for (const file of files) await file.discard();
    },
  };
}

class Part implements StagedFile {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #temporary: string;
  #gathered: Uint8Array[] = [];
  #waiting = 0;
  #written = 0;
  #closed = false;

  private constructor(path: string, temporary: string, file: FileHandle) {
    this.path = path;
    this.#temporary = temporary;
    this.#file = file;
  }

  static async open(path: string): Promise<Part> {
    const temporary = `${path}.${process.pid}.tmp`;
    try {
      await mkdir(dirname(path), { recursive: true });
      return new Part(path, temporary, await open(temporary, 'w+'));
    } catch (error) {
      throw describeFileError(error, path);
    }
  }

  get size(): number {
    return this.#written + this.#waiting;
  }

  async append(content: Uint8Array | string): Promise<void> {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    // What is large is written where it lies.
    if (bytes.length >= GATHER) await this.#flush();
    this.#gathered.push(bytes);
    this.#waiting += bytes.length;
    if (this.#waiting >= GATHER) await this.#flush();
  }

  async patch(bytes: Uint8Array, offset: number): Promise<void> {
    await this.#flush();
    await this.#do(() => this.#write(bytes, offset));
  }

  async read(offset: number, length: number): Promise<Buffer> {
    await this.#flush();
    const { buffer } = await this.#do(() => this.#file.read(Buffer.alloc(length), 0, length, offset));
    return buffer;
  }

  extendTo(size: number): void {
    this.#written = Math.max(this.#written, size);
  }

  /** Makes the content durable. */
  async settle(): Promise<void> {
    await this.#flush();
    await this.#do(() => this.#file.sync());
    await this.#close();
  }

  async publish(): Promise<void> {
    await this.#do(() => rename(this.#temporary, this.path));
  }

  async discard(): Promise<void> {
    await this.#close().catch(() => {});
    await rm(this.#temporary, { force: true });
  }

  async #flush(): Promise<void> {
    if (this.#waiting === 0) return;
    const bytes = this.#gathered.length === 1 ? this.#gathered[0]! : Buffer.concat(this.#gathered);
    this.#gathered = [];
    this.#waiting = 0;
    await this.#do(() => this.#write(bytes, this.#written));
    this.#written += bytes.length;
  }

  /** The system may take less than it is given. */
  async #write(bytes: Uint8Array, offset: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const most = Math.min(MOST, bytes.length - done);
      const { bytesWritten } = await this.#file.write(bytes, done, most, offset + done);
      done += bytesWritten;
    }
  }

  async #close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#file.close();
  }

  async #do<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw describeFileError(error, this.path);
    }
  }
}
