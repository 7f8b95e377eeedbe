/**
 * The view of one state of a collection: the present one, with what was changed since undone.
 *
 * @module
 */
import { compileFilter } from '../filter/compile.js';
import type { Compiled, FieldUse, FilterSource } from '../filter/condition.js';
import type { Path } from '../filter/path.js';
import type { Analyzer } from '../filter/text/analyzer.js';
import { Bitset } from '../index/bitset.js';
import { Turns } from '../query/turns.js';
import type { VectorSpace } from '../space/types.js';
import type { Filter, PointId } from '../types/index.js';
import { type PointRow, payloadOf } from './environment.js';
import type { History, State } from './history.js';
import { compareIds } from './ids.js';
import type { FieldValues, View } from './view.js';
import { ViewColumn } from './view-column.js';
import { ViewSpace } from './view-space.js';

/** The present state, as far as views need it. */
export interface Present extends FilterSource {
  readonly history: History;
  readonly vectorNames: readonly string[];
  point(row: number): PointRow;
  /** The first `count` ids on disk from `start` on; those of a commit that is under way may be there or not. */
  idsOnDisk(start: PointId | undefined, count: number): PointId[];
  /** Ids that a commit under way may have taken from the disk already. */
  idsUnderWay(): Iterable<PointId>;
  /** The analyzers of text indexes by their field. */
  readonly texts: ReadonlyMap<string, Analyzer>;
  /** Builds columns that are not there yet. */
  prepare(fields: readonly FieldUse[]): Promise<void>;
  /** Whether the spaces hold the live rows and no others. */
  readonly spacesAreExact: boolean;
  /** Throws `INVALID_ARGUMENT`. */
  space(name: string, at: string): VectorSpace;
}

/** Filters whose rows a state remembers. */
const REMEMBERED_FILTERS = 64;
/** Longer filters (as JSON) are not remembered. */
const REMEMBERED_LENGTH = 10_000;
/** Ids that are read at a time: few at first, as most reads want few. */
const [LEAST_IDS, MOST_IDS] = [32, 1024];

/** See {@link View}. Evaluates conditions on the present columns and judges the rows changed since by themselves. */
export class StateView implements View {
  readonly #present: Present;
  readonly #state: State;
  #released = false;

  constructor(present: Present) {
    this.#present = present;
    this.#state = present.history.enter();
  }

  get live(): Bitset {
    return this.#state.live;
  }

  get count(): number {
    return this.#state.live.count;
  }

  get vectorNames(): readonly string[] {
    return this.#present.vectorNames;
  }

  row(id: PointId): number | undefined {
    const { rowOf } = this.#caughtUp();
    return rowOf.has(id) ? rowOf.get(id) : this.#present.row(id);
  }

  id(row: number): PointId {
    return this.#caughtUp().idOf.get(row) ?? this.#present.id(row)!;
  }

  point(row: number): PointRow {
    return this.#caughtUp().before.get(row) ?? this.#present.point(row);
  }

