/**
 * What training loops need besides the step: batches, early stopping, watching for numbers that run away.
 *
 * @module
 */
import { FletchError } from '@fletch/base';
import { isFloating } from '../core/dtype.js';
import type { NDArray } from '../core/ndarray.js';
import { tree } from '../core/tree.js';

/**
 * Throws when a tree holds a number that is not finite.
 *
 * @param values - a tree of arrays; a loss first, so that the cheapest is looked at first
 * @param step - the number of the step, for the message
 * @throws FletchError `NON_FINITE` with the step and the dotted name of the first bad array
 */
export function assertFinite(values: unknown, step?: number): void {
  for (const [name, array] of Object.entries(tree.flatten<NDArray>(values))) {
    if (!isFloating(array.dtype)) continue;
    const data = array.data as Float32Array | Float64Array;
    const at = data.findIndex((value) => !Number.isFinite(value));
    if (at < 0) continue;
    const where = step === undefined ? '' : `Step ${step}: `;
    throw new FletchError(
      'NON_FINITE',
      `${where}"${name || 'the value'}" holds ${data[at]} at position ${at} of ${data.length}. ` +
        'Lower the learning rate, clip the gradients, or look for a division by zero.',
      { details: { name, position: at, ...(step === undefined ? {} : { step }) } },
    );
  }
}

/** A generator of whole numbers 0 … 2³²−1 from a seed and a position: the same on every machine. */
function mix(seed: number, position: number): number {
  let x = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(position + 1, 0xc2b2ae35)) >>> 0;
  for (const factor of [0x7feb352d, 0x846ca68b]) {
    x ^= x >>> 16;
    x = Math.imul(x, factor) >>> 0;
  }
  return (x ^ (x >>> 15)) >>> 0;
}

/** How {@link batches} cuts. */
export interface BatchOptions {
  readonly size: number;
  /** Default 0. */
  readonly seed?: number;
  /** Which pass over the data: each has an order of its own. Default 0. */
  readonly epoch?: number;
  /** Default true. */
  readonly shuffle?: boolean;
  /** Leave out the last batch when it is smaller: another size is another trace. Default true. */
  readonly dropLast?: boolean;
}

/**
 * The positions 0 … `count`−1 in batches, in an order that depends on seed and epoch alone.
 *
 * @throws FletchError `INVALID_ARGUMENT` when the size is not a positive integer
 */
export function* batches(count: number, options: BatchOptions): Generator<Int32Array> {
  const { size, seed = 0, epoch = 0, shuffle = true, dropLast = true } = options;
  if (!Number.isInteger(size) || size < 1)
    throw new FletchError('INVALID_ARGUMENT', `A batch of size ${size}: it must be a positive integer.`);
  const order = Int32Array.from({ length: count }, (_, i) => i);
  if (shuffle)
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor((mix(seed + Math.imul(epoch, 0x632be5ab), i) / 2 ** 32) * (i + 1));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
  for (let start = 0; start < count; start += size) {
    if (dropLast && start + size > count) return;
    yield order.subarray(start, Math.min(start + size, count));
  }
}

/** Rows of an array at `positions` along its first axis, copied into a new array. */
export function takeRows<A extends NDArray>(array: A, positions: ArrayLike<number>): A {
  const width = array.size / (array.shape[0] || 1);
  const data = array.data.slice(0, 0).constructor as new (length: number) => NDArray['data'];
  const target = new data(positions.length * width);
  for (let i = 0; i < positions.length; i++)
    (target as Float32Array).set(
      (array.data as Float32Array).subarray(positions[i]! * width, (positions[i]! + 1) * width),
      i * width,
    );
  const Own = array.constructor as new (data: unknown, shape: readonly number[], dtype: string) => A;
  return new Own(target, [positions.length, ...array.shape.slice(1)], array.dtype);
}

/** Stops a loop that no longer gets better. */
export interface EarlyStopping {
  /** Whether `value` is the best so far; call once per evaluation. */
  report(value: number): boolean;
  /** Whether `patience` reports in a row brought nothing better. */
  readonly stopped: boolean;
  readonly best: number;
}

/**
 * Watches a value that should fall.
 *
 * @param patience - reports without progress before `stopped` turns true
 * @param minimum - smallest progress that counts. Default 0
 */
export function earlyStopping(patience: number, minimum = 0): EarlyStopping {
  let best = Number.POSITIVE_INFINITY;
  let waited = 0;
  return {
    report(value) {
      const better = value < best - minimum;
      waited = better ? 0 : waited + 1;
      if (better) best = value;
      return better;
    },
    get stopped() {
      return waited >= patience;
    },
    get best() {
      return best;
    },
  };
}
