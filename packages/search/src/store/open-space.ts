/**
 * Opening the space of one vector: from a snapshot that is brought up to date, or from its table.
 *
 * @module
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { isFletchError } from '@fletch/base';
import type { SnapshotOwner, VectorIndex } from '../index/types.js';
import { decodeVector } from '../space/codec.js';
import { DenseSpace } from '../space/dense.js';
import { Encodings } from '../space/encodings.js';
import { MultiSpace } from '../space/multi.js';
import { SparseSpace } from '../space/sparse.js';
import type { DenseSpec, MultiSpec, SparseSpec, VectorSpec } from '../space/spec.js';
import type { StoredVectors } from '../space/stored-vectors.js';
import type { DenseValue, MultiValue, StoredSpace } from '../space/types.js';
import type { Environment } from './environment.js';

type IndexedSpec = DenseSpec | MultiSpec;
type IndexedSpace = DenseSpace | MultiSpace;

/** Makes and loads indexes. */
export interface IndexFactory {
  /** @param whole - the stored vectors, for an index that keeps too little of them to learn from */
  create(spec: IndexedSpec, whole?: StoredVectors): Promise<VectorIndex>;
  load(path: string, whole?: StoredVectors): Promise<{ index: VectorIndex; owner: SnapshotOwner }>;
}

/** What opening needs to know of the collection. */
export interface IndexContext {
  readonly folder: string;
  readonly uuid: string;
  readonly environment: Environment;
  /** Changes as vectors are added and removed. */
  readonly specs: ReadonlyMap<string, VectorSpec>;
  readonly factory: IndexFactory;
  readonly warn: (message: string, details: Readonly<Record<string, unknown>>) => void;
}

/** A space, and how many of its rows were added or removed since its snapshot. */
export interface OpenedSpace {
  readonly space: StoredSpace;
  readonly changes: number;
}

/** Rows that are read from the tables and handed to an index at a time, and bytes after which it is enough. */
const CHUNK = 1024;
const CHUNK_BYTES = 16 * 2 ** 20;

/** The file that a vector's snapshot is kept in. */
export function snapshotPath(folder: string, { slot }: VectorSpec): string {
  return join(folder, `index-${slot}.snapshot`);
}

/** An empty space. */
export async function createSpace(spec: VectorSpec, context: IndexContext): Promise<StoredSpace> {
  if (spec.kind === 'sparse') return new SparseSpace(() => context.specs.get(spec.name) as SparseSpec);
  if (spec.kind === 'dense') {
    const stored = storedVectors(spec, context);
    return new DenseSpace(spec, await context.factory.create(spec, stored), stored);
  }
  const encode = encoding(spec, context);
  // Tokens whose points are found by their encodings are only compared: no graph of theirs.
  const tokens = encode ? { ...spec, hnsw: { ...spec.hnsw, m: 0 } } : spec;
  return new MultiSpace(spec, await context.factory.create(tokens), encode);
}

/** The vectors in the table, for an index that keeps less of them. */
function storedVectors(spec: DenseSpec, { environment }: IndexContext): StoredVectors {
  return (row) => {
    const bytes = environment.vectors(spec.name).get(row);
    return bytes && (decodeVector(spec, bytes) as DenseValue);
  };
}

/** What makes an index of encodings, for a space whose points have some. */
function encoding(
  spec: MultiSpec,
  { factory }: IndexContext,
): ((dimension: number) => Promise<VectorIndex>) | undefined {
  if (!Encodings.wanted(spec)) return undefined;
  const { name, slot, hnsw } = spec;
  // Of the kind of tokens, which are linked whole and not by reduced vectors: encodings are no table's vectors.
  return (dimension) => factory.create({ kind: 'multi', name, slot, dimension, distance: 'Dot', hnsw });
}

/** Loads a space and brings it up to the table's state. `version` is that of the last write. */
export async function openSpace(
  spec: VectorSpec,
  context: IndexContext,
  version: number,
): Promise<OpenedSpace> {
  if (spec.kind === 'sparse') return rebuild(spec, context);
  const loaded = await load(spec, context, version);
  if (!loaded) return rebuild(spec, context);
  const { space } = loaded;
  const stored = context.environment.vectors(spec.name);
  const changed = [...context.environment.changedSince(loaded.version)];
  await space.remove(changed.filter((row) => space.has(row)));
  const changes = await fill(
    space,
    spec,
    entries(changed, (row) => stored.get(row)),
  );
  const expected = stored.getCount();
  if (space.size === expected) {
    know(space, spec, context);
    return { space, changes };
  }
  await space.close();
  warn(spec, context, `it holds ${space.size} vectors instead of ${expected}`);
  return rebuild(spec, context);
}

