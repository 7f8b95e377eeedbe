/**
 * An index in an object store.
 *
 * ```text
 * manifest.json                      which version is current; written last
 * <tag>/allocator                    centroids, ids of the partitions, attributes
 * <tag>/partition-<p>/index          codes of a partition
 * <tag>/partition-<p>/vectors        its vectors in full
 * ```
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { FletchError, type LongWork, throwIfAborted } from '@fletch/base';
import { Matrix } from '@fletch/linalg';
import { type ArraysFile, decodeArrays, encodeArrays, type NumberArray } from './arrays-file.js';
import { Attributes } from './attributes.js';
import { folderObjects, type ObjectStore } from './objects.js';
import { Partition } from './partition.js';
import { SquashIndex } from './squash.js';
import type { BinaryBasis } from './types.js';
import { decodeRow, encodeRows, rowBytes } from './vector-rows.js';

const FORMAT = 1;
export const MANIFEST = 'manifest.json';

/** What the current version is. */
export interface SquashManifest {
  readonly format: number;
  readonly tag: string;
  readonly count: number;
  readonly dimension: number;
  readonly partitions: number;
  readonly attributes: readonly string[];
}

export const partitionRole = (partition: number): string => `partition-${partition}`;
const allocatorKey = (tag: string): string => `${tag}/allocator`;
const indexKey = (tag: string, partition: number): string => `${tag}/${partitionRole(partition)}/index`;
export const vectorsKey = (tag: string, partition: number): string =>
  `${tag}/${partitionRole(partition)}/vectors`;

const objectsOf = (place: string | ObjectStore): ObjectStore =>
  typeof place === 'string' ? folderObjects(place) : place;

/** What allocators hold: enough to filter and to choose partitions. */
export interface AllocatorPart {
  readonly centroids: Matrix<Float32Array>;
  /** Ids of the vectors of each partition, rising. */
  readonly members: readonly Uint32Array[];
  readonly attributes: Attributes;
}

function allocatorFile(index: SquashIndex, tag: string): ArraysFile {
  const { centroids, partitions, attributes } = index;
  const arrays: { [name: string]: NumberArray } = { centroids: centroids.data };
  partitions.forEach(({ data }, p) => {
    arrays[`ids-${p}`] = data.ids;
  });
  attributes.columns.forEach(({ raw, codes, low, high }, a) => {
    Object.assign(arrays, {
      [`raw-${a}`]: raw,
      [`codes-${a}`]: codes,
      [`low-${a}`]: low,
      [`high-${a}`]: high,
    });
  });
  const facts = {
    count: index.count,
    dimension: index.dimension,
    partitions: partitions.length,
    attributes: attributes.columns.length,
    names: [...attributes.names],
  };
  return { tag, role: 'allocator', facts, arrays };
}

function partitionFile({ data }: Partition, p: number, tag: string): ArraysFile {
  const { ids, mean, axes, bits, bounds, segments, signs, radius, basis, seed } = data;
  const arrays: { [name: string]: NumberArray } = { ids, mean, axes: axes.data, bits, bounds, signs };
  segments.forEach((segment, s) => {
    arrays[`segment-${s}`] = segment;
  });
  return { tag, role: partitionRole(p), facts: { radius, basis, seed, segments: segments.length }, arrays };
}

/** A name for exactly this index: a hash of everything in it. */
function tagOf(index: SquashIndex): string {
  const hash = createHash('sha256');
  const { buffer, byteOffset, byteLength } = index.vectors.data;
  hash.update(new Uint8Array(buffer, byteOffset, byteLength)).update(encodeArrays(allocatorFile(index, '')));
  for (const [p, partition] of index.partitions.entries())
    hash.update(encodeArrays(partitionFile(partition, p, '')));
  return hash.digest('hex').slice(0, 16);
}

/**
 * Writes an index: everything under a name of its own, then which version is current, so that who reads meanwhile sees the
 * old version or the new one.
 *
 * @param place - a folder or an object store
 * @throws FletchError `DISK_FULL`, `IO`, `ABORTED`, and what the store throws
 */
