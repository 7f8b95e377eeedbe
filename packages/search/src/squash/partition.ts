/**
 * One partition: its own axes, codes and bits, and how candidates are narrowed down in it.
 *
 * @module
 */
import { type Matrix, rng } from '@fletch/linalg';
import { Top } from '../query/top.js';
import { type Coordinates, coordinates, nearestByBits, wordsOf, writeSigns } from './binary.js';
import { allocateBits, uniformBits } from './bits.js';
import { cellBoundaries, cellDistances, cellOf, type LloydOptions } from './cells.js';
import { along, coordinatesOf, leading, meanOf, principalAxes, residual } from './klt.js';
import { bitOffsets, extractAt, packSegments } from './segments.js';
import type { Allocation, BinaryBasis } from './types.js';

/** What a partition consists of; this is what its file holds. */
export interface PartitionData {
  /** Id of each local row, rising. */
  readonly ids: Uint32Array;
  readonly mean: Float32Array;
  /** m x d: the axes that have bits (all, when the one bit a dimension is taken along them). */
  readonly axes: Matrix<Float32Array>;
  /** Bits of each axis. */
  readonly bits: Uint8Array;
  /** Boundaries of the cells of each axis with bits, one after the other. */
  readonly bounds: Float32Array;
  readonly segments: readonly Uint8Array[];
  /** Signs, ⌈d / 32⌉ words a row. */
  readonly signs: Uint32Array;
  /** Greatest distance of a row from the mean. */
  readonly radius: number;
  readonly basis: BinaryBasis;
  readonly seed: number;
}

/** How a partition is built. */
export interface PartitionOptions {
  readonly bitBudget: number;
  readonly allocation: Allocation;
  readonly basis: BinaryBasis;
  readonly lloyd: LloydOptions;
  readonly seed: number;
}

/** Rows that are left to be read, by rising lower bound. */
export interface Narrowed {
  /** Local rows that the comparison of bits left. */
  readonly left: Uint32Array;
  /** … and lower bounds, by rising bound. */
  readonly rows: Uint32Array;
}

/** Lower bounds of distances, for candidates. */
export interface Bounded {
  /** Local rows, by rising bound. */
  readonly rows: Uint32Array;
  readonly bounds: Float64Array;
}

/** A query as a partition sees it. */
export interface Seen {
  readonly signs: Uint32Array;
  /** Squared distance from each cell, axis after axis. */
  readonly tables: readonly Float64Array[];
  /** What rounding may have added to a bound. */
  readonly slack: number;
}

/** Codes of a partition's vectors. */
export class Partition {
  readonly data: PartitionData;
  readonly #offsets: Uint32Array;
  readonly #bounds: readonly Float32Array[];
  readonly #coordinates: Coordinates;

  constructor(data: PartitionData) {
    this.data = data;
    this.#offsets = bitOffsets(data.bits);
    this.#bounds = boundsOf(data);
    this.#coordinates = coordinates(data.basis, data.mean.length, data.seed, data.axes);
  }

  get count(): number {
    return this.data.ids.length;
  }

  /** Bytes of a vector: codes, without the signs. */
  get codeBytes(): number {
    return this.data.segments.length;
  }

