/**
 * What a method of compressing a given table is.
 *
 * @module
 */
import type { LongWork } from '@fletch/base';
import type { Matrix } from '@fletch/linalg';
import type { Lookup, Stored } from '../storage/stored.js';

/** Rows and columns of a table. */
export interface TableShape {
  readonly rows: number;
  readonly dim: number;
}

/** What a method gets besides the table. */
export interface VectorWork extends LongWork {
  /** Bytes that may be stored. */
  readonly bytes: number;
  readonly seed: number;
  /** Rows that codebooks are learned from, at most. */
  readonly sample: number;
}

/** A method. */
export interface VectorMethodSpec {
  /** In tables. */
  readonly title: string;
  /** The fewest bytes that it stores. */
  floor(shape: TableShape): number;
  compress(table: Matrix<Float32Array>, work: VectorWork): Stored;
  restore(stored: Stored, shape: TableShape): Lookup;
}
