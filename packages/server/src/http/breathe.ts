/**
 * Letting other requests through in the middle of long work.
 *
 * @module
 */

/** Longest time, in milliseconds, that work keeps other requests waiting. */
const TURN = 8;

/**
 * A function to be called between the steps of long work. When the work's turn is over it gives a promise to await;
 * others get theirs meanwhile.
 *
 * @param signal - makes the promise reject with its reason
 */
export function breathe(signal?: AbortSignal): () => Promise<void> | undefined {
  let turn = performance.now();
  return () => {
    if (performance.now() - turn < TURN) return undefined;
    return new Promise<void>((resolve, reject) => {
      setImmediate(() => {
        turn = performance.now();
        if (signal?.aborted) reject(signal.reason);
        else resolve();
      });
    });
  };
}