  /** What narrowing needs to know of a query. */
  see(query: ArrayLike<number>): Seen {
    const { mean, axes, radius } = this.data;
    const rest = residual(query, mean);
    const signs = new Uint32Array(wordsOf(mean.length));
    writeSigns(this.#coordinates(rest), signs, 0);
    const z = along(axes, rest);
    const length = Math.sqrt(rest.reduce((sum, value) => sum + value * value, 0));
    return {
      signs,
      tables: this.#bounds.map((bounds, j) => (bounds.length > 0 ? cellDistances(bounds, z[j]!) : empty)),
      // Coordinates of the vectors are float32: each is off by at most about √d units in the last place of its vector.
      slack: 2 ** -22 * Math.sqrt(mean.length) * (length + radius),
    };
  }

  /** Squared lower bounds: the distances from the cells of all axes, summed (SQUASH's asymmetric distance). */
  squares({ tables }: Seen, rows: Uint32Array): Float64Array {
    const { segments, bits } = this.data;
    const sums = new Float64Array(rows.length);
    tables.forEach((table, j) => {
      if (table.length === 0) return;
      const codes = extractAt(segments, this.#offsets[j]!, bits[j]!, rows);
      for (let i = 0; i < codes.length; i++) sums[i]! += table[codes[i]!]!;
    });
    return sums;
  }

  /**
   * Narrows candidates down: the share with the most equal bits, then the `read` with the least lower bounds.
   *
   * @param rows - local rows, rising
   */
  narrow(
    query: ArrayLike<number>,
    rows: Uint32Array,
    { percent, read }: { readonly percent: number; readonly read: number },
  ): Narrowed {
    const seen = this.see(query);
    const keep = Math.max(Math.floor((percent / 100) * rows.length), read);
    const left = nearestByBits(this.data.signs, seen.signs, rows, keep);
    const squares = this.squares(seen, left);
    const top = new Top(Math.min(read, left.length));
    for (let i = 0; i < left.length; i++) top.offer(left[i]!, -squares[i]!);
    return { left, rows: top.hits().rows };
  }

  /** Lower bounds of the distances of candidates: no distance is less, rounding included. */
  lowerBounds(query: ArrayLike<number>, rows: Uint32Array): Bounded {
    const seen = this.see(query);
    const squares = this.squares(seen, rows);
    const order = Uint32Array.from(rows.keys()).sort((a, b) => squares[a]! - squares[b]! || a - b);
    return {
      rows: order.map((i) => rows[i]!),
      bounds: Float64Array.from(order, (i) => Math.max(0, Math.sqrt(squares[i]!) - seen.slack)),
    };
  }
}

const empty = new Float64Array(0);

/** The boundaries of each axis; none of one without bits. */
export function boundsOf({ bits, bounds }: Pick<PartitionData, 'bits' | 'bounds'>): Float32Array[] {
  let at = 0;
  return Array.from(bits, (width) => {
    if (width === 0) return new Float32Array(0);
    const from = at;
    at += 2 ** width + 1;
    return bounds.subarray(from, at);
  });
}

/** The last axis that has bits, plus one. */
const usedAxes = (bits: Uint8Array): number => bits.findLastIndex((width) => width > 0) + 1;

/**
 * Learns and codes a partition.
 *
 * @param x - all vectors
 * @param ids - its rows, rising
 */
export function buildPartition(
  x: Matrix<Float32Array>,
  ids: Uint32Array,
  options: PartitionOptions,
): Partition {
  const { bitBudget, allocation, basis, lloyd, seed } = options;
  const mean = meanOf(x, ids);
  const { axes: all, energies } = principalAxes(x, ids, mean);
  const given =
    allocation === 'greedy' ? allocateBits(energies, bitBudget) : uniformBits(energies.length, bitBudget);
  const used = basis === 'klt' ? energies.length : usedAxes(given);
  const axes = leading(all, used);
  const bits = given.slice(0, used);
  const columns = coordinatesOf(x, ids, mean, axes);
  const random = rng(seed, 1);
  const bounds = columns.map((values, j) =>
    bits[j]! > 0 ? cellBoundaries(values, bits[j]!, lloyd, random) : new Float32Array(0),
  );
  const codes = columns.map((values, j) =>
    bits[j]! > 0 ? Uint8Array.from(values, (value) => cellOf(bounds[j]!, value)) : new Uint8Array(0),
  );
  // Principal coordinates are there already.
  const turn: Turn =
    basis === 'klt'
      ? (_, i) => Float64Array.from(columns, (column) => column[i]!)
      : coordinates(basis, x.cols, seed, axes);
  const { signs, radius } = signsOf(x, ids, mean, turn);
  return new Partition({
    ids,
    mean,
    axes,
    bits,
    bounds: joined(bounds),
    segments: packSegments(codes, bits),
    signs,
    radius,
    basis,
    seed,
  });
}

/** Coordinates of the i-th row, from what it is off the mean. */
type Turn = (residual: Float64Array, i: number) => Float64Array;

function signsOf(x: Matrix<Float32Array>, ids: Uint32Array, mean: Float32Array, turn: Turn) {
  const words = wordsOf(x.cols);
  const signs = new Uint32Array(ids.length * words);
  let radius = 0;
  ids.forEach((id, i) => {
    const rest = residual(x.row(id), mean);
    radius = Math.max(radius, Math.sqrt(rest.reduce((sum, value) => sum + value * value, 0)));
    writeSigns(turn(rest, i), signs, i * words);
  });
  return { signs, radius };
}

function joined(arrays: readonly Float32Array[]): Float32Array {
  const result = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    result.set(array, at);
    at += array.length;
  }
  return result;
}
