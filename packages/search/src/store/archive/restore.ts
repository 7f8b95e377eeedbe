/**
 * Turning a snapshot back into the folder of a collection, under an identity of its own.
 *
 * @module
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FletchError } from '@fletch/base';
import { adoptSnapshot } from '../../index/adopt.js';
import { readSpecs } from '../../space/spec.js';
import type { Payload } from '../../types/index.js';
import { checkData, damaged } from '../check-data.js';
import type { CollectionConfig } from '../config/read.js';
import { Environment } from '../environment.js';
import { type CollectionManifest, readCollectionManifest, writeManifest } from '../manifest.js';
import { isIndexFile } from './copy.js';
import { unpack } from './unpack.js';

/** Who the restored collection is. */
export interface Identity {
  readonly name: string;
  readonly uuid: string;
  /** Folder of the collection whose place it takes. */
  readonly replaces?: string;
  /** What stays of that collection: a snapshot brings points and indexes back, not settings. */
  readonly keep?: {
    readonly manifest: CollectionManifest;
    readonly config: CollectionConfig;
    readonly metadata: Payload | undefined;
  };
}

/**
 * Unpacks a snapshot into an empty folder and makes a collection of it, all of it checked and on disk.
 *
 * @throws FletchError `CORRUPT`, `FORMAT_TOO_NEW`, `INVALID_ARGUMENT` when its vectors are not those of the
 *   collection, `DISK_FULL`, `IO`
 */
export async function restoreCollection(
  file: string,
  folder: string,
  { name, uuid, replaces, keep }: Identity,
): Promise<CollectionManifest> {
  await unpack(file, folder, 'collection');
  const packed = await readCollectionManifest(folder);
  if (keep) checkCompatible(packed, keep.manifest);
  const data = join(folder, 'data.mdb');
  await checkData(data);
  const specs = readSpecs(packed.vectors);
  const environment = new Environment(folder, specs.values(), { sealed: packed.format >= 2 });
  try {
    if (environment.fact('uuid') !== packed.uuid)
      throw damaged(data, 'it belongs to another collection than the rest of the snapshot');
    await environment.commit(() => {
      environment.setFact('uuid', uuid);
      if (!keep) return;
      environment.setFact('config', keep.config as never);
      if (keep.metadata) environment.setFact('metadata', keep.metadata);
      else environment.removeFact('metadata');
    });
  } finally {
    await environment.close();
  }
  // An index that cannot be taken over is built again when the collection is opened.
  for (const index of (await readdir(folder)).filter(isIndexFile))
    await adoptSnapshot(join(folder, index), { collection: uuid }).catch(() => undefined);
  const { replaces: _former, ...rest } = packed;
  const manifest = { ...rest, name, uuid, ...(replaces !== undefined && { replaces }) };
  await writeManifest(join(folder, 'collection.json'), manifest);
  return manifest;
}

/** A snapshot fits a collection when both have the same vectors. */
function checkCompatible(snapshot: CollectionManifest, collection: CollectionManifest): void {
  const shown = ({ vectors }: CollectionManifest) =>
    JSON.stringify(
      [...readSpecs(vectors).values()]
        .map((spec) =>
          spec.kind === 'sparse'
            ? { name: spec.name, kind: spec.kind }
            : {
                name: spec.name,
                kind: spec.kind,
                size: spec.dimension,
                distance: spec.distance,
                datatype: spec.datatype ?? 'float32',
              },
        )
        .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
    );
  const [ours, theirs] = [shown(collection), shown(snapshot)];
  if (ours !== theirs)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Snapshot is not compatible with existing collection: Collection vectors: ${ours} Snapshot Vectors: ${theirs}`,
    );
}
