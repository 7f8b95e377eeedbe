/**
 * A limit of so many operations a minute: a bucket of tokens that fills up again evenly.
 *
 * @module
 */
import { FletchError } from '@fletch/base';

/** Full at first, so that bursts up to a whole minute's worth pass. */
export class RateLimiter {
  readonly perMinute: number;
  readonly #kind: 'Read' | 'Write';
  readonly #now: () => number;
  #tokens: number;
  #last: number;

  /** @param now - milliseconds of a clock that never goes back */
  constructor(kind: 'Read' | 'Write', perMinute: number, now = () => performance.now()) {
    this.perMinute = perMinute;
    this.#kind = kind;
    this.#now = now;
    this.#tokens = perMinute;
    this.#last = now();
  }

  /**
   * Takes tokens.
   *
   * @throws FletchError `RATE_LIMITED`; `details.retryAfter` has the seconds to wait, unless it will never fit
   */
  take(cost: number): void {
    if (cost > this.perMinute)
      throw new FletchError(
        'RATE_LIMITED',
        `${this.#kind} rate limit exceeded, request larger than rate limiter capacity, please try to split your request`,
        { details: { cost, limit: this.perMinute } },
      );
    const now = this.#now();
    const perSecond = this.perMinute / 60;
    this.#tokens = Math.min(this.perMinute, this.#tokens + ((now - this.#last) / 1000) * perSecond);
    this.#last = now;
    if (this.#tokens >= cost) {
      this.#tokens -= cost;
      return;
    }
    const retryAfter = Math.ceil((cost - this.#tokens) / perSecond);
    throw new FletchError(
      'RATE_LIMITED',
      `${this.#kind} rate limit exceeded: Operation requires ${cost} tokens but only ${this.#tokens.toFixed(1)} were available. Retry after ${retryAfter}s`,
      { details: { cost, limit: this.perMinute, retryAfter } },
    );
  }
}
