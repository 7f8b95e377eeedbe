/**
 * Rows as codes: which partition each is in, and where.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { Matrix } from '@fletch/linalg';
import { distance as euclid } from '../../squash/refine.js';
import type { Bitset } from '../bitset.js';
import type { Distance } from '../types.js';
import { CodedPartition } from './coded-partition.js';
import type { Codebook } from './learn.js';

/** Rows that can be named. */
export const ROW_LIMIT = 2 ** 28;
/** A place is a slot, times this, plus the partition + 1. */
const SLOT = 256;

/** Slots of a partition. */
export interface PartitionSlots {
  readonly partition: number;
  readonly slots: Uint32Array;
  /** Where each stood among the rows that were asked for. */
  readonly at: Uint32Array;
}

/** Codes of rows by partition. */
export class CodeRows {
  readonly codebook: Codebook;
  readonly distance: Distance;
  readonly centroids: Matrix<Float32Array>;
  readonly partitions: readonly CodedPartition[];
  #places = new Uint32Array(1024);
  #size = 0;

  constructor(codebook: Codebook, distance: Distance, seed: number) {
    const { centroids, dimension, partitions } = codebook;
    this.codebook = codebook;
    this.distance = distance;
    this.centroids = new Matrix(centroids, partitions.length, dimension);
    this.partitions = partitions.map((learned) => new CodedPartition(learned, seed));
  }

  get size(): number {
    return this.#size;
  }

  get dimension(): number {
    return this.codebook.dimension;
  }

  /** Bytes of codes and of what they were made by. */
  get bytes(): number {
    return (
      this.partitions.reduce((sum, { bytes }) => sum + bytes, 0) +
      this.#places.byteLength +
      this.centroids.data.byteLength
    );
  }

  has(row: number): boolean {
    return (this.#places[row] ?? 0) > 0;
  }

  /** The rows in ascending order. */
  *rows(): Generator<number> {
    for (let row = 0; row < this.#places.length; row++) if (this.#places[row]! > 0) yield row;
  }

  /** Codes vectors; rows that are there are replaced. Returns the share of its squared length that each lost. */
  put(names: ArrayLike<number>, x: Matrix<Float32Array>): Float64Array {
    const nearest = Uint32Array.from({ length: x.rows }, (_, i) => this.#nearest(x.row(i)));
    const lost = new Float64Array(x.rows);
    for (const [p, partition] of this.partitions.entries()) {
      const which = Uint32Array.from(nearest.keys()).filter((i) => nearest[i] === p);
      if (which.length === 0) continue;
      for (const i of which) this.take(names[i]!);
      const placed = partition.put(
        x,
        which,
        which.map((i) => names[i]!),
      );
      which.forEach((i, at) => {
        lost[i] = placed.lost[at]!;
        this.#place(names[i]!, p, placed.slots[at]!);
      });
    }
    return lost;
  }

  #nearest(vector: Float32Array): number {
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    if (this.centroids.rows === 1) return 0;
    for (let p = 0; p < this.centroids.rows; p++) {
      const far = euclid(vector, this.centroids.row(p));
      if (far < least) [best, least] = [p, far];
    }
    return best;
  }

  #place(row: number, partition: number, slot: number): void {
    if (row >= this.#places.length) {
      const grown = new Uint32Array(Math.max(row + 1, Math.ceil(this.#places.length * 1.5)));
      grown.set(this.#places);
      this.#places = grown;
    }
    this.#places[row] = slot * SLOT + partition + 1;
    this.#size++;
  }

  /** Takes over where the rows of a partition are. Throws when one is somewhere already. */
  adopt(partition: number): void {
    this.partitions[partition]!.rows.forEach((row, slot) => {
      if (row >= ROW_LIMIT || this.has(row)) throw new Error(`row ${row} is there twice, or out of range`);
      this.#place(row, partition, slot);
    });
  }

  /** Removes a row; whether it was there. */
  take(row: number): boolean {
    const place = this.#places[row] ?? 0;
    if (place === 0) return false;
    this.partitions[(place % SLOT) - 1]!.drop(Math.floor(place / SLOT));
    this.#places[row] = 0;
    this.#size--;
    return true;
  }

  /** What the code of a row stands for. Throws `NOT_FOUND`. */
  decode(row: number): Float32Array {
    const place = this.#places[row] ?? 0;
    if (place === 0) throw new FletchError('NOT_FOUND', `There is no row ${row}.`, { details: { row } });
    return this.partitions[(place % SLOT) - 1]!.decode(Math.floor(place / SLOT));
  }

  /** Where rows are, by partition. Throws `NOT_FOUND`. */
  locate(rows: Uint32Array): PartitionSlots[] {
    const found = this.partitions.map(() => ({ slots: [] as number[], at: [] as number[] }));
    rows.forEach((row, at) => {
      const place = this.#places[row] ?? 0;
      if (place === 0) throw new FletchError('NOT_FOUND', `There is no row ${row}.`, { details: { row } });
      const { slots, at: places } = found[(place % SLOT) - 1]!;
      slots.push(Math.floor(place / SLOT));
      places.push(at);
    });
    return found.flatMap(({ slots, at }, partition) =>
      slots.length > 0 ? [{ partition, slots: Uint32Array.from(slots), at: Uint32Array.from(at) }] : [],
    );
  }

  /** The slots of a partition whose rows may be returned. */
  candidates(partition: number, filter: Bitset | undefined): Uint32Array {
    const live = this.partitions[partition]!.live();
    const { rows } = this.partitions[partition]!;
    return filter ? live.filter((slot) => filter.has(rows[slot]!)) : live;
  }
}
