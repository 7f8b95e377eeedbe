/**
 * The points of a collection in memory and on disk, and how a group of writes goes through both.
 *
 * @module
 */

import type { Column } from '../filter/column.js';
import { Columns } from '../filter/columns.js';
import { compileFilter } from '../filter/compile.js';
import type { Compiled, FieldUse } from '../filter/condition.js';
import type { Analyzer } from '../filter/text/analyzer.js';
import { Bitset } from '../index/bitset.js';
import type { VectorSpace } from '../space/types.js';
import type { Filter, Payload, PointId } from '../types/index.js';
import { type Environment, type PointRow, payloadOf } from './environment.js';
import { type Emptied, History } from './history.js';
import type { VectorIndexes } from './indexes.js';
import { Rows } from './rows.js';
import { Stage } from './stage.js';
import { keyOf, type Present, remember, StateView } from './state-view.js';
import { specFor, type VectorSpec } from './vectors.js';
import type { View } from './view.js';
import type { Write } from './writer.js';

/** Reads see each point as a whole, before or after a write. */
export class Points implements Present {
  readonly rows = new Rows();
  readonly history: History;
  readonly columns = new Columns((from) => this.#payloads(from));
  readonly #environment: Environment;
  readonly #indexes: VectorIndexes;
  readonly #specs: ReadonlyMap<string, VectorSpec>;
  /** Number of the last write. */
  version: number;
  /** What rows held before the transaction that is under way, which memory does not show yet. */
  #before = new Map<number, PointRow>();
  /** Whether the indexes hold rows of a commit that is under way. */
  #committing = false;
  /** What is being taken out of the indexes because nobody can see it any more. */
  readonly #leaving = new Set<Emptied>();
  #taken: Promise<void> = Promise.resolve();

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
    const bytes = [...specs.values()].reduce((sum, spec) => sum + vectorBytes(spec), 0);
    this.history = new History(this.rows.live, bytes, (emptied) => this.#takeOut(emptied));
  }

  get live(): Bitset {
    return this.rows.live;
  }

  row(id: PointId): number | undefined {
    return this.rows.row(id);
  }

  get vectorNames(): readonly string[] {
    return [...this.#specs.keys()];
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

  idsOnDisk(start: PointId | undefined, count: number): PointId[] {
    const ids: PointId[] = [];
    for (const { id } of this.#environment.idsFrom(start)) if (ids.push(id) === count) break;
    return ids;
  }

  *idsUnderWay(): Generator<PointId> {
    for (const row of this.#before.keys()) {
      const id = this.rows.id(row);
      if (id !== undefined) yield id;
    }
  }

  get texts(): ReadonlyMap<string, Analyzer> {
    return this.columns.texts;
  }

  prepare(fields: readonly FieldUse[]): Promise<void> {
    return this.columns.prepareAsync(fields);
  }

  /**
   * The live rows that match a filter, not to be changed; the same object until the next write.
   *
   * @throws FletchError `INVALID_FILTER`
   */
  matching(filter: Filter): Bitset {
    const { remembered } = this.history.present;
    const key = keyOf(filter);
    const known = key === undefined ? undefined : remembered.get(key);
    if (known) return known;
    const compiled = compileFilter(filter, 'filter', this.columns.texts);
    this.columns.prepare(compiled.paths);
    const rows = compiled.rows(this).and(this.live);
    if (key !== undefined) remember(remembered, key, rows);
    return rows;
  }

  /** Forgets what filters found: a payload index or a vector was made or dropped, which may change what matches. */
  forgetFilters(): void {
    this.history.present.remembered.clear();
  }

  /** The rows that a search of an index may return; undefined when that is all it holds. */
  searchable(filter: Filter | null | undefined): Bitset | undefined {
    if (filter) return this.matching(filter);
    return this.spacesAreExact ? undefined : this.live;
  }

  get spacesAreExact(): boolean {
    return !this.#committing && this.#leaving.size === 0 && !this.history.keepsRows;
  }

  space(name: string, at: string): VectorSpace {
    return this.#indexes.space(specFor(this.#specs, name, at).name);
  }

  /** The state of now, for one read. */
  view(): View {
    return new StateView(this);
  }

  /** Number of a write up to which no row is left in the indexes that writes removed. */
  get versionOfIndexes(): number {
    return [...this.history.kept(), ...this.#leaving].reduce(
      (least, { version }) => Math.min(least, version - 1),
      this.version,
    );
  }

  /** Resolves when the rows that nobody can see any more are out of the indexes. */
  async cleared(): Promise<void> {
    for (let last: unknown; last !== this.#taken; ) {
      last = this.#taken;
      await last;
    }
  }

  /** Takes rows out of the indexes, then gives them out again. No write waits for it. */
  #takeOut(emptied: Emptied): void {
    this.#leaving.add(emptied);
    this.#taken = this.#taken.then(async () => {
      const all = [...this.#leaving];
      if (!all.includes(emptied)) return;
      const rows = all.flatMap((one) => one.rows);
      try {
        await this.#indexes.remove(rows);
      } catch {
        // They stay where they are, are never returned, and are tried again with the next ones.
        return;
      }
      for (const one of all) this.#leaving.delete(one);
      this.rows.release(rows);
    });
  }

  /** Carries writes out as one transaction; see {@link Write}. */
  async commit(writes: readonly Write[]): Promise<PromiseSettledResult<number>[]> {
    // Columns that a filter needs are built bit by bit here: while a write is staged, nobody else has a turn.
    for (const { filter } of writes)
      if (filter) await this.prepare(compileFilter(filter, 'filter', this.columns.texts).paths);
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
    this.#committing = true;
    try {
      await this.#indexes.add(stage.added);
      await this.#makeDurable(stage, version);
    } catch (error) {
      stage.abandon();
      this.#before.clear();
      this.#committing = false;
      throw error;
    }
    this.#committing = false;
    this.#show(stage, version);
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
    const { isWatched, present } = this.history;
    const change = isWatched
      ? { before, removed: stage.removed, added: Array.from(stage.added.values(), ({ id }) => id) }
      : undefined;
    if (present.views > 0) this.rows.leaveLive();
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
    this.version = version;
    this.history.advance(this.live, change, { version, rows: [...stage.removed.keys()] });
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

/** Bytes of one vector in memory, about; those of sparse ones and of several to a point are not known beforehand. */
function vectorBytes(spec: VectorSpec): number {
  return 'dimension' in spec ? spec.dimension * 4 : 0;
}
