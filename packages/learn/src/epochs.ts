/**
 * Passes over data in batches.
 *
 * @module
 */
import { batches } from '@fletch/array';
import { FletchError } from '@fletch/base';

/**
 * The positions of every step of some epochs, each in an order of its own; the last batch of an epoch is dropped when it
 * is smaller.
 *
 * @throws FletchError `INVALID_ARGUMENT` for epochs or batches that are no positive integers, a batch below 2 and one
 *   that is larger than the data
 */
export function epochsOf({
  count,
  batch,
  epochs,
  seed,
}: {
  readonly count: number;
  readonly batch: number;
  readonly epochs: number;
  readonly seed: number;
}): { readonly total: number; readonly perEpoch: number; readonly positions: Iterable<Int32Array> } {
  if (!Number.isSafeInteger(epochs) || epochs < 1)
    throw new FletchError('INVALID_ARGUMENT', `epochs must be a positive integer, not ${epochs}.`);
  if (!Number.isSafeInteger(batch) || batch < 2)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `Batch statistics need at least 2 rows, got a batch of ${batch}.`,
    );
  if (batch > count)
    throw new FletchError(
      'INVALID_ARGUMENT',
      `${count} images do not fill a batch of ${batch}: give more images or a smaller batch.`,
    );
  const perEpoch = Math.floor(count / batch);
  function* positions() {
    for (let epoch = 0; epoch < epochs; epoch++) yield* batches(count, { size: batch, seed, epoch });
  }
  return { total: epochs * perEpoch, perEpoch, positions: positions() };
}
