/**
 * Long work in steps: the same computation at once, or with turns for others in between.
 *
 * @module
 */
import { type LongWork, type Progress, throwIfAborted } from '@fletch/base';
import { breathe } from './estimator.js';

/** A computation that says after each step how far it is. */
export type Steps<T> = Generator<Progress, T, void>;

/** Milliseconds of work between two turns for others. */
const TURN = 20;

/**
 * Computes without a break.
 *
 * @throws FletchError `ABORTED`
 */
export function runAtOnce<T>(steps: Steps<T>, { signal, onProgress }: LongWork = {}): T {
  for (;;) {
    throwIfAborted(signal);
    const { done, value } = steps.next();
    if (done) return value;
    onProgress?.(value);
  }
}

/**
 * Computes, and lets others work now and then.
 *
 * @throws FletchError `ABORTED`
 */
export async function runInTurns<T>(steps: Steps<T>, { signal, onProgress }: LongWork = {}): Promise<T> {
  let since = performance.now();
  for (;;) {
    throwIfAborted(signal);
    const { done, value } = steps.next();
    if (done) return value;
    onProgress?.(value);
    if (performance.now() - since < TURN) continue;
    await breathe();
    since = performance.now();
  }
}