async function rebuild(spec: VectorSpec, context: IndexContext): Promise<OpenedSpace> {
  const space = await createSpace(spec, context);
  const changes = await fill(space, spec, context.environment.vectors(spec.name).getRange({}));
  return { space, changes: spec.kind === 'sparse' ? 0 : changes };
}

/** Tells a space of what its index cannot give back. */
function know(space: IndexedSpace, spec: IndexedSpec, { environment }: IndexContext): void {
  if (spec.distance !== 'Cosine' || spec.datatype !== 'uint8') return;
  for (const { key, value } of environment.vectors(spec.name).getRange({}))
    space.know(key, decodeVector(spec, value) as DenseValue & MultiValue);
}

/** The snapshot's space when it is there, whole and of this collection; otherwise warns and gives nothing. */
async function load(
  spec: IndexedSpec,
  context: IndexContext,
  version: number,
): Promise<{ space: IndexedSpace; version: number } | undefined> {
  const { environment, factory, uuid } = context;
  const path = snapshotPath(context.folder, spec);
  const logStart = Number(environment.fact('logStart') ?? 0);
  if (!(await exists(path))) {
    if (logStart > 0) warn(spec, context, 'it is missing');
    return undefined;
  }
  const stored = spec.kind === 'dense' ? storedVectors(spec, context) : undefined;
  let loaded: { index: VectorIndex; owner: SnapshotOwner };
  try {
    loaded = await factory.load(path, stored);
  } catch (error) {
    if (isFletchError(error, 'OUT_OF_MEMORY')) throw error;
    warn(spec, context, (error as Error).message);
    return undefined;
  }
  const { index, owner } = loaded;
  const at = Number(owner.version);
  const trouble =
    owner.collection !== uuid || owner.vector !== spec.name
      ? 'it belongs to another collection'
      : index.dimension !== spec.dimension || index.distance !== spec.distance
        ? 'it has another dimension or distance'
        : !(at <= version)
          ? `it is of write ${at}, but the last one was ${version}`
          : at < logStart
            ? `it is of write ${at}, and changes are only known since ${logStart}`
            : isOfTokens(spec, index)
              ? 'its tokens are linked, and encodings are wanted'
              : undefined;
  const space =
    trouble !== undefined
      ? undefined
      : spec.kind === 'dense'
        ? new DenseSpace(spec, index, stored!)
        : await adopt(spec, index, owner, context);
  if (space) return { space, version: at };
  await index.close();
  warn(spec, context, trouble ?? 'its tokens are not those of its points');
  return undefined;
}

/** Whether a graph leads through tokens whose points have encodings. */
function isOfTokens(spec: IndexedSpec, index: VectorIndex): boolean {
  return spec.kind === 'multi' && Encodings.wanted(spec) && index.stats().kind !== 'flat';
}

async function adopt(
  spec: MultiSpec,
  index: VectorIndex,
  owner: SnapshotOwner,
  context: IndexContext,
): Promise<MultiSpace | undefined> {
  const encode = encoding(spec, context);
  return MultiSpace.adopt(spec, index, owner, {
    path: snapshotPath(context.folder, spec),
    load: context.factory.load,
    ...(encode && { encode }),
  });
}

/** A row and its vector in the table. */
interface Entry {
  readonly key: number;
  readonly value: Buffer;
}

function* entries(rows: Iterable<number>, get: (row: number) => Buffer | undefined): Generator<Entry> {
  for (const key of rows) {
    const value = get(key);
    if (value) yield { key, value };
  }
}

/** Adds rows from the table; returns how many. */
async function fill(space: StoredSpace, spec: VectorSpec, rows: Iterable<Entry>): Promise<number> {
  let chunk: number[] = [];
  let values: ReturnType<typeof decodeVector>[] = [];
  let bytes = 0;
  let count = 0;
  const flush = async () => {
    if (chunk.length > 0) await space.add(chunk, values);
    count += chunk.length;
    [chunk, values, bytes] = [[], [], 0];
  };
  for (const { key, value } of rows) {
    chunk.push(key);
    values.push(decodeVector(spec, value));
    bytes += value.length;
    if (chunk.length === CHUNK || bytes >= CHUNK_BYTES) await flush();
  }
  await flush();
  return count;
}

function warn(spec: VectorSpec, context: IndexContext, reason: string): void {
  const path = snapshotPath(context.folder, spec);
  context.warn(`The index snapshot ${path} is not usable and is rebuilt: ${reason}`, {
    path,
    vector: spec.name,
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
