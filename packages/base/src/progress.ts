/**
 * How long work reports and how it is stopped.
 *
 * @module
 */
import { FletchError } from './errors.js';

/** One report of a long job: `done` of `total` units (`total` may be unknown). */
export interface Progress {
  readonly done: number;
  readonly total?: number;
  /** What is being done, in a few words: "encoding", "linking". */
  readonly stage?: string;
  /** What is watched meanwhile, by name: `{ loss: 2.31 }`. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** Options that every long-running function takes. */
export interface LongWork {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * Throws when the signal was aborted.
 *
 * @throws FletchError `ABORTED`
 */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new FletchError('ABORTED', 'The operation was aborted.', { cause: signal.reason });
}
