/**
 * What a group of writes will change, worked out before anything is written.
 *
 * @module
 */
import type { Payload, PointId } from '../types/index.js';
import { type Environment, type PointRow, payloadOf } from './environment.js';
import type { Rows } from './rows.js';

/** A point that goes into a fresh row. */
export interface AddedPoint {
  readonly id: PointId;
  readonly point: PointRow;
  readonly vectors: ReadonlyMap<string, Float32Array>;
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
  put(id: PointId, point: PointRow, vectors: ReadonlyMap<string, Float32Array>): void {
    const old = this.row(id);
    if (old !== undefined && this.added.has(old)) {
      this.added.set(old, { id, point, vectors });
      return;
    }
    if (old !== undefined && this.#sameVectors(old, vectors)) {
      this.rewritten.set(old, point);
      return;
    }
    if (old !== undefined) this.#take(old, id);
    const row = this.#rows.allocate();
    this.added.set(row, { id, point, vectors });
    this.#rowOf.set(id, row);
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
      for (const [, table] of this.#environment.vectorTables()) table.remove(row);
      if (this.row(id) === undefined) this.#environment.removeId(id);
    }
    for (const [row, { id, point, vectors }] of this.added) {
      this.#environment.putPoint(row, point);
      this.#environment.putId(id, row);
      for (const [name, vector] of vectors)
        this.#environment
          .vectors(name)
          .put(row, Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength));
    }
    for (const [row, point] of this.rewritten) this.#environment.putPoint(row, point);
  }

  #take(row: number, id: PointId): void {
    this.rewritten.delete(row);
    this.removed.set(row, id);
  }

  #sameVectors(row: number, vectors: ReadonlyMap<string, Float32Array>): boolean {
    for (const [name, table] of this.#environment.vectorTables()) {
      const stored = table.get(row);
      const vector = vectors.get(name);
      if ((stored === undefined) !== (vector === undefined)) return false;
      if (
        stored &&
        vector &&
        !stored.equals(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength))
      )
        return false;
    }
    return true;
  }
}