export async function saveSquash(
  index: SquashIndex,
  place: string | ObjectStore,
  { signal, onProgress }: LongWork = {},
): Promise<SquashManifest> {
  const store = objectsOf(place);
  const tag = tagOf(index);
  const total = 2 * index.partitions.length + 2;
  let done = 0;
  const put = async (key: string, bytes: Uint8Array) => {
    throwIfAborted(signal);
    await store.put(key, bytes);
    onProgress?.({ done: ++done, total, stage: 'writing' });
  };
  await put(allocatorKey(tag), encodeArrays(allocatorFile(index, tag)));
  for (const [p, partition] of index.partitions.entries()) {
    const { ids } = partition.data;
    await put(indexKey(tag, p), encodeArrays(partitionFile(partition, p, tag)));
    await put(
      vectorsKey(tag, p),
      encodeRows(tag, partitionRole(p), index.dimension, ids.length, (row) => index.vectors.row(ids[row]!)),
    );
  }
  const manifest: SquashManifest = {
    format: FORMAT,
    tag,
    count: index.count,
    dimension: index.dimension,
    partitions: index.partitions.length,
    attributes: index.attributes.columns.map((_, a) => index.attributes.names[a] ?? String(a)),
  };
  await put(MANIFEST, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
  return manifest;
}

/** The current version. @throws FletchError `NOT_FOUND`, `CORRUPT`, `FORMAT_TOO_NEW` */
export async function readManifest(store: ObjectStore): Promise<SquashManifest> {
  const text = Buffer.from(await store.get(MANIFEST)).toString('utf8');
  let manifest: SquashManifest;
  try {
    manifest = JSON.parse(text) as SquashManifest;
  } catch (cause) {
    throw new FletchError('CORRUPT', `${MANIFEST} is no JSON: push the index again.`, { cause });
  }
  if (manifest.format > FORMAT)
    throw new FletchError(
      'FORMAT_TOO_NEW',
      `${MANIFEST} has format ${manifest.format}, but this version of Fletch reads up to ${FORMAT}: update Fletch.`,
    );
  if (typeof manifest.tag !== 'string' || !(manifest.partitions >= 1) || !(manifest.dimension >= 1))
    throw new FletchError('CORRUPT', `${MANIFEST} does not describe an index: push the index again.`);
  return manifest;
}

/** Reads what allocators hold. @throws FletchError `NOT_FOUND`, `CORRUPT`, `SHARD_MISMATCH`, `FORMAT_TOO_NEW` */
export async function readAllocator(store: ObjectStore, tag: string): Promise<AllocatorPart> {
  const key = allocatorKey(tag);
  const { facts, arrays } = decodeArrays(await store.get(key), { key, tag, role: 'allocator' });
  const { count, dimension, partitions, attributes, names } = facts as unknown as {
    count: number;
    dimension: number;
    partitions: number;
    attributes: number;
    names: string[];
  };
  const columns = Array.from({ length: attributes }, (_, a) => ({
    raw: arrays[`raw-${a}`] as Float32Array,
    codes: arrays[`codes-${a}`] as Uint8Array,
    low: arrays[`low-${a}`] as Float64Array,
    high: arrays[`high-${a}`] as Float64Array,
  }));
  return {
    centroids: new Matrix(arrays.centroids as Float32Array, partitions, dimension),
    members: Array.from({ length: partitions }, (_, p) => arrays[`ids-${p}`] as Uint32Array),
    attributes: new Attributes(columns, names, count),
  };
}

/** Reads a partition's codes. Throws as {@link readAllocator}. */
export async function readPartition(store: ObjectStore, tag: string, partition: number): Promise<Partition> {
  const key = indexKey(tag, partition);
  const { facts, arrays } = decodeArrays(await store.get(key), { key, tag, role: partitionRole(partition) });
  const { ids, mean, axes, bits, bounds, signs } = arrays as {
    [name in 'ids' | 'signs']: Uint32Array;
  } & { [name in 'mean' | 'axes' | 'bounds']: Float32Array } & { bits: Uint8Array };
  const { radius, basis, seed, segments } = facts as {
    radius: number;
    basis: BinaryBasis;
    seed: number;
    segments: number;
  };
  return new Partition({
    ids,
    mean,
    axes: new Matrix(axes, bits.length, mean.length),
    bits,
    bounds,
    signs,
    segments: Array.from({ length: segments }, (_, s) => arrays[`segment-${s}`] as Uint8Array),
    radius,
    basis,
    seed,
  });
}

/**
 * Reads an index that {@link saveSquash} wrote, all of it, and checks every part.
 *
 * @param place - a folder or an object store
 * @throws FletchError `NOT_FOUND`, `CORRUPT`, `SHARD_MISMATCH` when a part is of another version, `FORMAT_TOO_NEW`
 */
export async function loadSquash(place: string | ObjectStore): Promise<SquashIndex> {
  const store = objectsOf(place);
  const { tag, count, dimension, partitions: P } = await readManifest(store);
  const { centroids, attributes } = await readAllocator(store, tag);
  const vectors = new Matrix(new Float32Array(count * dimension), count, dimension);
  const partitions: Partition[] = [];
  for (let p = 0; p < P; p++) {
    const partition = await readPartition(store, tag, p);
    const key = vectorsKey(tag, p);
    const bytes = await store.get(key);
    if (bytes.length !== partition.count * rowBytes(dimension))
      throw new FletchError(
        'CORRUPT',
        `${key} has ${bytes.length} bytes instead of ${partition.count * rowBytes(dimension)}: push the index again.`,
        { details: { key } },
      );
    partition.data.ids.forEach((id, row) => {
      const place = { key, tag, role: partitionRole(p), dimension, row };
      vectors.data.set(decodeRow(bytes, row * rowBytes(dimension), place), id * dimension);
    });
    partitions.push(partition);
  }
  return new SquashIndex({ vectors, attributes, centroids, partitions });
}
