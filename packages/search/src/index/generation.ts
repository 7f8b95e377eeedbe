/**
 * An index that may be followed by another one.
 *
 * @module
 */

/** Counts who works with an index, so that it is closed only when nobody does. */
export class Generation<I extends { close(): Promise<void> }> {
  readonly index: I;
  #uses = 0;
  #retired: (() => void) | undefined;

  constructor(index: I) {
    this.index = index;
  }

  async use<T>(work: (index: I) => Promise<T>): Promise<T> {
    this.#uses++;
    try {
      return await work(this.index);
    } finally {
      if (--this.#uses === 0) this.#retired?.();
    }
  }

  /** Closes the index once nobody works with it. */
  async retire(): Promise<void> {
    if (this.#uses > 0)
      await new Promise<void>((resolve) => {
        this.#retired = resolve;
      });
    await this.index.close();
  }
}
