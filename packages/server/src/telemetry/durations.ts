/**
 * How long operations of one kind took.
 *
 * @module
 */

/** Upper bounds of the histogram's buckets, in microseconds; those of Qdrant. */
const BOUNDS: readonly number[] = [1e3, 5e3, 1e4, 2e4, 5e4, 1e5, 5e5, 1e6, 5e6, 1e7, 5e7];

/** The average is that of so many latest operations. */
const LATEST = 128;

/** What is told of operations of one kind, in Qdrant's words. Microseconds. */
export interface DurationStatistics {
  count: number;
  avg_duration_micros?: number;
  min_duration_micros?: number;
  max_duration_micros?: number;
  total_duration_micros?: number;
  last_responded?: string;
}

/** Counts, extremes, a histogram and the latest durations. */
export class Durations {
  readonly #latest = new Float64Array(LATEST);
  readonly #buckets = new Float64Array(BOUNDS.length);
  count = 0;
  total = 0;
  min = Number.POSITIVE_INFINITY;
  max = 0;
  #last = 0;

  /** @param micros - one operation's duration */
  add(micros: number): void {
    this.#latest[this.count % LATEST] = micros;
    this.count++;
    this.total += micros;
    this.min = Math.min(this.min, micros);
    this.max = Math.max(this.max, micros);
    this.#last = Date.now();
    const bucket = BOUNDS.findIndex((bound) => micros <= bound);
    if (bucket >= 0) this.#buckets[bucket]! += 1;
  }

  /** The mean of the latest operations. */
  get average(): number {
    const taken = Math.min(this.count, LATEST);
    let sum = 0;
    for (let i = 0; i < taken; i++) sum += this.#latest[i]!;
    return taken === 0 ? 0 : sum / taken;
  }

  /** Upper bounds in microseconds, each with the number of operations up to it. */
  histogram(): [bound: number, count: number][] {
    let sum = 0;
    return BOUNDS.map((bound, i) => {
      sum += this.#buckets[i]!;
      return [bound, sum];
    });
  }

  /** @param detailed - also extremes, the total and the last time */
  statistics(detailed: boolean): DurationStatistics {
    if (this.count === 0) return { count: 0 };
    return {
      count: this.count,
      avg_duration_micros: this.average,
      ...(detailed && {
        min_duration_micros: this.min,
        max_duration_micros: this.max,
        total_duration_micros: Math.round(this.total),
        last_responded: new Date(this.#last).toISOString(),
      }),
    };
  }
}
