/**
 * The vectors of a collection in memory: derived from its tables, kept as snapshots, rebuilt when a snapshot cannot
 * be trusted.
 *
 * @module
 */
import { rm } from 'node:fs/promises';
import { describeFileError } from '@fletch/base';
import { encodingsPath } from '../space/multi.js';
import type { VectorSpec } from '../space/spec.js';
import type { StoredSpace, VectorSpace } from '../space/types.js';
import { createSpace, type IndexContext, openSpace, snapshotPath } from './open-space.js';
import type { AddedPoint } from './stage.js';

export type { IndexContext, IndexFactory } from './open-space.js';

/** One space for every vector name. */
export class VectorIndexes {
  readonly #context: IndexContext;
  readonly #spaces = new Map<string, StoredSpace>();
  #changes = 0;
  /** Generations of the indexes in the last snapshot. */
  #generations = 0;

  private constructor(context: IndexContext) {
    this.#context = context;
  }

  /** Loads every space and brings it up to the tables' state. `version` is that of the last write. */
  static async open(context: IndexContext, version: number): Promise<VectorIndexes> {
    const indexes = new VectorIndexes(context);
    try {
      for (const spec of context.specs.values()) {
        const { space, changes } = await openSpace(spec, context, version);
        indexes.#spaces.set(spec.name, space);
        indexes.#changes += changes;
      }
    } catch (error) {
      await indexes.close();
      throw error;
    }
    return indexes;
  }

  /** Rows added or removed since the last snapshot; at least 1 when an index has learned since. */
  get changes(): number {
    return Math.max(this.#changes, this.#generation === this.#generations ? 0 : 1);
  }

  get #generation(): number {
    return [...this.#spaces.values()].reduce((sum, { generation = 0 }) => sum + generation, 0);
  }

  /** The space of a vector that there is. */
  space(name: string): VectorSpace {
    return this.#spaces.get(name)!;
  }

  all(): IterableIterator<StoredSpace> {
    return this.#spaces.values();
  }

  /** Adds staged points to the spaces of their vectors; none is added when it throws. */
  async add(points: ReadonlyMap<number, AddedPoint>): Promise<void> {
    const done: StoredSpace[] = [];
    const all = [...points.keys()];
    try {
      for (const [name, space] of this.#spaces) {
        const rows = all.filter((row) => points.get(row)!.vectors.has(name));
        if (rows.length === 0) continue;
        await space.add(
          rows,
          rows.map((row) => points.get(row)!.vectors.get(name)!),
        );
        done.push(space);
      }
    } catch (error) {
      for (const space of done) await space.remove(all.filter((row) => space.has(row)));
      throw error;
    }
    this.#changes += all.length;
  }

  /** Takes rows out of every space. */
  async remove(rows: readonly number[]): Promise<void> {
    if (rows.length === 0) return;
    for (const space of this.#spaces.values()) {
      const present = rows.filter((row) => space.has(row));
      if (present.length > 0) await space.remove(present);
    }
    this.#changes += rows.length;
  }

  /** Makes the empty space of a new vector, with a snapshot as of `version`. */
  async create(spec: VectorSpec, version: number): Promise<void> {
    const space = await createSpace(spec, this.#context);
    try {
      await this.#saveOne(spec.name, space, spec, version);
    } catch (error) {
      await space.close();
      throw error;
    }
    this.#spaces.set(spec.name, space);
  }

  /** Lets go of a vector that the collection has no longer. */
  async drop(spec: VectorSpec): Promise<void> {
    const space = this.#spaces.get(spec.name)!;
    const path = snapshotPath(this.#context.folder, spec);
    this.#spaces.delete(spec.name);
    await space.close();
    for (const file of [path, encodingsPath(path)])
      await rm(file, { force: true }).catch((error: unknown) => {
        throw describeFileError(error, file);
      });
  }

  /**
   * Writes snapshots of the state at `version`, which the tables must hold already, then forgets the log up to
   * there. No write may be under way.
   */
  async save(version: number): Promise<void> {
    const { environment, specs } = this.#context;
    const generations = this.#generation;
    for (const [name, space] of this.#spaces) await this.#saveOne(name, space, specs.get(name)!, version);
    await environment.commit(() => {
      environment.setFact('logStart', version);
      environment.trimLog(version);
    });
    this.#changes = 0;
    this.#generations = generations;
  }

  async settled(): Promise<void> {
    for (const space of this.#spaces.values()) await space.settled();
  }

  async close(): Promise<void> {
    for (const space of this.#spaces.values()) await space.close();
  }

  async #saveOne(name: string, space: StoredSpace, spec: VectorSpec, version: number): Promise<void> {
    const { folder, uuid } = this.#context;
    await space.save?.(snapshotPath(folder, spec), { collection: uuid, vector: name, version });
  }
}
