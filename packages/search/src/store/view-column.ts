/**
 * A payload field turned around, as a view sees it.
 *
 * @module
 */
import { Column, type Scalar } from '../filter/column.js';
import type { Path } from '../filter/path.js';
import { Bitset } from '../index/bitset.js';
import { payloadOf } from './environment.js';
import type { State } from './history.js';
import type { FieldValues } from './view.js';

/** The present column for the rows that are as they were, another one for those that were changed since. */
export class ViewColumn implements FieldValues {
  readonly #state: State;
  readonly #present: () => Column;
  #past: Column;
  #changed = new Bitset();

  /** @param present - the column of now, which writes keep up to date */
  constructor(path: Path, state: State, present: () => Column) {
    this.#state = state;
    this.#present = present;
    this.#past = new Column(path);
  }

  *counts(within: Bitset = this.#state.live): Generator<[Scalar, number]> {
    yield* this.countsOf((value) => value, within);
  }

  countsOf(
    read: (value: Scalar) => Scalar | undefined,
    within: Bitset = this.#state.live,
  ): Map<Scalar, number> {
    this.#catchUp();
    if (this.#changed.count === 0) return this.#present().countsOf(read, within);
    const counts = this.#present().countsOf(read, within.andNot(this.#changed));
    for (const [value, count] of this.#past.countsOf(read, within))
      counts.set(value, (counts.get(value) ?? 0) + count);
    return counts;
  }

  *rowsOf(value: Scalar): Generator<number> {
    this.#catchUp();
    for (const row of this.#present().rowsOf(value)) if (!this.#changed.has(row)) yield row;
    yield* this.#past.rowsOf(value);
  }

  /** Takes the rows in that were changed since the last time. */
  #catchUp(): void {
    this.#state.catchUp();
    const { before } = this.#state;
    if (before.size === this.#changed.count) return;
    for (const [row, point] of before) {
      if (this.#changed.has(row)) continue;
      this.#changed.add(row);
      this.#past.add(row, payloadOf(point));
    }
  }
}
