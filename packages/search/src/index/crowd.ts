/**
 * How many searches want the event loop at once.
 *
 * @module
 */

/** Counts the searches that began in this turn of the event loop and those that are in threads. */
export class Crowd {
  #begun = 0;
  #inThreads = 0;

  /** Notes that a search begins; whether others began in the same turn or are in threads. */
  begin(): boolean {
    if (this.#begun === 0)
      setImmediate(() => {
        this.#begun = 0;
      });
    this.#begun++;
    return this.#begun + this.#inThreads > 1;
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
