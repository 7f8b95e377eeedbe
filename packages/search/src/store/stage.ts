/**
 * What a group of writes will change, worked out before anything is written.
 *
 * @module
 */
import type { VectorValue } from '../space/types.js';
import type { Payload, PointId } from '../types/index.js';
import { type Environment, type PointRow, payloadOf } from './environment.js';
import type { Rows } from './rows.js';

/** A point that goes into a fresh row. */
export interface AddedPoint {
  readonly id: PointId;
  readonly point: PointRow;
  readonly vectors: ReadonlyMap<string, VectorValue>;
}

/** The changes of one group; later writes of the group see those of earlier ones. */
export class Stage {
  readonly #rows: Rows;
  readonly #environment: Environment;
  /** Rows of the ids that the group touched; null when the point is gone. */
  readonly #rowOf = new Map<PointId, number | null>();
  /** Points in fresh rows. */
  readonly added = new Map<number, AddedPoint>();
  /** Live rows that keep their vectors and get a new payload. */
  readonly rewritten = new Map<number, PointRow>();
  /** Live rows whose point goes, or moves to a fresh row. */
  readonly removed = new Map<number, PointId>();

  constructor(rows: Rows, environment: Environment) {
    this.#rows = rows;
    this.#environment = environment;
  }

  get isEmpty(): boolean {
    return this.added.size + this.rewritten.size + this.removed.size === 0;
  }

  row(id: PointId): number | undefined {
    const staged = this.#rowOf.get(id);
    return staged === undefined ? this.#rows.row(id) : (staged ?? undefined);
  }

  /** The payload that a live or staged row has by now. */
  payload(row: number): Payload {
    const staged = this.added.get(row)?.point ?? this.rewritten.get(row);
    return payloadOf(staged ?? this.#environment.point(row)!);
  }

  /** Inserts or replaces a whole point. */
  put(id: PointId, point: PointRow, vectors: ReadonlyMap<string, VectorValue>): void {
    const old = this.row(id);
    if (old !== undefined && this.added.has(old)) {
      this.added.set(old, { id, point, vectors });
      return;
    }
    if (old !== undefined && this.#environment.hasVectors(old, vectors)) {
      this.rewritten.set(old, point);
      return;
    }
    if (old !== undefined) this.#take(old, id);
    const row = this.#rows.allocate();
    this.added.set(row, { id, point, vectors });
    this.#rowOf.set(id, row);
  }

  /** The vectors that a live or staged row has by now. */
  vectors(row: number): ReadonlyMap<string, VectorValue> {
    return this.added.get(row)?.vectors ?? this.#environment.vectorsOf(row);
  }

  /** Gives a point that is there other vectors; its payload stays. */
  revector(id: PointId, version: number, vectors: ReadonlyMap<string, VectorValue>): void {
    const row = this.row(id)!;
    const staged = this.added.get(row)?.point ?? this.rewritten.get(row) ?? this.#environment.point(row)!;
    this.put(id, { version, json: staged.json }, vectors);
  }

  /** Gives a live or staged row a new payload. */
  rewrite(row: number, point: PointRow): void {
    const added = this.added.get(row);
    if (added) this.added.set(row, { ...added, point });
    else this.rewritten.set(row, point);
  }

  /** Removes a point; whether there was one. */
  remove(id: PointId): boolean {
    const row = this.row(id);
    if (row === undefined) return false;
    if (this.added.delete(row)) this.#rows.release([row]);
    else this.#take(row, id);
    this.#rowOf.set(id, null);
    return true;
  }

  /** Gives back the rows that were taken, because the group failed. */
  abandon(): void {
    this.#rows.release(this.added.keys());
  }

  /** Writes everything; call within a commit. */
  write(): void {
    for (const [row, id] of this.removed) {
      this.#environment.points.remove(row);
      this.#environment.removeVectors(row);
      if (this.row(id) === undefined) this.#environment.removeId(id);
    }
    for (const [row, { id, point, vectors }] of this.added) {
      this.#environment.putPoint(row, point);
      this.#environment.putId(id, row);
      this.#environment.putVectors(row, vectors);
    }
    for (const [row, point] of this.rewritten) this.#environment.putPoint(row, point);
  }

  #take(row: number, id: PointId): void {
    this.rewritten.delete(row);
    this.removed.set(row, id);
  }
}
