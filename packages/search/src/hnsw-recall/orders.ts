/**
 * Orders of insertion.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { type Matrix, rng } from '@fletch/linalg';
import { lidMLE } from './local-dimension.js';

/** `category`: all of one label after another, the labels in random order. Points without a finite dimension come last. */
export type InsertionOrder = 'random' | 'lid-asc' | 'lid-desc' | 'category';

export interface OrderOptions {
  /** Default: 0. */
  readonly seed?: number;
  /** Of each row, for `category`. */
  readonly labels?: ArrayLike<number | string>;
  /** Local dimensions when they are known; default: those of `lidMLE` under `metric`. */
  readonly lid?: ArrayLike<number>;
  /** Default: `cosine`. */
  readonly metric?: 'l2' | 'cosine';
}

/**
 * An order in which to insert rows.
 *
 * @returns a permutation of 0 … n − 1
 * @throws FletchError `INVALID_ARGUMENT`, `DIMENSION_MISMATCH` for labels or dimensions of another number than there are rows
 */
export function insertionOrder(
  x: Matrix<Float32Array>,
  kind: InsertionOrder,
  { seed = 0, labels, lid, metric = 'cosine' }: OrderOptions = {},
): Uint32Array {
  const random = rng(seed).permutation(x.rows);
  switch (kind) {
    case 'random':
      return random;
    case 'category': {
      if (!labels)
        throw new FletchError(
          'INVALID_ARGUMENT',
          'An order by category needs the label of each row (labels).',
        );
      checkCount('labels', labels.length, x.rows);
      const ranks = new Map<number | string, number>();
      for (const row of random) ranks.set(labels[row]!, ranks.get(labels[row]!) ?? ranks.size);
      return byValue(x.rows, (row) => ranks.get(labels[row]!)!);
    }
    case 'lid-asc':
    case 'lid-desc': {
      const values = lid ?? lidMLE(x, { k: Math.min(100, x.rows - 1), metric });
      checkCount('lid', values.length, x.rows);
      const sign = kind === 'lid-asc' ? 1 : -1;
      return byValue(x.rows, (row) =>
        Number.isFinite(values[row]!) ? sign * values[row]! : Number.POSITIVE_INFINITY,
      );
    }
    default:
      throw new FletchError(
        'INVALID_ARGUMENT',
        `Unknown order "${kind as string}": use random, lid-asc, lid-desc or category.`,
      );
  }
}

/** Rows by rising value, equal ones as they come. */
function byValue(count: number, value: (row: number) => number): Uint32Array {
  const values = Float64Array.from({ length: count }, (_, row) => value(row));
  const order = Uint32Array.from({ length: count }, (_, row) => row);
  return order.sort((a, b) => (values[a] === values[b] ? a - b : values[a]! - values[b]!));
}

function checkCount(name: string, given: number, wanted: number): void {
  if (given !== wanted)
    throw new FletchError('DIMENSION_MISMATCH', `${name} has ${given} values for ${wanted} rows.`, {
      details: { expected: wanted, actual: given },
    });
}
