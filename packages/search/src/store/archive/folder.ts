/**
 * The snapshots of one collection, one shard, or the store: files in a folder, each with its checksum beside it.
 *
 * @module
 */
import { createHash, randomUUID } from 'node:crypto';
import { access, lstat, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describeFileError, FletchError, isFletchError, replaceFile, syncFolder } from '@fletch/base';
import type { SnapshotDescription } from '../../types/index.js';
import { makeFolder } from '../manifest.js';
import { isIndexFile } from './copy.js';
import { type ArchiveHead, archiveFormat } from './format.js';
import { packFolder } from './pack.js';

const ENDING = '.snapshot';
const MAX_NAME = 255 - '.checksum'.length;

/** Names of folders and files cannot be longer than this, in bytes; longer names are hashed. */
const MAX_PART = 150;

/** The part of a path that stands for a collection. */
export function pathPart(name: string): string {
  if (Buffer.byteLength(name) <= MAX_PART && !/^\.{1,2}$/.test(name)) return name;
  return createHash('sha256').update(name).digest('hex');
}

/** Where snapshots lie, and what their names begin with. */
export interface SnapshotPlace {
  readonly folder: string;
  /** Folder on the same disk for what is not finished yet. */
  readonly temporary: string;
  readonly prefix: string;
}

export class SnapshotFolder {
  readonly #place: SnapshotPlace;

  constructor(place: SnapshotPlace) {
    this.#place = place;
  }

  /** Makes a snapshot of a collection; `copy` puts its files into a folder. */
  async create(name: string, copy: (folder: string) => Promise<void>): Promise<SnapshotDescription> {
    return this.createFrom(
      { fletch: 'snapshot', format: archiveFormat, kind: 'collection', name },
      async (folder) => {
        await copy(folder);
        return ['collection.json', 'data.mdb', ...(await readdir(folder)).filter(isIndexFile).sort()];
      },
    );
  }

  /** Makes a snapshot of the files that `fill` puts into a folder. */
  async createFrom(
    head: ArchiveHead,
    fill: (folder: string) => Promise<string[]>,
  ): Promise<SnapshotDescription> {
    const { folder, temporary } = this.#place;
    const work = join(temporary, randomUUID());
    try {
      await makeFolder(work);
      const names = await fill(work);
      const packed = join(work, 'packed');
      const checksum = await packFolder(packed, work, names, head);
      await makeFolder(folder);
      return await this.#store(packed, await this.#freeName(), checksum);
    } catch (error) {
      throw describeFileError(error, folder);
    } finally {
      // What cannot be removed now is when the store is next opened.
      await rm(work, { recursive: true, force: true }).catch(() => undefined);
    }
  }