  async matching(filter: Filter): Promise<Bitset> {
    const { remembered } = this.#caughtUp();
    const key = keyOf(filter);
    const known = key === undefined ? undefined : remembered.get(key);
    if (known) return known;
    const compiled = compileFilter(filter, 'filter', this.#present.texts);
    await this.#present.prepare(compiled.paths);
    const scanned = new Map<Compiled, Bitset>();
    let rows = this.#evaluate(compiled, scanned);
    // What a condition scans may follow from what others found, so one round may lead to another.
    while (!(rows instanceof Bitset)) {
      for (const [condition, within] of rows) scanned.set(condition, await this.#scan(condition, within));
      rows = this.#evaluate(compiled, scanned);
    }
    if (key !== undefined) remember(remembered, key, rows);
    return rows;
  }

  /**
   * The matching rows: those that match by the present columns, but the rows that were changed since by what they held.
   * Or, when payloads must be looked at that were not yet, the conditions that ask for it, each with the rows to look at.
   */
  #evaluate(compiled: Compiled, scanned: ReadonlyMap<Compiled, Bitset>): Bitset | Map<Compiled, Bitset> {
    const present = this.#present;
    const missing = new Map<Compiled, Bitset>();
    const found = compiled.rows({
      live: present.live,
      row: (id) => present.row(id),
      id: (row) => present.id(row),
      column: (field) => present.column(field),
      withVector: (name) => present.withVector(name),
      scan(condition, within = present.live) {
        const known = scanned.get(condition);
        if (!known) missing.set(condition, missing.get(condition)?.or(within) ?? within);
        return known ?? within;
      },
    });
    if (missing.size > 0) return missing;
    const { live, before } = this.#caughtUp();
    const rows = found.and(live);
    for (const [row, point] of before)
      if (this.#matches(compiled, row, point)) rows.add(row);
      else rows.delete(row);
    return rows;
  }

  /** Looks at the payloads of rows, letting others work in between. */
  async #scan(condition: Compiled, within: Bitset): Promise<Bitset> {
    const rows = new Bitset();
    const turns = new Turns();
    for (const row of within.and(this.live)) {
      if (this.#matches(condition, row, this.point(row))) rows.add(row);
      if (turns.over) await turns.pause();
    }
    return rows;
  }

  #matches(condition: Compiled, row: number, point: PointRow): boolean {
    return condition.matches(payloadOf(point), this.id(row), (name) => this.#hasVector(row, name));
  }

  #hasVector(row: number, name: string): boolean {
    return this.vectorNames.includes(name) && this.#present.space(name, '').has(row);
  }

  async searchable(filter: Filter | null | undefined): Promise<Bitset | undefined> {
    if (filter) return this.matching(filter);
    return this.#isExact() ? undefined : this.live;
  }

  async column(path: Path): Promise<FieldValues | undefined> {
    await this.#present.prepare([path]);
    if (!this.#present.column(path)) return undefined;
    return new ViewColumn(path, this.#state, () => this.#present.column(path)!);
  }

  *ordered(start?: PointId): Generator<{ id: PointId; row: number }> {
    let from = start;
    let after: PointId | undefined;
    for (let size = LEAST_IDS; ; size = Math.min(2 * size, MOST_IDS)) {
      const onDisk = this.#present.idsOnDisk(from, size);
      const last = onDisk.length < size ? undefined : onDisk.at(-1);
      for (const id of this.#withMissing(onDisk, from, last)) {
        if (after !== undefined && compareIds(id, after) <= 0) continue;
        const row = this.row(id);
        if (row !== undefined) yield { id, row };
      }
      if (last === undefined) return;
      from = last;
      after = last;
    }
  }

  /** Ids on disk and those from `from` to `to` that may be gone from there, in order. */
  #withMissing(onDisk: PointId[], from: PointId | undefined, to: PointId | undefined): PointId[] {
    const { rowOf } = this.#caughtUp();
    const known = new Set(onDisk);
    const missing = [...rowOf.keys(), ...this.#present.idsUnderWay()].filter(
      (id) =>
        !known.has(id) &&
        (from === undefined || compareIds(id, from) >= 0) &&
        (to === undefined || compareIds(id, to) <= 0),
    );
    return missing.length === 0 ? onDisk : [...new Set([...onDisk, ...missing])].sort(compareIds);
  }

  space(name: string, at: string): VectorSpace {
    return new ViewSpace(this.#present.space(name, at), this.live, () => this.#isExact());
  }

  /** Whether the spaces hold this state's rows and no others. */
  #isExact(): boolean {
    return this.#present.history.present === this.#state && this.#present.spacesAreExact;
  }

  #caughtUp(): State {
    this.#state.catchUp();
    return this.#state;
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#present.history.leave(this.#state);
  }
}

/** The filter as JSON, by which it is remembered; undefined when that is too long, or too deep to be written. */
export function keyOf(filter: Filter): string | undefined {
  try {
    const key = JSON.stringify(filter);
    return key.length <= REMEMBERED_LENGTH ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Remembers the rows of a filter in the place of those that were remembered first, when they are many. */
export function remember(remembered: Map<string, Bitset>, key: string, rows: Bitset): void {
  if (remembered.size >= REMEMBERED_FILTERS) remembered.delete(remembered.keys().next().value!);
  remembered.set(key, rows);
}
