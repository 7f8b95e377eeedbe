/**
 * How well numbers rank.
 *
 * @module
 */
import { FletchError } from '@fletch/base';

/**
 * Area under the ROC curve: the chance that a row of the event has a greater prediction than one without, ties counting
 * half. NaN when all rows or none have the event.
 *
 * @param event - 1 where it happened, 0 elsewhere
 * @throws FletchError `DIMENSION_MISMATCH`
 */
export function areaUnderCurve(prediction: ArrayLike<number>, event: ArrayLike<number>): number {
  if (prediction.length !== event.length || event.length === 0)
    throw new FletchError(
      'DIMENSION_MISMATCH',
      `There are ${prediction.length} predictions for ${event.length} events.`,
    );
  const order = Int32Array.from(prediction, (_, i) => i).sort((a, b) => prediction[a]! - prediction[b]!);
  let ranks = 0;
  let happened = 0;
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && prediction[order[to]!] === prediction[order[from]!]) to++;
    // Ties share the mean of their ranks.
    for (let i = from; i < to; i++)
      if (event[order[i]!]) {
        ranks += (from + to + 1) / 2;
        happened++;
      }
    from = to;
  }
  return (ranks - (happened * (happened + 1)) / 2) / (happened * (order.length - happened));
}