  /** Takes a finished file into the folder, in the place of any of that name. */
  async adopt(file: string, name: string, checksum: string): Promise<SnapshotDescription> {
    const plain = basename(name.replaceAll('\\', '/'));
    const ending = plain.endsWith(ENDING) ? plain : `${plain}${ENDING}`;
    const usable = /^[\p{L}\p{N}._ -]+$/u.test(plain) && Buffer.byteLength(ending) <= MAX_NAME;
    try {
      await makeFolder(this.#place.folder);
      return await this.#store(file, usable ? ending : `${randomUUID()}${ENDING}`, checksum);
    } catch (error) {
      throw describeFileError(error, this.#place.folder);
    }
  }

  /** Oldest first. */
  async list(): Promise<SnapshotDescription[]> {
    const names = await readdir(this.#place.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw describeFileError(error, this.#place.folder);
    });
    const found: SnapshotDescription[] = [];
    for (const name of names.filter((each) => each.endsWith(ENDING)).sort()) {
      const description = await this.#describe(name);
      if (description) found.push(description);
    }
    return found;
  }

  /** Deletes one. Throws `NOT_FOUND`. */
  async delete(name: string): Promise<boolean> {
    const path = await this.find(name);
    try {
      await rm(path);
      await rm(`${path}.checksum`, { force: true });
      await syncFolder(this.#place.folder);
    } catch (error) {
      throw describeFileError(error, path);
    }
    return true;
  }

  /** Path of the snapshot of that name. Throws `NOT_FOUND`, also for whatever is not a plain file right there. */
  async find(name: string): Promise<string> {
    const path = join(this.#place.folder, name);
    const plain =
      name !== '' && basename(name) === name && name !== '.' && name !== '..' && !name.includes('\0');
    const status = plain ? await statusOf(path) : undefined;
    if (status?.isFile() && !name.endsWith('.checksum')) return path;
    throw new FletchError('NOT_FOUND', `Snapshot ${name} not found`, { details: { snapshot: name } });
  }

  async #store(file: string, name: string, checksum: string): Promise<SnapshotDescription> {
    const path = join(this.#place.folder, name);
    const former = (await statusOf(path)) && (await this.#checksumOf(path));
    let renamed = false;
    try {
      // First the checksum: a snapshot that is there has one.
      await replaceFile(`${path}.checksum`, (sum) => sum.writeFile(checksum));
      await rename(file, path);
      renamed = true;
      await syncFolder(this.#place.folder);
    } catch (error) {
      if (former === undefined) {
        await rm(path, { force: true }).catch(() => undefined);
        await rm(`${path}.checksum`, { force: true }).catch(() => undefined);
      } else if (former !== null && !renamed)
        await replaceFile(`${path}.checksum`, (sum) => sum.writeFile(former)).catch(() => undefined);
      throw error;
    }
    return (await this.#describe(name))!;
  }

  /** Null for one that came without. */
  async #checksumOf(path: string): Promise<string | null> {
    return readFile(`${path}.checksum`, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw describeFileError(error, path);
    });
  }

  async #describe(name: string): Promise<SnapshotDescription | undefined> {
    const path = join(this.#place.folder, name);
    const status = await statusOf(path);
    if (!status?.isFile()) return undefined;
    const checksum = await this.#checksumOf(path);
    return { name, creation_time: status.mtime.toISOString().slice(0, 19), size: status.size, checksum };
  }

  /** A name with the time of now, or of the next second that has none yet. */
  async #freeName(): Promise<string> {
    for (let time = Date.now(); ; time += 1000) {
      const stamp = new Date(time).toISOString().slice(0, 19).replace(/[T:]/g, '-');
      const name = `${this.#place.prefix}-${stamp}${ENDING}`;
      const free = await access(join(this.#place.folder, name)).then(
        () => false,
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') return true;
          throw error;
        },
      );
      if (free) return name;
    }
  }
}

async function statusOf(path: string) {
  return lstat(path).catch((error: NodeJS.ErrnoException) => {
    const described = describeFileError(error, path);
    if (isFletchError(described)) throw described;
    return undefined;
  });
}

/** The snapshots of a collection, and those of its one shard, which hold the same. */
export interface SnapshotFolders {
  readonly collection: SnapshotFolder;
  readonly shard: SnapshotFolder;
}

/** Where the snapshots of a collection lie: in a folder of its name, as clients of the dialect expect. */
export function collectionSnapshots(
  home: string,
  temporary: string,
  collection: string,
  peer: number,
): SnapshotFolders {
  const part = pathPart(collection);
  const folder = join(home, part);
  return {
    collection: new SnapshotFolder({ folder, temporary, prefix: `${part}-${peer}` }),
    shard: new SnapshotFolder({
      folder: join(folder, 'shards', '0'),
      temporary,
      prefix: `${part}-shard-0`,
    }),
  };
}

/** The snapshots of a shard, or of the collection when no shard is named. Throws `NOT_FOUND`. */
export function snapshotsOf(folders: SnapshotFolders, shard: number | undefined): SnapshotFolder {
  if (shard === undefined) return folders.collection;
  if (shard === 0) return folders.shard;
  throw new FletchError('NOT_FOUND', `shard ${shard} not found`, { details: { shard } });
}

/** Removes what unfinished work left behind. */
export async function clearTemporary(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
