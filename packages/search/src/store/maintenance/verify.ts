/**
 * Looking at every byte of a store that means something.
 *
 * @module
 */
import { lstat, readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { FletchError, isFletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { loadIndex } from '../../index/create.js';
import { readSpecs } from '../../space/spec.js';
import { Aliases } from '../aliases.js';
import { isIndexFile } from '../archive/copy.js';
import { sha256OfFile, unpack } from '../archive/unpack.js';
import { checkData } from '../check-data.js';
import { Environment } from '../environment.js';
import { lockStore } from '../lock.js';
import { type CollectionManifest, formatMajor, readCollectionManifest, readManifest } from '../manifest.js';
import { type BadRecord, checkRecords, shownKey } from './records.js';
import { LISTED, type Remedy, type StoreProblem, type StoreReport } from './report.js';

/** What {@link examine} hears of a collection that can be opened. */
export type OnCollection = (
  folder: string,
  manifest: CollectionManifest,
  bad: readonly BadRecord[],
) => Promise<void>;

/**
 * Checks every checksum, every relation between entries, the indexes and the snapshots of a store that is not open.
 *
 * @throws FletchError `LOCKED`, `INVALID_ARGUMENT` when there is no store, `ABORTED`, `IO`. What is damaged is
 *   reported, not thrown
 */
export async function verify(path: string, options: LongWork = {}): Promise<StoreReport> {
  const folder = await storeFolder(path);
  const release = await lockStore(folder);
  try {
    return await examine(folder, options);
  } finally {
    await release();
  }
}

/** The real path of the store at `path`. Throws `INVALID_ARGUMENT` when there is none. */
export async function storeFolder(path: string): Promise<string> {
  const manifest = await lstat(join(path, 'fletch.json')).catch(() => undefined);
  if (!manifest?.isFile())
    throw new FletchError(
      'INVALID_ARGUMENT',
      `There is no Fletch store at ${path} (it has no fletch.json).`,
      {
        details: { path },
      },
    );
  return realpath(path);
}

/** As {@link verify}, for who holds the lock. */
export async function examine(
  path: string,
  { signal, onProgress }: LongWork,
  onCollection?: OnCollection,
): Promise<StoreReport> {
  const problems: StoreProblem[] = [];
  const report: StoreReport & { snapshots: number } = { path, collections: [], snapshots: 0, problems };
  const note = (file: string, error: unknown, remedy: Remedy, collection?: string) => {
    if (!isFletchError(error) || error.code === 'IO' || error.code === 'OUT_OF_MEMORY') throw error;
    const { path: at } = error.details;
    problems.push({
      path: typeof at === 'string' ? at : file,
      message: error.message,
      remedy,
      ...(collection && { collection }),
    });
  };
  const manifest = join(path, 'fletch.json');
  await readManifest(manifest, formatMajor).catch((error) => note(manifest, error, 'none'));
  const { damage } = await Aliases.open(join(path, 'aliases.json'));
  if (damage) note(join(path, 'aliases.json'), damage, 'drop');

  let done = 0;
  const home = join(path, 'collections');
  for (const entry of (await list(home)).filter((each) => !each.startsWith('.'))) {
    throwIfAborted(signal);
    const folder = join(home, entry);
    let name = entry;
    try {
      const found = await readCollectionManifest(folder);
      name = found.name;
      if (found.uuid !== entry)
        throw new FletchError('CORRUPT', `${folder} holds the files of another collection, "${name}".`);
      const data = join(folder, 'data.mdb');
      await checkData(data, { whole: true });
      const specs = readSpecs(found.vectors).values();
      const environment = new Environment(folder, specs, { sealed: found.format >= 2 });
      let bad: readonly BadRecord[];
      try {
        const records = checkRecords(environment, (entries) =>
          onProgress?.({ done: done + entries, stage: `checking "${name}"` }),
        );
        done += records.entries;
        bad = identity(environment, found, records.bad);
        report.collections.push({ name, points: records.points, entries: records.entries });
      } finally {
        await environment.close();
      }
      for (const each of bad.slice(0, LISTED)) problems.push(described(data, name, each));
      if (bad.length > LISTED)
        problems.push({
          collection: name,
          path: data,
          message: `${bad.length - LISTED} more entries are damaged.`,
          remedy: 'drop',
        });
      for (const file of (await list(folder)).filter(isIndexFile)) {
        throwIfAborted(signal);
        onProgress?.({ done, stage: `checking the index of "${name}"` });
        await checkIndex(join(folder, file), found.uuid).catch((error) =>
          note(join(folder, file), error, 'rebuild', name),
        );
      }
      await onCollection?.(folder, found, bad);
    } catch (error) {
      note(folder, error, 'none', name);
    }
  }
  for await (const { file, kind } of snapshotFiles(join(path, 'snapshots'))) {
    throwIfAborted(signal);
    report.snapshots++;
    onProgress?.({ done, stage: 'checking snapshots' });
    await checkSnapshot(file, kind).catch((error) => note(file, error, 'none'));
  }
  return report;
}

/** A database of another collection is as bad as a damaged one. */
function identity(
  environment: Environment,
  { uuid, name }: CollectionManifest,
  bad: readonly BadRecord[],
): readonly BadRecord[] {
  if (bad.some(({ table, key }) => table === 'meta' && key === 'uuid')) return bad;
  if (environment.fact('uuid') === uuid) return bad;
  throw new FletchError('CORRUPT', `The data belongs to another collection than "${name}".`);
}

function described(path: string, collection: string, { table, key, what }: BadRecord): StoreProblem {
  const shown = shownKey(table, key);
  return {
    collection,
    path,
    table,
    key: shown,
    message: `${path}: ${shown} in table "${table}": ${what}.`,
    remedy: 'drop',
  };
}

async function checkIndex(path: string, uuid: string): Promise<void> {
  const { index, owner } = await loadIndex(path, { threads: 1 });
  await index.close();
  if (owner.collection !== uuid)
    throw new FletchError('CORRUPT', `The index snapshot ${path} belongs to another collection.`);
}

async function checkSnapshot(path: string, kind: 'collection' | 'store'): Promise<void> {
  await unpack(path, undefined, kind);
  const expected = await readFile(`${path}.checksum`, 'utf8').catch(() => undefined);
  if (expected !== undefined && expected !== (await sha256OfFile(path)))
    throw new FletchError('CORRUPT', `The snapshot ${path} does not match the checksum beside it.`);
}

async function* snapshotFiles(
  folder: string,
  kind: 'collection' | 'store' = 'store',
): AsyncGenerator<{ file: string; kind: 'collection' | 'store' }> {
  for (const name of await list(folder)) {
    const file = join(folder, name);
    const status = await lstat(file);
    if (status.isDirectory()) yield* snapshotFiles(file, 'collection');
    else if (status.isFile() && name.endsWith('.snapshot')) yield { file, kind };
  }
}

async function list(folder: string): Promise<string[]> {
  const entries = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return entries.sort();
}
