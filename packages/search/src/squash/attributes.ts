/**
 * Numeric attributes as codes of a byte, and conditions on them as tables of cells.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { rng } from '@fletch/linalg';
import { Bitset } from '../index/bitset.js';
import { allocateBits, MAX_BITS } from './bits.js';
import { cellBoundaries, cellOf, type LloydOptions } from './cells.js';
import { checkChoice, invalid } from './checks.js';
import { operators, type SquashPredicate } from './types.js';

/** What a cell holds: nothing that satisfies a condition, something that may, or nothing else. */
export const cell = { none: 0, some: 1, all: 2 } as const;

/** One attribute of all vectors. */
export interface Attribute {
  readonly raw: Float32Array;
  /** Cell of each vector. */
  readonly codes: Uint8Array;
  /** Least and greatest value in each cell; an empty one has infinities. */
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** Values that satisfy some conditions: an interval with open or closed ends. */
interface Interval {
  readonly from: number;
  readonly to: number;
  readonly openFrom: boolean;
  readonly openTo: boolean;
}

const everything: Interval = { from: -Infinity, to: Infinity, openFrom: false, openTo: false };

function intervalOf({ op, a, b }: SquashPredicate): Interval {
  switch (op) {
    case '<':
      return { ...everything, to: a, openTo: true };
    case '<=':
      return { ...everything, to: a };
    case '=':
      return { ...everything, from: a, to: a };
    case '>':
      return { ...everything, from: a, openFrom: true };
    case '>=':
      return { ...everything, from: a };
    case 'between':
      return { from: a, to: b!, openFrom: true, openTo: false };
  }
}

/** The part of both. */
function meet(x: Interval, y: Interval): Interval {
  const lower = x.from > y.from || (x.from === y.from && x.openFrom) ? x : y;
  const upper = x.to < y.to || (x.to === y.to && x.openTo) ? x : y;
  return { from: lower.from, openFrom: lower.openFrom, to: upper.to, openTo: upper.openTo };
}

const above = (value: number, { from, openFrom }: Interval) => (openFrom ? value > from : value >= from);
const below = (value: number, { to, openTo }: Interval) => (openTo ? value < to : value <= to);
const contains = (value: number, interval: Interval) => above(value, interval) && below(value, interval);

/** Attributes of all vectors, kept where queries are filtered. */
export class Attributes {
  readonly columns: readonly Attribute[];
  readonly names: readonly string[];
  readonly count: number;

  constructor(columns: readonly Attribute[], names: readonly string[], count: number) {
    this.columns = columns;
    this.names = names;
    this.count = count;
  }

  /**
   * What each cell of an attribute holds under the conditions on it, as {@link cell} says. The table has no false `none`: it
   * follows from the least and greatest values of the cells.
   */
  cells(attribute: number, interval: Interval): Uint8Array {
    const { low, high } = this.columns[attribute]!;
    return Uint8Array.from(low, (least, i) => {
      const greatest = high[i]!;
      if (!(above(greatest, interval) && below(least, interval))) return cell.none;
      return contains(least, interval) && contains(greatest, interval) ? cell.all : cell.some;
    });
  }

  /** Attributes that have conditions, each with the values that satisfy them. */
  #intervals(where: readonly SquashPredicate[]): Map<number, Interval> {
    const intervals = new Map<number, Interval>();
    for (const predicate of where) {
      const attribute = this.#place(predicate);
      const interval = intervalOf(predicate);
      intervals.set(attribute, meet(intervals.get(attribute) ?? everything, interval));
    }
    return intervals;
  }

