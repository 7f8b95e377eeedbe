/**
 * Long reads let others through.
 *
 * @module
 */

/** Longest time in milliseconds that a read keeps the thread. */
const TURN = 10;

/** Gives the thread away when its time is over. */
export class Turns {
  readonly #signal: AbortSignal | undefined;
  #since = performance.now();

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  get signal(): AbortSignal | undefined {
    return this.#signal;
  }

  /** Whether the read's time is over, and it should await {@link pause}. */
  get over(): boolean {
    return performance.now() - this.#since > TURN;
  }

  /** Lets other work through. Throws the signal's reason once it has fired. */
  async pause(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#signal?.throwIfAborted();
    this.#since = performance.now();
  }
}
