/**
 * A bound on the requests at work, and on those that wait for their turn.
 *
 * @module
 */
import { HttpError } from './errors.js';

export interface QueueLimits {
  /** Most requests at work at the same time. */
  readonly working: number;
  /** Most requests that wait; further ones get 503 at once. */
  readonly waiting: number;
  /** How long one may wait, in milliseconds; then it gets 503. */
  readonly patience: number;
}

interface Waiter {
  readonly start: () => void;
}

/** First come, first served. */
export class WorkQueue {
  readonly #limits: QueueLimits;
  readonly #waiters = new Set<Waiter>();
  #working = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  /** Requests at work. */
  get working(): number {
    return this.#working;
  }

  /** Requests that wait. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /**
   * Runs `work` when it is its turn. The place is taken until the work has really ended, whoever still waits for it.
   *
   * @param signal - takes the request out of the queue; work that runs must look at it itself
   * @throws HttpError 503 with `Retry-After` when the queue is full or the wait too long; the signal's reason
   */
  async run<T>(work: () => T | Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.#working < this.#limits.working) this.#working++;
    else await this.#wait(signal);
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    const { waiting, working, patience } = this.#limits;
    if (this.#waiters.size >= waiting)
      throw busy(`${working} requests are at work and ${waiting} wait already`);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.#waiters.delete(waiter);
      };
      const waiter = {
        start: () => {
          leave();
          resolve();
        },
      };
      const abort = (): void => {
        leave();
        reject(signal!.reason);
      };
      const timer = setTimeout(() => {
        leave();
        reject(busy(`it was not this request's turn within ${patience / 1000} s`));
      }, patience);
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiters.add(waiter);
    });
  }

  /** Hands the place to the next in the queue, or gives it back. */
  #next(): void {
    const [next] = this.#waiters;
    if (next) next.start();
    else this.#working--;
  }
}

function busy(reason: string): HttpError {
  return new HttpError(503, `Service unavailable: ${reason}. Try again.`, { 'retry-after': '1' });
}