  #place(predicate: SquashPredicate): number {
    const { attr, op, a, b } = predicate;
    const place = typeof attr === 'number' ? attr : this.names.indexOf(attr);
    if (!(Number.isInteger(place) && place >= 0 && place < this.columns.length))
      throw invalid(
        `There is no attribute ${JSON.stringify(attr)}: ${
          this.names.length > 0 ? `use one of ${this.names.join(', ')}` : `there are ${this.columns.length}`
        }.`,
        { attr },
      );
    checkChoice('operator', op, operators);
    if (typeof a !== 'number' || Number.isNaN(a))
      throw invalid(
        `The condition on attribute ${JSON.stringify(attr)} compares with ${a}, which is no number.`,
      );
    if (op === 'between' && !(a <= b!))
      throw invalid(`between needs a ≤ b, but a is ${a} and b is ${b} (attribute ${JSON.stringify(attr)}).`, {
        a,
        b,
      });
    return place;
  }

  /**
   * Vectors that satisfy all conditions, or may: codes alone are looked at.
   *
   * @throws FletchError `INVALID_ARGUMENT` for an unknown attribute or operator, or `between` with a > b
   */
  mayMatch(where: readonly SquashPredicate[]): Bitset {
    return this.#select(where, false);
  }

  /** Vectors that satisfy all conditions: raw values are compared where a cell may hold others. Throws as above. */
  matches(where: readonly SquashPredicate[]): Bitset {
    return this.#select(where, true);
  }

  #select(where: readonly SquashPredicate[], recheck: boolean): Bitset {
    const words = new Uint32Array((this.count + 31) >>> 5);
    for (let i = 0; i < this.count; i++) words[i >>> 5]! |= 1 << (i & 31);
    for (const [attribute, interval] of this.#intervals(where)) {
      const { raw, codes } = this.columns[attribute]!;
      const table = this.cells(attribute, interval);
      for (let i = 0; i < codes.length; i++) {
        const holds = table[codes[i]!]!;
        if (holds === cell.none || (recheck && holds === cell.some && !contains(raw[i]!, interval)))
          words[i >>> 5]! &= ~(1 << (i & 31));
      }
    }
    return Bitset.fromWords(words);
  }
}

/** Options of {@link quantizeAttributes}. */
export interface AttributeOptions {
  readonly bits: number;
  readonly names: readonly string[];
  readonly lloyd: LloydOptions;
  readonly seed: number;
}

/**
 * Quantises attributes: standardised, each with `bits` bits of a common budget (a constant one has a single cell).
 *
 * @param count - vectors
 * @throws FletchError `DIMENSION_MISMATCH`, `NON_FINITE`, `INVALID_ARGUMENT`
 */
export function quantizeAttributes(
  raws: readonly Float32Array[],
  count: number,
  { bits, names, lloyd, seed }: AttributeOptions,
): Attributes {
  if (!(Number.isInteger(bits) && bits >= 1 && bits <= MAX_BITS))
    throw invalid(`attrBits must be an integer from 1 to ${MAX_BITS}, but is ${bits}.`);
  if (names.length > 0 && names.length !== raws.length)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `There are ${raws.length} attributes, but ${names.length} names.`,
    );
  for (const [a, raw] of raws.entries()) check(raw, a, count);
  const standard = raws.map(standardise);
  const energies = standard.map((values) => (values === null ? 0 : 1));
  const given = raws.length > 0 ? allocateBits(energies, bits * raws.length) : new Uint8Array(0);
  const columns = raws.map((raw, a): Attribute => {
    const values = standard[a] ?? null;
    if (values === null) return column(raw, new Uint8Array(count), 1);
    const bounds = cellBoundaries(values, given[a]!, lloyd, rng(seed, 1000 + a));
    return column(
      raw,
      Uint8Array.from(values, (value) => cellOf(bounds, value)),
      bounds.length - 1,
    );
  });
  return new Attributes(columns, names, count);
}

function check(raw: Float32Array, a: number, count: number): void {
  if (raw.length !== count)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `Attribute ${a} has ${raw.length} values for ${count} vectors.`,
      { details: { attribute: a, actual: raw.length, expected: count } },
    );
  const at = raw.findIndex((value) => !Number.isFinite(value));
  if (at >= 0)
    throw new FletchError('NON_FINITE', `Attribute ${a} of vector ${at} is ${raw[at]}.`, {
      details: { attribute: a, row: at },
    });
}

/** Values less their mean, over their standard deviation; null for a constant. */
function standardise(raw: Float32Array): Float32Array | null {
  const mean = raw.reduce((sum, value) => sum + value, 0) / raw.length;
  const variance = raw.reduce((sum, value) => sum + (value - mean) ** 2, 0) / raw.length;
  return variance > 0 ? raw.map((value) => (value - mean) / Math.sqrt(variance)) : null;
}

function column(raw: Float32Array, codes: Uint8Array, cells: number): Attribute {
  const low = new Float64Array(cells).fill(Infinity);
  const high = new Float64Array(cells).fill(-Infinity);
  codes.forEach((code, i) => {
    low[code] = Math.min(low[code]!, raw[i]!);
    high[code] = Math.max(high[code]!, raw[i]!);
  });
  return { raw, codes, low, high };
}
