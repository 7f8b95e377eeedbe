/**
 * One task at a time: the newest wins, the former is aborted.
 *
 * @module
 */
import { isAbort } from '../api/errors.js';

export interface Latest {
  /**
   * Aborts the task before and starts this one after `delay` milliseconds. Resolves to undefined when it was
   * itself replaced or cancelled; rejects with the task's own error otherwise.
   */
  run<T>(task: (signal: AbortSignal) => Promise<T>, delay?: number): Promise<T | undefined>;
  cancel(): void;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export function createLatest(): Latest {
  let current = new AbortController();
  return {
    async run(task, delay = 0) {
      current.abort();
      const mine = new AbortController();
      current = mine;
      if (delay > 0) await pause(delay);
      if (mine.signal.aborted) return undefined;
      try {
        const result = await task(mine.signal);
        return mine.signal.aborted ? undefined : result;
      } catch (error) {
        if (mine.signal.aborted || isAbort(error)) return undefined;
        throw error;
      }
    },
    cancel: () => current.abort(),
  };
}
