/**
 * An index that may be followed by another one.
 *
 * @module
 */
import type { HnswIndex } from '../hnsw.js';

/** Counts who works with an index, so that it is closed only when nobody does. */
export class Generation {
  readonly index: HnswIndex;
  #uses = 0;
  #retired: (() => void) | undefined;

  constructor(index: HnswIndex) {
    this.index = index;
  }

  async use<T>(work: (index: HnswIndex) => Promise<T>): Promise<T> {
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
