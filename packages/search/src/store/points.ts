/**
 * The points of a collection in memory and on disk, and how a group of writes goes through both.
 *
 * @module
 */

import type { Column } from '../filter/column.js';
import { Columns } from '../filter/columns.js';
import { compileFilter } from '../filter/compile.js';
import type { Compiled, FieldUse, FilterSource } from '../filter/condition.js';
import { Bitset } from '../index/bitset.js';
import type { Filter, Payload, PointId } from '../types/index.js';
import { type Environment, type PointRow, payloadOf } from './environment.js';
import type { VectorIndexes } from './indexes.js';
import { Rows } from './rows.js';
import { Stage } from './stage.js';
import { specFor, type VectorSpec } from './vectors.js';
import type { View } from './view.js';
import type { Write } from './writer.js';

/** Filters whose rows are remembered until the next write. */
const REMEMBERED_FILTERS = 64;
/** Longer filters (as JSON) are not remembered. */
const REMEMBERED_LENGTH = 10_000;

/** Reads see each point as a whole, before or after a write. */
export class Points implements FilterSource {
  readonly rows = new Rows();
  readonly columns = new Columns((from) => this.#payloads(from));
  readonly #environment: Environment;
  readonly #indexes: VectorIndexes;
  readonly #specs: ReadonlyMap<string, VectorSpec>;
  /** Number of the last write. */
  version: number;
  /** What rows held before the transaction that is under way, which memory does not show yet. */
  #before = new Map<number, PointRow>();
  readonly #remembered = new Map<string, Bitset>();
  /** Whether the indexes hold rows that are not live (yet, or any more). */
  #indexesAhead = false;

  constructor(
    environment: Environment,
    indexes: VectorIndexes,
    specs: ReadonlyMap<string, VectorSpec>,
    version: number,
  ) {
    this.#environment = environment;
    this.#indexes = indexes;
    this.#specs = specs;
    this.version = version;
    for (const { id, row } of environment.idsFrom()) this.rows.place(id, row);
    this.rows.freeGaps();
  }

  get live(): Bitset {
    return this.rows.live;
  }

  row(id: PointId): number | undefined {
    return this.rows.row(id);
  }

  /** The payload text and version of a live row. */
  point(row: number): PointRow {
    return this.#before.get(row) ?? this.#environment.point(row)!;
  }

  id(row: number): PointId | undefined {
    return this.rows.id(row);
  }

  column(field: FieldUse): Column | undefined {
    return this.columns.get(field);
  }

  withVector(name: string): Bitset | undefined {
    if (!this.#specs.has(name)) return undefined;
    const space = this.#indexes.space(name);
    const rows = new Bitset();
    for (const row of this.live) if (space.has(row)) rows.add(row);
    return rows;
  }

  scan(condition: Compiled, within: Bitset = this.live): Bitset {
    const rows = new Bitset();
    const payloads = within === this.live ? this.#payloads() : this.#payloadsOf(within);
    for (const { row, payload } of payloads)
      if (condition.matches(payload, this.rows.id(row)!)) rows.add(row);
    return rows;
  }

  /** Ids and rows of the live points in order of their ids, from `start` on. */
  *ordered(start?: PointId): Generator<{ id: PointId; row: number }> {
    for (const { id } of this.#environment.idsFrom(start)) {
      const row = this.rows.row(id);
      if (row !== undefined) yield { id, row };
    }
  }

  /**
   * The live rows that match a filter, not to be changed; the same object until the next write.
   *
   * @throws FletchError `INVALID_FILTER`
   */
  matching(filter: Filter): Bitset {
    const key = keyOf(filter);
    const remembered = key === undefined ? undefined : this.#remembered.get(key);
    if (remembered) return remembered;
    const compiled = compileFilter(filter, 'filter', this.columns.texts);
    this.columns.prepare(compiled.paths);
    const rows = compiled.rows(this).and(this.live);
    if (key !== undefined) {
      if (this.#remembered.size >= REMEMBERED_FILTERS)
        this.#remembered.delete(this.#remembered.keys().next().value!);
      this.#remembered.set(key, rows);
    }
    return rows;
  }

  /** Forgets what filters found: a payload index or a vector was made or dropped, which may change what matches. */
  forgetFilters(): void {
    this.#remembered.clear();
  }

  /** The rows that a search of an index may return; undefined when that is all it holds. */
  searchable(filter: Filter | null | undefined): Bitset | undefined {
    if (filter) return this.matching(filter);
    return this.#indexesAhead ? this.live.clone() : undefined;
  }

  /** The state of now, for one read. */
  view(): View {
    return {
      live: this.live,
      count: this.rows.size,
      vectorNames: [...this.#specs.keys()],
      row: (id) => this.row(id),
      id: (row) => this.rows.id(row)!,
      point: (row) => this.point(row),
      matching: async (filter) => this.matching(filter),
      searchable: async (filter) => this.searchable(filter),
      column: async (path) => this.column(path),
      ordered: (start) => this.ordered(start),
      space: (name, at) => this.#indexes.space(specFor(this.#specs, name, at).name),
      release() {},
    };
  }

  /** Carries writes out as one transaction; see {@link Write}. */
  async commit(writes: readonly Write[]): Promise<PromiseSettledResult<number>[]> {
    const stage = new Stage(this.rows, this.#environment);
    let version = this.version;
    const results = writes.map((write): PromiseSettledResult<number> => {
      try {
        write.stage(stage, version + 1);
        return { status: 'fulfilled', value: ++version };
      } catch (reason) {
        return { status: 'rejected', reason };
      }
    });
    if (stage.isEmpty) return results;
    this.#indexesAhead = true;
    try {
      await this.#indexes.add(stage.added);
      await this.#makeDurable(stage, version);
    } catch (error) {
      stage.abandon();
      this.#before.clear();
      this.#indexesAhead = false;
      throw error;
    }
    this.#show(stage, version);
    const removed = [...stage.removed.keys()];
    await this.#indexes.remove(removed);
    this.rows.release(removed);
    this.#indexesAhead = false;
    return results;
  }

  async #makeDurable(stage: Stage, version: number): Promise<void> {
    for (const row of [...stage.removed.keys(), ...stage.rewritten.keys()])
      this.#before.set(row, this.#environment.point(row)!);
    try {
      await this.#environment.commit(() => {
        stage.write();
        const moved = [...stage.added.keys(), ...stage.removed.keys()];
        if (moved.length > 0) this.#environment.putLog(version, moved);
        this.#environment.setFact('version', version);
      });
    } catch (error) {
      await this.#indexes.remove([...stage.added.keys()]);
      throw error;
    }
  }

  /** Lets readers see a durable group, all at once. */
  #show(stage: Stage, version: number): void {
    const before = this.#before;
    const { used } = this.columns;
    for (const row of stage.removed.keys()) {
      if (used) this.columns.remove(row, payloadOf(before.get(row)!));
      this.rows.clear(row);
    }
    for (const [row, point] of stage.rewritten) {
      if (!used) break;
      this.columns.remove(row, payloadOf(before.get(row)!));
      this.columns.add(row, payloadOf(point));
    }
    for (const [row, { id, point }] of stage.added) {
      if (used) this.columns.add(row, payloadOf(point));
      this.rows.place(id, row);
    }
    this.#before = new Map();
    this.#remembered.clear();
    this.version = version;
  }

  /** The payloads of all live rows from `from` on, in order of the rows. */
  *#payloads(from = 0): Generator<{ row: number; payload: Payload }> {
    // Rows that a transaction under way changes may be missing from the tables.
    const changing = [...this.#before].filter(([row]) => row >= from).sort(([a], [b]) => a - b);
    let next = 0;
    for (const { row, point } of this.#environment.allPoints(from)) {
      for (; next < changing.length && changing[next]![0] < row; next++)
        yield { row: changing[next]![0], payload: payloadOf(changing[next]![1]) };
      if (next < changing.length && changing[next]![0] === row) continue;
      if (this.live.has(row)) yield { row, payload: payloadOf(point) };
    }
    for (; next < changing.length; next++)
      yield { row: changing[next]![0], payload: payloadOf(changing[next]![1]) };
  }

  *#payloadsOf(rows: Bitset): Generator<{ row: number; payload: Payload }> {
    for (const row of rows) if (this.live.has(row)) yield { row, payload: payloadOf(this.point(row)) };
  }
}

/** The filter as JSON, by which it is remembered; undefined when that is too long, or too deep to be written. */
function keyOf(filter: Filter): string | undefined {
  try {
    const key = JSON.stringify(filter);
    return key.length <= REMEMBERED_LENGTH ? key : undefined;
  } catch {
    return undefined;
  }
}
