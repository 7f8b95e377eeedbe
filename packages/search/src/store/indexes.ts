/**
 * The vector indexes of a collection: derived from its tables, kept as snapshots, rebuilt when a snapshot cannot
 * be trusted.
 *
 * @module
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { FletchError, isFletchError } from '@fletch/base';
import type { SnapshotOwner, VectorIndex } from '../index/types.js';
import { DenseSpace } from '../space/dense.js';
import type { VectorSpace } from '../space/types.js';
import type { Environment } from './environment.js';
import type { AddedPoint } from './stage.js';
import type { VectorSpec } from './vectors.js';

/** Makes and loads indexes. */
export interface IndexFactory {
  create(spec: VectorSpec): Promise<VectorIndex>;
  load(path: string): Promise<{ index: VectorIndex; owner: SnapshotOwner }>;
}

/** What {@link VectorIndexes.open} needs to know of the collection. */
export interface IndexContext {
  readonly folder: string;
  readonly uuid: string;
  readonly environment: Environment;
  readonly specs: ReadonlyMap<string, VectorSpec>;
  readonly factory: IndexFactory;
  readonly warn: (message: string, details: Readonly<Record<string, unknown>>) => void;
}

/** Rows that are read from the tables and handed to an index at a time. */
const CHUNK = 1024;

/** One index for every vector name. */
export class VectorIndexes {
  readonly #context: IndexContext;
  readonly #indexes = new Map<string, VectorIndex>();
  /** Rows added or removed since the last snapshot. */
  changes = 0;

  private constructor(context: IndexContext) {
    this.#context = context;
  }

  /** Loads every index and brings it up to the tables' state. `version` is that of the last write. */
  static async open(context: IndexContext, version: number): Promise<VectorIndexes> {
    const indexes = new VectorIndexes(context);
    try {
      for (const spec of context.specs.values())
        indexes.#indexes.set(spec.name, await indexes.#openIndex(spec, version));
    } catch (error) {
      await indexes.close();
      throw error;
    }
    return indexes;
  }

  get(name: string): VectorIndex {
    return this.#indexes.get(name)!;
  }

  space(name: string): VectorSpace {
    return new DenseSpace(this.#context.specs.get(name)!, this.get(name));
  }

  all(): IterableIterator<VectorIndex> {
    return this.#indexes.values();
  }

  /** Adds staged points to the indexes of their vectors; none is added when it throws. */
  async add(points: ReadonlyMap<number, AddedPoint>): Promise<void> {
    const done: VectorIndex[] = [];
    const all = [...points.keys()];
    try {
      for (const [name, index] of this.#indexes) {
        const rows = all.filter((row) => points.get(row)!.vectors.has(name));
        const vectors = new Float32Array(rows.length * index.dimension);
        rows.forEach((row, i) => {
          vectors.set(points.get(row)!.vectors.get(name)!, i * index.dimension);
        });
        done.push(index);
        if (rows.length > 0) await index.add(rows, vectors);
      }
    } catch (error) {
      for (const index of done) await index.remove(all.filter((row) => index.has(row)));
      throw error;
    }
    this.changes += all.length;
  }

  /** Takes rows out of every index. */
  async remove(rows: readonly number[]): Promise<void> {
    if (rows.length === 0) return;
    for (const index of this.#indexes.values()) {
      const present = rows.filter((row) => index.has(row));
      if (present.length > 0) await index.remove(present);
    }
    this.changes += rows.length;
  }

  /**
   * Writes snapshots of the state at `version`, which the tables must hold already, then forgets the log up to
   * there. No write may be under way.
   */
  async save(version: number): Promise<void> {
    const { environment, uuid } = this.#context;
    for (const [name, index] of this.#indexes)
      await index.save(this.#path(name), { collection: uuid, vector: name, version });
    await environment.commit(() => {
      environment.setFact('logStart', version);
      environment.trimLog(version);
    });
    this.changes = 0;
  }

  async settled(): Promise<void> {
    for (const index of this.#indexes.values()) await index.settled();
  }

  async close(): Promise<void> {
    for (const index of this.#indexes.values()) await index.close();
  }

  #path(name: string): string {
    return join(this.#context.folder, `index-${[...this.#context.specs.keys()].indexOf(name)}.snapshot`);
  }

  async #openIndex(spec: VectorSpec, version: number): Promise<VectorIndex> {
    const loaded = await this.#load(spec, version);
    const index = loaded?.index ?? (await this.#context.factory.create(spec));
    if (!loaded) {
      await this.#fill(index, spec.name, this.#context.environment.vectors(spec.name).getKeys({}));
      return index;
    }
    const changed = [...this.#context.environment.changedSince(loaded.version)];
    const stored = this.#context.environment.vectors(spec.name);
    await index.remove(changed.filter((row) => index.has(row) && !stored.doesExist(row)));
    await this.#fill(
      index,
      spec.name,
      changed.filter((row) => stored.doesExist(row)),
    );
    const expected = stored.getCount();
    if (index.size === expected) return index;
    await index.close();
    return this.#rebuild(spec, `it holds ${index.size} vectors instead of ${expected}`);
  }

  /** The snapshot's index when it is there, whole and of this collection; otherwise warns and gives nothing. */
  async #load(
    spec: VectorSpec,
    version: number,
  ): Promise<{ index: VectorIndex; version: number } | undefined> {
    const { environment, factory, uuid } = this.#context;
    const path = this.#path(spec.name);
    const logStart = Number(environment.fact('logStart') ?? 0);
    if (!(await exists(path))) {
      if (logStart > 0) this.#warn(spec, 'it is missing');
      return undefined;
    }
    let loaded: { index: VectorIndex; owner: SnapshotOwner };
    try {
      loaded = await factory.load(path);
    } catch (error) {
      if (isFletchError(error, 'OUT_OF_MEMORY')) throw error;
      this.#warn(spec, (error as Error).message);
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
              : undefined;
    if (trouble === undefined) return { index, version: at };
    await index.close();
    this.#warn(spec, trouble);
    return undefined;
  }

  async #rebuild(spec: VectorSpec, reason: string): Promise<VectorIndex> {
    this.#warn(spec, reason);
    const index = await this.#context.factory.create(spec);
    await this.#fill(index, spec.name, this.#context.environment.vectors(spec.name).getKeys({}));
    return index;
  }

  async #fill(index: VectorIndex, name: string, rows: Iterable<number>): Promise<void> {
    const stored = this.#context.environment.vectors(name);
    const { dimension } = index;
    const vectors = new Float32Array(CHUNK * dimension);
    const bytes = new Uint8Array(vectors.buffer);
    let chunk: number[] = [];
    const flush = async () => {
      if (chunk.length > 0) await index.add(chunk, vectors.subarray(0, chunk.length * dimension));
      this.changes += chunk.length;
      chunk = [];
    };
    for (const row of rows) {
      const vector = stored.get(row)!;
      if (vector.length !== dimension * 4)
        throw new FletchError(
          'CORRUPT',
          `The vector in row ${row} has ${vector.length} bytes, not ${dimension * 4}.`,
        );
      bytes.set(vector, chunk.length * dimension * 4);
      chunk.push(row);
      if (chunk.length === CHUNK) await flush();
    }
    await flush();
  }

  #warn(spec: VectorSpec, reason: string): void {
    const path = this.#path(spec.name);
    this.#context.warn(`The index snapshot ${path} is not usable and is rebuilt: ${reason}`, {
      path,
      vector: spec.name,
    });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
