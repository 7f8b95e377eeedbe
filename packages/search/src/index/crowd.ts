/**
 * How many searches want the event loop at once.
 *
 * @module
 */

/** Milliseconds of searches in one turn, after which others get theirs. */
const TURN_MS = 8;

/** Counts the searches that began in this turn of the event loop and those that are in threads. */
export class Crowd {
  #begun = 0;
  #since = 0;
  #inThreads = 0;

  /** Notes that a search begins; whether others began in the same turn or are in threads. */
  begin(): boolean {
    if (this.#begun === 0) {
      this.#since = performance.now();
      setImmediate(() => {
        this.#begun = 0;
      });
    }
    this.#begun++;
    return this.#begun + this.#inThreads > 1;
  }

  /**
   * Whether searches have had this turn long enough: those who ask one after the other without anything in between
   * would keep it for ever.
   */
  get isLong(): boolean {
    return this.#begun > 1 && performance.now() - this.#since > TURN_MS;
  }

  /** Resolves in the next turn. */
  async nextTurn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Does work that is in a thread. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#inThreads++;
    try {
      return await work();
    } finally {
      this.#inThreads--;
    }
  }
}
