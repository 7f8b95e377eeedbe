/**
 * Snapshots of Qdrant's collections: a tar archive of the configuration and, for each shard, its segments (archives again).
 * Written against version 1.19.
 *
 * @module
 */
import { FletchError, type Json } from '@fletch/base';
import { invalidFile, openBytes } from '../bytes.js';
import { fingerprintOf } from '../fingerprint.js';
import { rowsPerBatch } from '../rows.js';
import { fileAt, isObject, readJson } from '../snapshot/parts.js';
import { openSegment, type Segment } from '../snapshot/segment.js';
import { isTar, readTar, type TarFiles } from '../tar.js';
import type { BatchOptions, RowBatch, VectorFormat, VectorSource } from '../types.js';
import { creationOf, indexesOf } from './qdrant-config.js';

export const snapshot: VectorFormat = {
  name: 'snapshot',
  title: 'snapshot of a collection of Qdrant (1.16 and later)',
  endings: ['.snapshot'],
  matches: ({ head, path }) => isTar(head) && /\.snapshot(\.tar)?$/i.test(path),
  open: openSnapshot,
};

async function openSnapshot(path: string): Promise<VectorSource> {
  const bytes = await openBytes(path);
  try {
    const files = await readTar(bytes);
    checkKind(path, files);
    const config = await readJson(fileAt(files, 'config.json'));
    const shards = await openShards(files);
    const alive = shards.map(newest);
    const segments = shards.flat();
    const wanted = alive.flat();
    const count = wanted.reduce((sum, flags) => sum + flags.reduce((all, flag) => all + flag, 0), 0);
    return {
      format: 'snapshot',
      path,
      holds: { kind: 'wire', config: creationOf({ config }, path), indexes: await payloadIndexes(files) },
      count,
      notes: (await hasLog(files))
        ? [
            'The log in the snapshot is not read: writes that were not awaited when it was taken may be missing.',
          ]
        : [],
      fingerprint: await fingerprintOf([path], 'snapshot'),
      batches: (options) => readBatches(segments, wanted, options),
      close: () => bytes.close(),
    };
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

function checkKind(path: string, files: TarFiles): void {
  const names = [...files.keys()];
  if (names.some((name) => name.endsWith('.snapshot')))
    throw invalidFile(
      path,
      'it is a snapshot of a whole storage: unpack it (tar -xf) and import the collections in it.',
    );
  if (!files.has('config.json') && names.some((name) => name.startsWith('segments/')))
    throw invalidFile(path, 'it is the snapshot of one shard: take one of the collection.');
  if (!files.has('config.json'))
    throw invalidFile(path, 'it is no snapshot of a collection: it has no config.json.');
}

/** The segments of each shard. */
async function openShards(files: TarFiles): Promise<Segment[][]> {
  const shards = new Map<string, Segment[]>();
  for (const [name, file] of files) {
    const [, shard, id] = /^(\d+)\/segments\/([^/]+)\.tar$/.exec(name) ?? [];
    if (shard === undefined) continue;
    const inner = await readTar(file);
    const folder = `${shard}/segments/${id}`;
    const placed = new Map(
      [...inner].map(([path, bytes]) => [path.replace(/^snapshot\/files/, folder), bytes]),
    );
    shards.set(shard, [...(shards.get(shard) ?? []), await openSegment(placed, folder)]);
  }
  // In snapshots for streaming, segments are folders.
  const folders = new Set(
    [...files.keys()].flatMap(
      (name) => /^(\d+\/segments\/[^/]+)\/files\/segment\.json$/.exec(name)?.[1] ?? [],
    ),
  );
  for (const folder of folders) {
    const shard = folder.split('/')[0]!;
    const placed = new Map(
      [...files].map(([path, bytes]) => [path.replace(`${folder}/files`, folder), bytes]),
    );
    shards.set(shard, [...(shards.get(shard) ?? []), await openSegment(placed, folder)]);
  }
  return [...shards.values()];
}

/** Where the same point is in several segments of a shard, only the one that was written last counts. */
function newest(segments: readonly Segment[]): Uint8Array[] {
  const flags = segments.map(({ ids }) => Uint8Array.from(ids, (id) => (id === undefined ? 0 : 1)));
  if (segments.length < 2) return flags;
  const best = new Map<bigint | string, readonly [segment: number, place: number]>();
  for (const [s, { ids, version }] of segments.entries())
    for (const [place, id] of ids.entries()) {
      if (id === undefined) continue;
      const before = best.get(id);
      const older = before && segments[before[0]]!.version(before[1]) >= version(place);
      if (older) flags[s]![place] = 0;
      else {
        if (before) flags[before[0]]![before[1]] = 0;
        best.set(id, [s, place]);
      }
    }
  return flags;
}

async function payloadIndexes(files: TarFiles): Promise<{ [field: string]: Json }> {
  const file = files.get('payload_index.json');
  const { schema } = file ? await readJson(file) : {};
  if (!isObject(schema)) return {};
  const told = Object.entries(schema).map(([field, value]): [string, Json] => {
    if (isObject(value)) return [field, { data_type: value.type ?? null, params: value }];
    return [field, { data_type: value }];
  });
  return indexesOf({ payload_schema: Object.fromEntries(told) });
}

/** Whether a shard's log holds entries: behind the first 8 bytes stands the length of the first one. */
async function hasLog(files: TarFiles): Promise<boolean> {
  for (const [name, file] of files)
    if (
      /^\d+\/wal\/(open|closed)-/.test(name) &&
      file.size >= 16 &&
      (await file.read(8, 8)).readBigUInt64LE(0) !== 0n
    )
      return true;
  return false;
}

/** Segment after segment; `next` is the segment and the place in it. */
async function* readBatches(
  segments: readonly Segment[],
  wanted: readonly Uint8Array[],
  { size, from }: BatchOptions = {},
): AsyncGenerator<RowBatch> {
  const [startSegment, startPlace] = position(from);
  const most = rowsPerBatch(size, 8192);
  let first = 0;
  for (let s = startSegment; s < segments.length; s++) {
    const { ids, read } = segments[s]!;
    for (let place = s === startSegment ? startPlace : 0; place < ids.length; place += most) {
      const count = Math.min(most, ids.length - place);
      const points = await read(place, count, (at) => wanted[s]![at] === 1);
      yield {
        first,
        count: points.length,
        next: [s, place + count],
        ids: points.map(({ id }) => id),
        wire: points.map(({ vector }) => vector),
        payloads: points.map(({ payload }) => payload),
      };
      first += count;
    }
  }
}

function position(from: Json | undefined): [number, number] {
  if (
    Array.isArray(from) &&
    from.length === 2 &&
    from.every((each) => Number.isSafeInteger(each) && (each as number) >= 0)
  )
    return from as [number, number];
  if (from === undefined) return [0, 0];
  throw new FletchError('INVALID_ARGUMENT', 'This is no position in a snapshot.');
}
