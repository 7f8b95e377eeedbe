/**
 * What an OSQ index is made with.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { MAX_BITS } from '../../squash/bits.js';
import type { FlatOptions } from '../create.js';
import type { Fit } from '../drift.js';
import { checkDistance, checkInteger, MAX_DIMENSION } from '../validate.js';

/** Percent of rows that signs leave where there are many, and how many that are. */
const LEFT = 10;
const MANY_SIGNS = 256;

/** The whole vector of a row, as it was added; undefined when it is not known (any longer). */
export type WholeVectors = (row: number) => Float32Array | undefined;

/** What an OSQ index is made with. `threads` and `memoryLimit` hold until it has learned. */
export interface OsqOptions extends FlatOptions {
  /** Bits of a code for each dimension, on the average, besides the one of its sign: above 0, up to 8. Default: 2. */
  readonly bits?: number;
  /** Partitions, each with axes of its own, 1 to 255. Default: one for every 50,000 rows, at most 10. */
  readonly partitions?: number;
  /**
   * Percent of a partition's rows that the comparison of signs leaves; above 0, up to 100. Default: 10; more below 256
   * dimensions, as few signs tell little: 2560 by their number.
   */
  readonly hammingPercent?: number;
  /** Hits for each that is wanted among which whole vectors should choose, at least 1. Default: 4. */
  readonly refine?: number;
  /** Rows from which on codes are learned, at least 2; until then vectors are kept as they are. Default: 10,000. */
  readonly trainAt?: number;
  /**
   * How much more of the vectors' squared length may be lost in rows that were added later than in the sample before
   * codes are learned anew: at least 1. Default: 1.5.
   */
  readonly driftLimit?: number;
  /** Decides samples, partitions and rotations. Default: 0. */
  readonly seed?: number;
  /** Where codes are learned and made from, when that is done again. Default: from what codes stand for. */
  readonly whole?: WholeVectors;
}

/** Settings that are kept in snapshots. */
export interface OsqSettings {
  readonly bits: number;
  readonly partitions?: number;
  readonly hammingPercent: number;
  readonly refine: number;
  readonly trainAt: number;
  readonly driftLimit: number;
  readonly seed: number;
}

/** What a snapshot says of an OSQ index besides its rows or codes. */
export interface OsqFacts {
  readonly settings: OsqSettings;
  /** Absent while vectors are kept as they are. */
  readonly fit?: Fit;
  /** Rows there were when codes were learned. */
  readonly learnedAt?: number;
}

/** @throws FletchError `INVALID_ARGUMENT` */
export function readSettings(options: OsqOptions): OsqSettings {
  const { dimension, distance, bits = 2, partitions, refine = 4 } = options;
  const { hammingPercent = Math.min(100, Math.max(LEFT, (LEFT * MANY_SIGNS) / dimension)) } = options;
  const { trainAt = 10_000, driftLimit = 1.5, seed = 0 } = options;
  checkInteger('dimension', dimension, 1, MAX_DIMENSION);
  checkDistance(distance);
  within('bits', bits, bits > 0 && bits <= MAX_BITS, `above 0 and at most ${MAX_BITS}`);
  if (partitions !== undefined) checkInteger('partitions', partitions, 1, 255);
  within(
    'hammingPercent',
    hammingPercent,
    hammingPercent > 0 && hammingPercent <= 100,
    'above 0 and at most 100',
  );
  within('refine', refine, refine >= 1, 'at least 1');
  checkInteger('trainAt', trainAt, 2, 2 ** 32 - 1);
  within('driftLimit', driftLimit, driftLimit >= 1, 'at least 1');
  checkInteger('seed', seed, 0, 2 ** 32 - 1);
  return {
    ...(partitions !== undefined && { partitions }),
    ...{ bits, hammingPercent, refine, trainAt, driftLimit, seed },
  };
}

function within(name: string, value: number, holds: boolean, what: string): void {
  if (!holds) throw new FletchError('INVALID_ARGUMENT', `${name} must be ${what}, but is ${value}.`);
}
