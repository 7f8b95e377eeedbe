/**
 * The states of a collection that somebody still looks at.
 *
 * Only the present state is held as a whole. An earlier one is the present one with what was changed since undone;
 * every commit that happens while somebody looks leaves behind what it replaced (a {@link Change}), and a state
 * gathers the changes after it when it is next asked.
 *
 * The invariant that all reads rest on: **while a state is looked at, a row that is live in it keeps its point and
 * its vectors**. Commits put points into fresh rows; a row that a commit emptied is given out for reuse only when no
 * state is left in which it was live.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import type { Bitset } from '../index/bitset.js';
import type { PointId } from '../types/index.js';
import type { PointRow } from './environment.js';

/** What a commit replaced. */
export interface Change {
  /** What stood in the rows whose point is gone, moved or got another payload. */
  readonly before: ReadonlyMap<number, PointRow>;
  /** Rows that were emptied, with the ids that stood there. */
  readonly removed: ReadonlyMap<number, PointId>;
  /** Ids that stand in fresh rows. */
  readonly added: Iterable<PointId>;
}

/** Bytes of replaced payloads and vectors that are kept for those who look at earlier states. */
const KEPT_BYTES = 256 * 2 ** 20;
/** Rough bytes that a kept row takes besides its payload and vectors. */
const ROW_BYTES = 200;

/** One state. Its maps say in what it differs from the present one. */
export class State {
  /** Rows of all points; not changed while somebody looks at the state. */
  readonly live: Bitset;
  readonly epoch: number;
  /** Filters with their rows. */
  readonly remembered = new Map<string, Bitset>();
  /** What stood in the live rows whose content is another by now. */
  readonly before = new Map<number, PointRow>();
  /** Ids of the live rows that are empty by now. */
  readonly idOf = new Map<number, PointId>();
  /** Where the ids stood that now stand elsewhere or nowhere; undefined for those that stood nowhere. */
  readonly rowOf = new Map<PointId, number | undefined>();
  /** How many look at it. */
  views = 0;
  change: Change | undefined;
  bytes = 0;
  next: State | undefined;
  expired = false;
  #seen: State = this;

  constructor(live: Bitset, epoch: number) {
    this.live = live;
    this.epoch = epoch;
  }

  /**
   * Brings the maps up to the present state.
   *
   * @throws FletchError `UNAVAILABLE` when what it needs was given up
   */
  catchUp(): void {
    if (this.expired)
      throw new FletchError(
        'UNAVAILABLE',
        'So much was written while this was read that its state could not be kept: ask again.',
      );
    for (; this.#seen.change; this.#seen = this.#seen.next!) this.#undo(this.#seen.change);
  }

  #undo({ before, removed, added }: Change): void {
    for (const [row, point] of before)
      if (this.live.has(row) && !this.before.has(row)) this.before.set(row, point);
    for (const [row, id] of removed) {
      if (!this.live.has(row)) continue;
      this.idOf.set(row, id);
      if (!this.rowOf.has(id)) this.rowOf.set(id, row);
    }
    for (const id of added) if (!this.rowOf.has(id)) this.rowOf.set(id, undefined);
  }
}

/** Rows that a commit emptied, and its number. */
export interface Emptied {
  readonly version: number;
  readonly rows: readonly number[];
}

/** The present state and those before it that are looked at. */
export class History {
  readonly #onFree: (emptied: Emptied) => void;
  readonly #keptBytes: number;
  readonly #rowBytes: number;
  #present: State;
  /** The earliest state that is looked at, or the present one. */
  #oldest: State;
  readonly #emptied: (Emptied & { readonly epoch: number })[] = [];
  #bytes = 0;
  #views = 0;
  #onIdle: (() => void)[] = [];

  /**
   * @param onFree - called with rows once nobody can see them any more
   * @param vectorBytes - of one row, about
   */
  constructor(
    live: Bitset,
    vectorBytes: number,
    onFree: (emptied: Emptied) => void,
    keptBytes: number = KEPT_BYTES,
  ) {
    this.#present = new State(live, 0);
    this.#oldest = this.#present;
    this.#rowBytes = ROW_BYTES + vectorBytes;
    this.#onFree = onFree;
    this.#keptBytes = keptBytes;
  }

  get present(): State {
    return this.#present;
  }

  /** Whether somebody looks at any state, so that a commit must say what it replaces. */
  get isWatched(): boolean {
    return this.#views > 0;
  }

  /** Whether rows are kept that are not live any more. */
  get keepsRows(): boolean {
    return this.#emptied.length > 0;
  }

  /** Rows that are kept for those who look at earlier states. */
  kept(): readonly Emptied[] {
    return this.#emptied;
  }

  /** Looks at the present state until {@link leave}. */
  enter(): State {
    this.#present.views++;
    this.#views++;
    return this.#present;
  }

  leave(state: State): void {
    state.views--;
    this.#views--;
    this.#collect();
    if (this.#views === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  /** Resolves when nobody looks at any state. */
  async idle(): Promise<void> {
    if (this.#views > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  /**
   * Begins a new state. When the present one is looked at, `live` is another object than it has.
   *
   * @param change - what was replaced; needed when {@link isWatched}
   */
  advance(live: Bitset, change: Change | undefined, emptied: Emptied): void {
    const last = this.#present;
    this.#present = new State(live, last.epoch + 1);
    if (this.#views === 0) this.#oldest = this.#present;
    else {
      last.change = change;
      last.next = this.#present;
      last.bytes = change ? this.#sizeOf(change) : 0;
      this.#bytes += last.bytes;
      while (this.#bytes > this.#keptBytes && this.#oldest !== this.#present) this.#giveUp();
    }
    if (emptied.rows.length > 0) this.#emptied.push({ ...emptied, epoch: this.#present.epoch });
    this.#collect();
  }

  #sizeOf({ before, removed }: Change): number {
    let bytes = removed.size * this.#rowBytes;
    for (const { json } of before.values()) bytes += json.length + ROW_BYTES;
    return bytes;
  }

  /** Lets go of the earliest state although it is looked at. */
  #giveUp(): void {
    this.#oldest.expired = true;
    this.#drop();
  }

  #drop(): void {
    this.#bytes -= this.#oldest.bytes;
    this.#oldest = this.#oldest.next!;
  }

  #collect(): void {
    while (this.#oldest !== this.#present && this.#oldest.views === 0) this.#drop();
    while (this.#emptied.length > 0 && this.#emptied[0]!.epoch <= this.#oldest.epoch) {
      const { version, rows } = this.#emptied.shift()!;
      this.#onFree({ version, rows });
    }
  }
}
