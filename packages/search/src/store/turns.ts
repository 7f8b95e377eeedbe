/**
 * Long work on the event loop, cut into slices.
 *
 * @module
 */

/** Milliseconds that one slice may take. */
const SLICE_MS = 8;
/** Steps between looks at the clock. */
const STEPS = 64;

/** Lets others have their turn when this one has taken long enough; ask after every small step. */
export class Turns {
  #start = performance.now();
  #steps = 0;

  /** Whether the slice is over: `if (turns.over()) await turns.next();` */
  over(): boolean {
    if (++this.#steps < STEPS) return false;
    this.#steps = 0;
    return performance.now() - this.#start > SLICE_MS;
  }

  /** Resolves after everything else that is waiting for the event loop had its turn. */
  async next(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#start = performance.now();
  }
}
