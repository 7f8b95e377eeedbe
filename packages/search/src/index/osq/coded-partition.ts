/**
 * The codes of a partition whose rows come and go.
 *
 * @module
 */
import { Matrix } from '@fletch/linalg';
import { randomRotation, wordsOf, writeSigns } from '../../squash/binary.js';
import { cellOf } from '../../squash/cells.js';
import { along, coordinatesOf, residual } from '../../squash/klt.js';
import { boundsOf, Partition, type PartitionData } from '../../squash/partition.js';
import { bitOffsets, extractAt } from '../../squash/segments.js';
import type { LearnedPartition } from './learn.js';

/** Stands for no row. */
export const NONE = 0xffffffff;
const FIRST = 64;
const GROWTH = 1.125;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What codes stand for, compared with a query. */
export interface Decoded {
  /** Dot products with the query. */
  readonly dots: Float64Array;
  /** Squared lengths. */
  readonly squares: Float64Array;
  /** Squared Euclidean distances from the query. */
  readonly distances: Float64Array;
}

/** Codes of rows in slots; a row that leaves makes room for another one. */
export class CodedPartition {
  readonly learned: LearnedPartition;
  readonly codes: Partition;
  readonly #data: Mutable<PartitionData> & { segments: Uint8Array[] };
  readonly #axes: Matrix<Float32Array>;
  readonly #offsets: Uint32Array;
  readonly #bounds: readonly Float32Array[];
  /** What each cell stands for: its middle. */
  readonly #values: readonly Float64Array[];
  /** The mean along the axes, and its squared length. */
  readonly #meanAlong: Float64Array;
  readonly #meanSquare: number;
  readonly #turn: ReturnType<typeof randomRotation>;
  #norms: Float32Array = new Float32Array(0);
  #end = 0;
  readonly #free: number[] = [];

