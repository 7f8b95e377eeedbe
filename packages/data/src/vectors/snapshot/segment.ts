/**
 * One segment of a snapshot: its points, with ids, vectors and payloads.
 *
 * @module
 */
import type { Json } from '@fletch/base';
import { invalidFile } from '../bytes.js';
import type { TarFiles } from '../tar.js';
import type { SourcePayload } from '../types.js';
import { openGridstore, type ValueReader } from './gridstore.js';
import { readIds, type SegmentIds } from './ids.js';
import { fileAt, isObject, type JsonObject, readJson } from './parts.js';
import { openDense, openSparse, type VectorReader } from './storages.js';

export interface SegmentPoint {
  readonly id: bigint | string;
  /** As the dialect writes it. */
  readonly vector: Json;
  readonly payload: SourcePayload | undefined;
}

export interface Segment {
  readonly ids: SegmentIds['ids'];
  readonly version: SegmentIds['version'];
  /** Points at these places that are there and for which `wanted` says so. */
  read(first: number, count: number, wanted: (place: number) => boolean): Promise<SegmentPoint[]>;
}

/**
 * Opens the segment in a folder of the archive.
 *
 * @throws FletchError `INVALID_INPUT_FILE`
 */
export async function openSegment(files: TarFiles, folder: string): Promise<Segment> {
  const state = await readJson(fileAt(files, `${folder}/segment.json`));
  const config = isObject(state.config) ? state.config : {};
  const { ids, version } = await readIds(files, folder);
  const readers = new Map<string, VectorReader>();
  for (const [name, each] of described(config.vector_data))
    readers.set(name, await openDense(files, storageOf(folder, name), each, ids.length));
  for (const [name, each] of described(config.sparse_vector_data))
    readers.set(name, await openSparse(files, storageOf(folder, name), each));
  const payloads = files.has(`${folder}/payload_storage/config.json`)
    ? await openGridstore(files, `${folder}/payload_storage`)
    : undefined;
  return {
    ids,
    version,
    async read(first, count, wanted) {
      const places = Array.from({ length: count }, (_, i) => first + i).filter(
        (place) => ids[place] !== undefined && wanted(place),
      );
      if (places.length === 0) return [];
      const vectors = await vectorsOf(readers, first, count);
      const values = await payloadsOf(payloads, first, count, folder);
      return places.map((place) => ({
        id: ids[place]!,
        vector: vectors(place - first),
        payload: values[place - first],
      }));
    },
  };
}

function described(value: Json | undefined): [string, JsonObject][] {
  return Object.entries(isObject(value) ? value : {}).filter((entry): entry is [string, JsonObject] =>
    isObject(entry[1]),
  );
}

const storageOf = (folder: string, name: string): string =>
  `${folder}/vector_storage${name === '' ? '' : `-${name}`}`;

/** The vectors of a point: the unnamed one alone, or those that it has by their names. */
async function vectorsOf(
  readers: ReadonlyMap<string, VectorReader>,
  first: number,
  count: number,
): Promise<(i: number) => Json> {
  const columns: [string, (Json | undefined)[]][] = [];
  for (const [name, reader] of readers) columns.push([name, await reader.read(first, count)]);
  return (i) => {
    const named = columns.flatMap(([name, values]): [string, Json][] =>
      values[i] === undefined ? [] : [[name, values[i]!]],
    );
    return named.length === 1 && named[0]![0] === '' ? named[0]![1] : Object.fromEntries(named);
  };
}

async function payloadsOf(
  reader: ValueReader | undefined,
  first: number,
  count: number,
  folder: string,
): Promise<(SourcePayload | undefined)[]> {
  if (!reader) return new Array(count).fill(undefined);
  return (await reader.read(first, count)).map((bytes, i) => {
    if (!bytes) return undefined;
    try {
      const value: Json = JSON.parse(Buffer.from(bytes).toString('utf8'));
      if (isObject(value)) return Object.keys(value).length === 0 ? undefined : value;
    } catch {
      // Said below.
    }
    throw invalidFile(
      `${folder}/payload_storage`,
      `the payload at place ${first + i} is no JSON object: it is damaged.`,
    );
  });
}
