/**
 * Turns for those who read and those who write, first come, first served.
 *
 * @module
 */

interface Turn {
  readonly alone: boolean;
  readonly start: () => void;
}

/** A fair lock: readers together, a writer alone. A free gate is entered at once, without waiting a tick. */
export class Gate {
  #inside = 0;
  #alone = false;
  readonly #queue: Turn[] = [];

  /** Runs `work` alone. */
  alone<T>(work: () => Promise<T> | T): Promise<T> {
    return this.#enter(true, work);
  }

  /** Runs `work` beside others that entered so. */
  together<T>(work: () => Promise<T> | T): Promise<T> {
    return this.#enter(false, work);
  }

  async #enter<T>(alone: boolean, work: () => Promise<T> | T): Promise<T> {
    if (this.#queue.length > 0 || this.#alone || (alone && this.#inside > 0))
      await new Promise<void>((start) => this.#queue.push({ alone, start }));
    else this.#admit(alone);
    try {
      return await work();
    } finally {
      this.#inside--;
      this.#alone = false;
      this.#next();
    }
  }

  #admit(alone: boolean): void {
    this.#inside++;
    this.#alone = alone;
  }

  #next(): void {
    for (let turn = this.#queue[0]; turn && !this.#alone; turn = this.#queue[0]) {
      if (turn.alone && this.#inside > 0) return;
      this.#queue.shift();
      this.#admit(turn.alone);
      turn.start();
    }
  }
}
