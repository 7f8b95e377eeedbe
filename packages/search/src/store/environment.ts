/**
 * The durable half of a collection: tables in one LMDB environment.
 *
 * @module
 */
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { getSystemErrorName } from 'node:util';
import { describeFileError, FletchError, type Json } from '@fletch/base';
import { type Database, open, type RootDatabase } from 'lmdb';
import { decodeVector, encodeVector } from '../space/codec.js';
import type { VectorSpec } from '../space/spec.js';
import type { VectorValue } from '../space/types.js';
import type { Payload, PointId } from '../types/index.js';
import { decodeId, encodeId } from './ids.js';

type Table<K extends string | number | Buffer> = Database<Buffer, K>;

/** Bytes free on a disk that count as none. */
const LITTLE_ROOM = 64 * 2 ** 20;

/** Vectors that a collection may have, and tables beside theirs. */
const MAX_VECTORS = 256;
const OTHER_TABLES = 8;

/** A table of vectors, and what they are. */
interface VectorTable {
  readonly spec: VectorSpec;
  readonly table: Table<number>;
}

/** A point's payload as JSON text, and the write that last changed the point. */
export interface PointRow {
  readonly version: number;
  readonly json: string;
}

/**
 * The tables: `meta` (facts as JSON), `ids` (id → row), `points` (row → version and payload), one of vectors by
 * row for every vector name, and `log` (version → rows whose vectors that write changed), from which an index
 * snapshot catches up.
 */
export class Environment {
  readonly #root: RootDatabase<Buffer, string>;
  readonly #path: string;
  readonly meta: Table<string>;
  readonly ids: Table<Buffer>;
  readonly points: Table<number>;
  readonly log: Table<Buffer>;
  readonly #vectors = new Map<string, VectorTable>();