  constructor(learned: LearnedPartition, seed: number) {
    const { mean, axes, bits, bounds } = learned;
    const dimension = mean.length;
    this.learned = learned;
    this.#axes = new Matrix(axes, bits.length, dimension);
    this.#offsets = bitOffsets(bits);
    const segments = Math.ceil(this.#offsets[bits.length]! / 8);
    this.#data = {
      ...{ ids: new Uint32Array(0), mean, axes: this.#axes, bits, bounds },
      segments: Array.from({ length: segments }, () => new Uint8Array(0)),
      ...{ signs: new Uint32Array(0), radius: 0, basis: 'rotated', seed },
    };
    this.codes = new Partition(this.#data);
    this.#bounds = boundsOf(learned);
    this.#values = this.#bounds.map((b) =>
      Float64Array.from({ length: Math.max(0, b.length - 1) }, (_, i) => (b[i]! + b[i + 1]!) / 2),
    );
    this.#meanAlong = along(this.#axes, Float64Array.from(mean));
    this.#meanSquare = mean.reduce((sum, value) => sum + value * value, 0);
    this.#turn = randomRotation(dimension, seed);
  }

  /** Rows of the slots up to {@link end}; {@link NONE} in those that are free. */
  get rows(): Uint32Array {
    return this.#data.ids;
  }

  get end(): number {
    return this.#end;
  }

  /** Greatest distance of a row from the mean so far. */
  get radius(): number {
    return this.#data.radius;
  }

  get signs(): Uint32Array {
    return this.#data.signs;
  }

  get segments(): readonly Uint8Array[] {
    return this.#data.segments;
  }

  /** Squared length of the vector in a slot, rounded up. */
  norm(slot: number): number {
    return this.#norms[slot]!;
  }

  /** Bytes of a row: code, signs, number and length. */
  get rowBytes(): number {
    return this.#data.segments.length + 4 * wordsOf(this.#data.mean.length) + 8;
  }

  /** Bytes of what was allocated. */
  get bytes(): number {
    const { mean, axes, bits, bounds } = this.learned;
    const tables = mean.byteLength + axes.byteLength + bits.byteLength + bounds.byteLength;
    return tables + this.#data.ids.length * this.rowBytes;
  }

  /** Makes room for `count` more rows. */
  reserve(count: number): void {
    const wanted = this.#end + count - this.#free.length;
    const have = this.#data.ids.length;
    if (wanted <= have) return;
    const size = Math.max(wanted, FIRST, Math.ceil(have * GROWTH));
    const words = wordsOf(this.#data.mean.length);
    const grow = <T extends Uint8Array | Uint32Array | Float32Array>(old: T, fresh: T): T => {
      fresh.set(old as never);
      return fresh;
    };
    this.#data.ids = grow(this.#data.ids, new Uint32Array(size).fill(NONE));
    this.#data.signs = grow(this.#data.signs, new Uint32Array(size * words));
    this.#norms = grow(this.#norms, new Float32Array(size));
    this.#data.segments = this.#data.segments.map((segment) => grow(segment, new Uint8Array(size)));
  }

  /**
   * Codes some rows of `x`.
   *
   * @param which - rows of `x`
   * @param names - what they are called here
   * @returns their slots, and the share of its squared length that each lost
   */
  put(
    x: Matrix<Float32Array>,
    which: Uint32Array,
    names: Uint32Array,
  ): { slots: Uint32Array; lost: Float64Array } {
    this.reserve(which.length);
    const { mean } = this.learned;
    const words = wordsOf(mean.length);
    const slots = which.map(() => this.#free.pop() ?? this.#end++);
    const lost = new Float64Array(which.length);
    const squares = new Float64Array(which.length);
    slots.forEach((slot, i) => {
      const vector = x.row(which[i]!);
      const rest = residual(vector, mean);
      lost[i] = sumOfSquares(rest);
      squares[i] = sumOfSquares(vector);
      this.#data.radius = Math.max(this.#data.radius, Math.sqrt(lost[i]!));
      writeSigns(this.#turn(rest), this.#data.signs, slot * words);
      this.#norms[slot] = squares[i]! * (1 + 2 ** -23);
      this.#data.ids[slot] = names[i]!;
      for (const segment of this.#data.segments) segment[slot] = 0;
    });
    if (this.#axes.rows > 0)
      for (const [j, values] of coordinatesOf(x, which, mean, this.#axes).entries())
        this.#write(j, values, slots, lost);
    return { slots, lost: lost.map((off, i) => (squares[i]! > 0 ? Math.max(0, off) / squares[i]! : 0)) };
  }

  /** Writes the codes of an axis, and takes what they keep from what is lost. */
  #write(j: number, values: Float32Array, slots: Uint32Array, lost: Float64Array): void {
    const width = this.learned.bits[j]!;
    if (width === 0) return;
    const from = this.#offsets[j]!;
    const bounds = this.#bounds[j]!;
    const first = this.#data.segments[from >> 3]!;
    const second = this.#data.segments[(from >> 3) + 1];
    const beyond = (from & 7) + width - 8;
    for (let i = 0; i < slots.length; i++) {
      const value = values[i]!;
      const code = cellOf(bounds, value);
      const slot = slots[i]!;
      lost[i]! += (value - this.#values[j]![code]!) ** 2 - value * value;
      if (beyond <= 0) first[slot]! |= code << -beyond;
      else {
        first[slot]! |= code >> beyond;
        second![slot]! |= code << (8 - beyond);
      }
    }
  }

  /** Takes codes over that were written in slots one after another. */
  restore(
    rows: Uint32Array,
    signs: Uint32Array,
    norms: Float32Array,
    segments: Uint8Array[],
    radius: number,
  ): void {
    Object.assign(this.#data, { ids: rows, signs, segments, radius });
    this.#norms = norms;
    this.#end = rows.length;
  }

  /** Frees a slot. */
  drop(slot: number): void {
    this.#data.ids[slot] = NONE;
    this.#free.push(slot);
  }

  /** The slots that are in use. */
  live(): Uint32Array {
    const { ids } = this.#data;
    const slots = new Uint32Array(this.#end);
    let count = 0;
    for (let slot = 0; slot < this.#end; slot++) if (ids[slot] !== NONE) slots[count++] = slot;
    return slots.subarray(0, count);
  }

  /** Compares what codes stand for with a query. */
  decoded(query: ArrayLike<number>, slots: Uint32Array): Decoded {
    const { mean } = this.learned;
    const whole = Float64Array.from(query);
    const z = along(this.#axes, whole);
    const dot = whole.reduce((sum, value, i) => sum + value * mean[i]!, 0);
    const dots = new Float64Array(slots.length).fill(dot);
    const squares = new Float64Array(slots.length).fill(this.#meanSquare);
    const distances = new Float64Array(slots.length).fill(sumOfSquares(residual(query, mean)));
    this.#eachAxis(slots, (j, values, codes) => {
      const [along, off] = [z[j]!, this.#meanAlong[j]!];
      for (let i = 0; i < codes.length; i++) {
        const value = values[codes[i]!]!;
        dots[i]! += along * value;
        squares[i]! += value * (value + 2 * off);
        distances[i]! += value * (value - 2 * (along - off));
      }
    });
    return { dots, squares, distances };
  }

  /** What the code in a slot stands for. */
  decode(slot: number): Float32Array {
    const { mean } = this.learned;
    const sums = Float64Array.from(mean);
    this.#eachAxis(Uint32Array.of(slot), (j, values, codes) => {
      const value = values[codes[0]!]!;
      const axis = this.#axes.row(j);
      for (let i = 0; i < sums.length; i++) sums[i]! += value * axis[i]!;
    });
    return Float32Array.from(sums);
  }

  #eachAxis(slots: Uint32Array, work: (axis: number, values: Float64Array, codes: Uint8Array) => void): void {
    const { bits } = this.learned;
    for (let j = 0; j < bits.length; j++)
      if (bits[j]! > 0)
        work(j, this.#values[j]!, extractAt(this.#data.segments, this.#offsets[j]!, bits[j]!, slots));
  }
}

function sumOfSquares(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return sum;
}