  /** Opens or creates the environment in `folder`. Throws `CORRUPT` when its file cannot be read. */
  constructor(folder: string, specs: Iterable<VectorSpec>) {
    this.#path = join(folder, 'data.mdb');
    try {
      // Without overlapping sync a commit's promise resolves only when its pages, then its root, are on disk.
      // One batch per transaction is all we ask, so turns of the event loop need not be batched for us.
      this.#root = open<Buffer, string>({
        path: folder,
        encoding: 'binary',
        overlappingSync: false,
        eventTurnBatching: false,
        maxDbs: OTHER_TABLES + MAX_VECTORS,
        pageSize: 16_384,
      });
      this.meta = this.#table('meta', 'ordered-binary');
      this.ids = this.#table('ids', 'binary');
      this.points = this.#table('points', 'uint32');
      this.log = this.#table('log', 'binary');
      for (const spec of specs) this.#openVectors(spec);
    } catch (error) {
      throw this.#corrupt((error as Error).message, error);
    }
  }

  /**
   * Makes all puts and removals of `write` durable in one transaction.
   *
   * @throws FletchError `DISK_FULL`, `IO`, `CORRUPT`; nothing was changed then
   */
  async commit(write: () => void): Promise<void> {
    try {
      await this.#root.batch(write);
    } catch (error) {
      throw await this.#describe(error);
    }
  }

  /** Vectors by row, as `space/codec.ts` writes them. */
  vectors(name: string): Table<number> {
    return this.#vectors.get(name)!.table;
  }

  *vectorTables(): Generator<[name: string, table: Table<number>]> {
    for (const [name, { table }] of this.#vectors) yield [name, table];
  }

  /** Every vector of a row. Throws `CORRUPT`. */
  vectorsOf(row: number): Map<string, VectorValue> {
    const found = new Map<string, VectorValue>();
    for (const [name, { spec, table }] of this.#vectors) {
      const bytes = table.get(row);
      if (bytes) found.set(name, decodeVector(spec, bytes));
    }
    return found;
  }

  /** Whether a row has just these vectors. */
  hasVectors(row: number, vectors: ReadonlyMap<string, VectorValue>): boolean {
    for (const [name, { spec, table }] of this.#vectors) {
      const stored = table.get(row);
      const value = vectors.get(name);
      if ((stored === undefined) !== (value === undefined)) return false;
      if (stored && value && !stored.equals(encodeVector(spec, value))) return false;
    }
    return true;
  }

  /** Writes a row's vectors; call within {@link commit}. */
  putVectors(row: number, vectors: ReadonlyMap<string, VectorValue>): void {
    for (const [name, value] of vectors) {
      const { spec, table } = this.#vectors.get(name)!;
      table.put(row, encodeVector(spec, value));
    }
  }

  /** Removes a row's vectors; call within {@link commit}. */
  removeVectors(row: number): void {
    for (const { table } of this.#vectors.values()) table.remove(row);
  }

  /**
   * Adds an empty table for vectors, whatever one of that number held.
   *
   * @throws FletchError `INVALID_ARGUMENT` when there are as many as can be, `DISK_FULL`, `IO`
   */
  async addVectors(spec: VectorSpec): Promise<void> {
    if (this.#vectors.size >= MAX_VECTORS)
      throw new FletchError('INVALID_ARGUMENT', `A collection can have ${MAX_VECTORS} vectors and no more.`);
    this.#openVectors(spec);
    try {
      await this.vectors(spec.name).clearAsync();
    } catch (error) {
      this.#vectors.delete(spec.name);
      throw await this.#describe(error);
    }
  }

  /** Removes a table of vectors, and what it holds. */
  async dropVectors(name: string): Promise<void> {
    const { table } = this.#vectors.get(name)!;
    this.#vectors.delete(name);
    try {
      await table.clearAsync();
    } catch (error) {
      throw await this.#describe(error);
    }
  }

  /** Reads a fact. */
  fact(key: string): Json | undefined {
    const bytes = this.meta.get(key);
    return bytes && (JSON.parse(bytes.toString()) as Json);
  }

  /** Writes a fact; call within {@link commit}. */
  setFact(key: string, value: Json): void {
    this.meta.put(key, Buffer.from(JSON.stringify(value)));
  }

  point(row: number): PointRow | undefined {
    const bytes = this.points.get(row);
    return bytes && decodePoint(bytes);
  }

  putPoint(row: number, point: PointRow): void {
    const json = Buffer.byteLength(point.json);
    const bytes = Buffer.allocUnsafe(8 + json);
    bytes.writeDoubleLE(point.version, 0);
    bytes.write(point.json, 8);
    this.points.put(row, bytes);
  }

  putId(id: PointId, row: number): void {
    const bytes = Buffer.allocUnsafe(4);
    bytes.writeUInt32LE(row, 0);
    this.ids.put(encodeId(id), bytes);
  }

  removeId(id: PointId): void {
    this.ids.remove(encodeId(id));
  }

  /** Ids and rows in order of the ids, from `start` on. */
  *idsFrom(start?: PointId): Generator<{ id: PointId; row: number }> {
    for (const { key, value } of this.ids.getRange(start === undefined ? {} : { start: encodeId(start) }))
      yield { id: decodeId(key), row: value.readUInt32LE(0) };
  }

  /** All points from row `from` on, in order of their rows. */
  *allPoints(from = 0): Generator<{ row: number; point: PointRow }> {
    for (const { key, value } of this.points.getRange({ start: from }))
      yield { row: key, point: decodePoint(value) };
  }

  putLog(version: number, rows: Iterable<number>): void {
    this.log.put(logKey(version), Buffer.from(Uint32Array.from(rows).buffer));
  }

  /** Forgets what writes up to `version` changed. */
  trimLog(version: number): void {
    for (const key of this.log.getKeys({ end: logKey(version + 1) })) this.log.remove(key);
  }

  /** Rows that writes after `version` added or removed. */
  changedSince(version: number): Set<number> {
    const rows = new Set<number>();
    for (const { value } of this.log.getRange({ start: logKey(version + 1) }))
      for (let i = 0; i < value.length; i += 4) rows.add(value.readUInt32LE(i));
    return rows;
  }

  async close(): Promise<void> {
    await this.#root.close();
  }

  #table<K extends string | number | Buffer>(
    name: string,
    keyEncoding: 'uint32' | 'binary' | 'ordered-binary',
  ): Table<K> {
    return this.#root.openDB<Buffer, K>(name, { encoding: 'binary', keyEncoding });
  }

  #openVectors(spec: VectorSpec): void {
    this.#vectors.set(spec.name, { spec, table: this.#table(`vectors.${spec.slot}`, 'uint32') });
  }

  #corrupt(what: string, cause?: unknown): FletchError {
    return new FletchError('CORRUPT', `${this.#path} is damaged: ${what}. Restore it from a copy.`, {
      details: { path: this.#path },
      cause,
    });
  }

  async #describe(error: unknown): Promise<unknown> {
    // A failed commit rejects with a general error that carries a promise of the particular one.
    const particular = (error as { commitError?: Promise<never> }).commitError;
    const cause: unknown = particular ? await particular.catch((reason: unknown) => reason) : error;
    const code = (cause as { code?: unknown }).code;
    if (typeof code === 'number' && code > 0) {
      const name = getSystemErrorName(-code);
      // LMDB calls it an input/output error when there was room for the first part of a write only.
      const full = name === 'EIO' && (await bytesFree(this.#path)) < LITTLE_ROOM;
      const described = Object.assign(new Error((cause as Error).message, { cause }), {
        code: full ? 'ENOSPC' : name,
      });
      return describeFileError(described, this.#path);
    }
    return new FletchError('IO', `Writing ${this.#path} failed: ${(cause as Error).message}`, {
      details: { path: this.#path },
      cause,
    });
  }
}

async function bytesFree(path: string): Promise<number> {
  return statfs(path).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => Number.POSITIVE_INFINITY,
  );
}

/** Payload object of a stored point. */
export function payloadOf(point: PointRow): Payload {
  return JSON.parse(point.json) as Payload;
}

function decodePoint(bytes: Buffer): PointRow {
  return { version: bytes.readDoubleLE(0), json: bytes.toString('utf8', 8) };
}

function logKey(version: number): Buffer {
  const key = Buffer.alloc(9, 1);
  key.writeDoubleBE(version, 1);
  return key;
}
